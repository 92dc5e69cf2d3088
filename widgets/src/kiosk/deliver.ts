/**
 * Brings what waits to the server, from the page and from the worker alike.
 *
 * An item leaves the device only after the server said of this very item that it is recorded or kept
 * for a person. Whatever ends in between (a closed page, an empty battery, an answer that got lost) it
 * goes once more, and the server knows its name. What the server cannot open stays here, and is told.
 *
 * A refusal of the whole request is an answer too: there is network, and the page goes on to ask what
 * became of itself. Only silence and an ill server are "no network", and only they are thrown.
 */
import { peak } from "./clock";
import { moving } from "./limits";
import type { Store } from "./store";
import type { Contact, Delivered, Waiting } from "./types";

const AT_ONCE = 40;
const TIMEOUT_MS = 20_000;
type Fetch = (url: string, options: RequestInit) => Promise<Response>;
type Answers = Contact & { answers: { id: string; state: "recorded" | "held" | "unreadable" | "wait" }[] };

/** Sends all that waits, and with `again` also what was stuck, until the server stops it; throws when there
 * is no network, or a server that is ill (5xx). */
export async function deliver(store: Store, path: string, again: boolean, ask: Fetch = fetch): Promise<Delivered> {
  const items = await store.items();
  const waiting = again ? items : moving(items);
  const done: Delivered = { sent: 0, stuck: 0, contact: null, stopped: null };
  for (let at = 0; at < waiting.length && !done.stopped; at += AT_ONCE) {
    await some(store, path, waiting.slice(at, at + AT_ONCE), done, ask);
  }
  return done;
}

async function some(store: Store, path: string, items: Waiting[], done: Delivered, ask: Fetch): Promise<void> {
  const wall = Date.now();
  const answer = await ask(`${path}/items`, {
    method: "POST",
    cache: "no-store",
    credentials: "omit",
    signal: AbortSignal.timeout(TIMEOUT_MS),
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ wall, peak: peak(await store.seen(), wall), items: items.map(({ id, k, e, n, c }) => ({ id, k, e, n, c })) }),
  });
  if ([400, 413, 422].includes(answer.status)) return apart(store, path, items, done, ask);
  if (answer.status >= 500) throw new Error(`${answer.status}`);
  if (!answer.ok) {
    done.stopped = [404, 410].includes(answer.status) ? "over" : "later";
    return;
  }
  const { answers, now, time } = (await answer.json()) as Answers;
  done.contact = { now, time };
  for (const { id, state } of answers) {
    const item = items.find((one) => one.id === id);
    if (!item || state === "wait") continue;
    if (state === "unreadable") {
      await store.put({ ...item, stuck: true });
      done.stuck += 1;
    } else {
      await store.remove(id);
      done.sent += 1;
    }
  }
}

/** A request refused whole: its items one by one, so that one of them does not hold up the others. */
async function apart(store: Store, path: string, items: Waiting[], done: Delivered, ask: Fetch): Promise<void> {
  const [only] = items;
  if (items.length > 1) {
    for (const item of items) if (!done.stopped) await some(store, path, [item], done, ask);
  } else if (only) {
    await store.put({ ...only, stuck: true });
    done.stuck += 1;
  }
}

/** One deliverer at a time, where the browser can say so; two would only send twice. */
export async function alone<T>(path: string, work: () => Promise<T>): Promise<T | null> {
  if (!("locks" in navigator)) return work();
  return navigator.locks.request(`ileti-kiosk:${path}`, { ifAvailable: true }, (lock) => (lock ? work() : null));
}
