/**
 * When a kiosk may go on taking choices, and when it must warn or stop: never lose silently.
 *
 * The three business days of end 72 hours after the day of a consent at the earliest;
 * the page warns after one day and stops after two.
 */
import type { Pack, Waiting } from "./types";

export type Stop = "stopBrowser" | "stopNoPack" | "stopPack" | "stopFull" | "stopOld";

const HOUR = 3_600_000;
/** A clock that went back by more than this makes every age worthless. */
const BACK = 5 * 60_000;
/** Free room below which nothing more is taken; an item has 5 kB. */
export const LEAST_ROOM = 2_000_000;

/** What goes by itself when the network is back. What is stuck does not: no network and no hurry helps it,
 * only a person, so its age keeps nobody else from choosing. */
export function moving(items: readonly Waiting[]): Waiting[] {
  return items.filter((item) => !item.stuck);
}

/** Hours since the oldest item that still moves was taken; Infinity where the clock was set back. */
export function oldestHours(items: readonly Waiting[], now: number): number {
  const ages = moving(items).map((item) => now - item.at);
  return ages.some((age) => age < -BACK) ? Infinity : Math.max(0, ...ages) / HOUR;
}

export function whyStop(pack: Pack | null, items: readonly Waiting[], now: number, room: number): Stop | null {
  if (!pack || pack.ended) return "stopNoPack";
  const { limits } = pack;
  if (items.length >= limits.items || room < LEAST_ROOM) return "stopFull";
  if (oldestHours(items, now) >= limits.stopHours) return "stopOld";
  const age = now - pack.now;
  return age >= limits.packHours * HOUR || age < -BACK ? "stopPack" : null;
}

/** A pack whose page is no more: without its texts, so that none can be shown again. */
export function ended(pack: Pack): Pack {
  return { ...pack, forms: {}, ended: true };
}

/** Hours to warn of, or null while there is no need. */
export function whyWarn(pack: Pack, items: readonly Waiting[], now: number): number | null {
  const hours = oldestHours(items, now);
  return hours >= pack.limits.warnHours ? Math.floor(Math.min(hours, 999)) : null;
}
