/** Times as the house writes them: Istanbul, `23.11.2026 13:58`, `2 dk 41 sn`. */
import type { Language } from "./types";

/** A moment in Istanbul wall time, day first in both languages. */
export function moment(iso: string): string {
  const two = "2-digit";
  const style = { day: two, month: two, year: "numeric", hour: two, minute: two } as const;
  return new Date(iso).toLocaleString("tr-TR", { timeZone: "Europe/Istanbul", ...style });
}

/** Whole seconds as "2 dk 41 sn" or "2 min 41 s"; zero minutes are left out. */
export function duration(seconds: number, lang: Language): string {
  const [minute, second] = lang === "tr" ? ["dk", "sn"] : ["min", "s"];
  const minutes = Math.floor(seconds / 60);
  return `${minutes ? `${minutes} ${minute} ` : ""}${seconds % 60} ${second}`;
}

/** Whole seconds as "0:41". */
export function clock(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
