/** The kiosk's queue, seal, clock and limits, without a browser. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Anchor, peak, type Seen, Watch } from "../src/kiosk/clock";
import { deliver } from "../src/kiosk/deliver";
import { wrongFields } from "../src/kiosk/form";
import { ended, moving, oldestHours, whyStop, whyWarn } from "../src/kiosk/limits";
import { b64, seal, unb64 } from "../src/kiosk/seal";
import type { Store } from "../src/kiosk/store";
import type { Pack, Waiting } from "../src/kiosk/types";

const HOUR = 3_600_000;
const CURVE = { name: "ECDH", namedCurve: "P-256" };

const item = (id: string, more: Partial<Waiting> = {}): Waiting => ({ id, k: 1, e: "e", n: "n", c: "c", at: 0, ...more });

class Memory implements Pick<Store, "items" | "put" | "remove" | "seen"> {
  clock: Seen | null = null;
  readonly kept = new Map<string, Waiting>();
  constructor(...items: Waiting[]) {
    for (const one of items) this.kept.set(one.id, one);
  }
  items = async (): Promise<Waiting[]> => [...this.kept.values()];
  put = async (one: Waiting): Promise<void> => void this.kept.set(one.id, one);
  remove = async (id: string): Promise<void> => void this.kept.delete(id);
  seen = async (): Promise<Seen | null> => this.clock;
  get all(): Store {
    return this as unknown as Store;
  }
}

const server = (say: (id: string) => string, status = 200) => {
  const asked: string[][] = [];
  const ask = async (_url: string, options: RequestInit): Promise<Response> => {
    const ids = (JSON.parse(`${options.body}`) as { items: { id: string }[] }).items.map((one) => one.id);
    asked.push(ids);
    return new Response(JSON.stringify({ now: 5, time: "t", answers: ids.map((id) => ({ id, state: say(id) })) }), { status });
  };
  return { asked, ask };
};

// -- the seal --------------------------------------------------------------------------------------

test("a seal opens with the server's private key alone, and says nothing of its content", async () => {
  const keys = await crypto.subtle.generateKey(CURVE, true, ["deriveBits"]);
  const point = b64(await crypto.subtle.exportKey("raw", keys.publicKey));
  const pack = { site: 7, key: { number: 3, public: point } };
  const sealed = await seal(pack, "Nazlı Kırşehirli 0599", "item-one");
  assert.deepEqual(Object.keys(sealed).sort(), ["c", "e", "id", "k", "n"]);
  assert.equal(Buffer.from(unb64(sealed.c)).includes("0599"), false);

  const about = new TextEncoder().encode("ileti-kiosk:7:3:item-one");
  const open = async (from: CryptoKey, bound: Uint8Array<ArrayBuffer>): Promise<string> => {
    const theirs = await crypto.subtle.importKey("raw", unb64(sealed.e), CURVE, false, []);
    const shared = await crypto.subtle.deriveBits({ name: "ECDH", public: theirs }, from, 256);
    const salt = new Uint8Array([...unb64(sealed.e), ...unb64(point)]);
    const key = await crypto.subtle.deriveKey({ name: "HKDF", hash: "SHA-256", salt, info: bound },
      await crypto.subtle.importKey("raw", shared, "HKDF", false, ["deriveKey"]), { name: "AES-GCM", length: 256 }, false, ["decrypt"]);
    return new TextDecoder().decode(await crypto.subtle.decrypt(
      { name: "AES-GCM", iv: unb64(sealed.n), additionalData: bound }, key, unb64(sealed.c)));
  };
  assert.equal(await open(keys.privateKey, about), "Nazlı Kırşehirli 0599");
  await assert.rejects(open(keys.privateKey, new TextEncoder().encode("ileti-kiosk:8:3:item-one")));
  const other = await crypto.subtle.generateKey(CURVE, false, ["deriveBits"]);
  await assert.rejects(open(other.privateKey, about));
});

test("the same words are never sealed alike", async () => {
  const keys = await crypto.subtle.generateKey(CURVE, true, ["deriveBits"]);
  const pack = { site: 7, key: { number: 3, public: b64(await crypto.subtle.exportKey("raw", keys.publicKey)) } };
  const [one, two] = [await seal(pack, "x", "a-name-of-it"), await seal(pack, "x", "a-name-of-it")];
  assert.notEqual(one.c, two.c);
  assert.notEqual(one.e, two.e);
});

// -- the clock -------------------------------------------------------------------------------------

const device = (wall = 1_000_000, steady = 50) => {
  const now = { wall, steady };
  return { now, source: { wall: () => now.wall, steady: () => now.steady } };
};

test("within a run both counts agree, and a clock that is wrong all along does no harm", () => {
  const { now, source } = device();
  const watch = new Watch("r1", source);
  const anchor = watch.anchor({ now: 9_000_000, time: "t" });
  now.wall += 60_000;
  now.steady += 60_000;
  assert.deepEqual(watch.stamp(anchor), { t: 9_060_000, w: 9_060_000 });
  assert.equal(Watch.offset(anchor), -8_000_000);
});

test("a clock set back within a run parts the two counts", () => {
  const { now, source } = device();
  const watch = new Watch("r1", source);
  const anchor = watch.anchor({ now: 9_000_000, time: "t" });
  now.wall -= HOUR;
  now.steady += 60_000;
  assert.deepEqual(watch.stamp(anchor), { t: 9_060_000, w: 9_000_000 - HOUR });
});

test("a page opened again goes on from the kept contact", () => {
  const first = device();
  const anchor: Anchor = new Watch("r1", first.source).anchor({ now: 9_000_000, time: "t" });
  const second = device(first.now.wall + HOUR, 3);
  const watch = new Watch("r2", second.source);
  second.now.wall += 60_000;
  second.now.steady += 60_000;
  assert.deepEqual(watch.stamp(anchor), { t: 9_060_000 + HOUR, w: 9_060_000 + HOUR });
});

test("a clock set forward and back again is noticed, also with the page closed in between", () => {
  const first = device();
  const before = new Watch("r1", first.source);
  let seen = before.look(null);
  first.now.wall += 5 * HOUR; // set forward
  first.now.steady += 60_000;
  seen = before.look(seen);
  assert.equal(seen.back, 0);
  const second = device(first.now.wall + 60_000, 3);
  const watch = new Watch("r2", second.source);
  seen = watch.look(seen);
  second.now.wall += 60_000 - 5 * HOUR; // set back while the page is open
  second.now.steady += 60_000;
  seen = watch.look(seen);
  assert.deepEqual([seen.back, peak(seen, second.now.wall)], [5 * HOUR, second.now.wall + 5 * HOUR]);

  const third = new Watch("r3", device(second.now.wall - HOUR, 1).source); // and once more while it was closed
  assert.equal(third.look(seen).back, 6 * HOUR);
});

test("a clock that goes on, and a device that slept, leave no trace", () => {
  const { now, source } = device();
  const watch = new Watch("r1", source);
  let seen = watch.look(null);
  for (const steady of [60_000, 1_000, 60_000]) { // asleep the steady counter may stand still
    now.wall += 60_000;
    now.steady += steady;
    seen = watch.look(seen);
  }
  assert.deepEqual([seen.back, peak(seen, now.wall), peak(null, now.wall)], [0, now.wall, now.wall]);
});

test("what goes to the server tells how far the clock was set back, also by what the worker sees alone", async () => {
  const bodies: { wall: number; peak: number }[] = [];
  const { ask } = server(() => "recorded");
  for (const clock of [{ last: 0, back: HOUR }, { last: Date.now() + 2 * HOUR, back: 0 }]) {
    const store = new Memory(item("a"));
    store.clock = clock;
    await deliver(store.all, "/q/x", false, (url, options) => {
      bodies.push(JSON.parse(`${options.body}`));
      return ask(url, options);
    });
  }
  const [one, two] = bodies.map(({ wall, peak }) => Math.round((peak - wall) / HOUR));
  assert.deepEqual([one, two], [1, 2]);
});

// -- the limits ------------------------------------------------------------------------------------

const PACK = { now: 0, limits: { items: 3, warnHours: 24, stopHours: 48, packHours: 168 } } as Pack;
const ROOM = 50_000_000;

test("a kiosk that has what it needs goes on", () => {
  assert.equal(whyStop(PACK, [item("a")], HOUR, ROOM), null);
  assert.equal(whyWarn(PACK, [item("a")], HOUR), null);
});

test("it warns after a day and stops after two, well before three business days end", () => {
  assert.equal(whyWarn(PACK, [item("a"), item("b", { at: 20 * HOUR })], 25 * HOUR), 25);
  assert.equal(whyStop(PACK, [item("a")], 47 * HOUR, ROOM), null);
  assert.equal(whyStop(PACK, [item("a")], 48 * HOUR, ROOM), "stopOld");
});

test("it stops when it is full, when the disk is, when the texts are old and when it never had any", () => {
  assert.equal(whyStop(PACK, [item("a"), item("b"), item("c")], HOUR, ROOM), "stopFull");
  assert.equal(whyStop(PACK, [], HOUR, 1_000), "stopFull");
  assert.equal(whyStop(PACK, [], 168 * HOUR, ROOM), "stopPack");
  assert.equal(whyStop(null, [], HOUR, ROOM), "stopNoPack");
});

test("of a page that is no more nothing is taken, and its texts are gone", () => {
  const over = ended({ ...PACK, forms: { tr: {} } } as Pack);
  assert.equal(whyStop(over, [], HOUR, ROOM), "stopNoPack");
  assert.deepEqual(over.forms, {});
});

test("a clock that was set back counts as the worst", () => {
  assert.equal(oldestHours([item("a", { at: 5 * HOUR })], HOUR), Infinity);
  assert.equal(whyStop(PACK, [item("a", { at: 5 * HOUR })], HOUR, ROOM), "stopOld");
  assert.equal(whyStop(PACK, [], -HOUR, ROOM), "stopPack");
});

test("what is stuck waits for a person, and its age neither warns nor stops", () => {
  const [old, back] = [item("a", { stuck: true }), item("b", { stuck: true, at: 500 * HOUR })];
  assert.equal(oldestHours([old, back], 100 * HOUR), 0);
  assert.equal(whyWarn(PACK, [old, back], 100 * HOUR), null);
  assert.equal(whyStop(PACK, [old, back], 100 * HOUR, ROOM), null);
  assert.equal(whyStop(PACK, [old, item("c", { at: 40 * HOUR })], 100 * HOUR, ROOM), "stopOld");
  assert.equal(whyStop(PACK, [old, back, item("c")], HOUR, ROOM), "stopFull"); // it still takes its room
  assert.deepEqual(moving([old, item("c"), back]).map((one) => one.id), ["c"]);
});

// -- the queue -------------------------------------------------------------------------------------

test("an item goes only when the server said of it that it has it", async () => {
  const store = new Memory(item("a"), item("b"), item("c"), item("d"));
  const { ask } = server((id) => ({ a: "recorded", b: "held", c: "wait" })[id] ?? "unreadable");
  const done = await deliver(store.all, "/q/x", false, ask);
  assert.deepEqual([...store.kept.keys()], ["c", "d"]);
  assert.equal(store.kept.get("d")?.stuck, true);
  assert.deepEqual(done, { sent: 2, stuck: 1, contact: { now: 5, time: "t" }, stopped: null });
});

test("what is stuck is not sent each minute, but when somebody looks", async () => {
  const store = new Memory(item("a", { stuck: true }));
  const { ask, asked } = server(() => "recorded");
  await deliver(store.all, "/q/x", false, ask);
  assert.deepEqual(asked, []);
  await deliver(store.all, "/q/x", true, ask);
  assert.equal(store.kept.size, 0);
});

test("without network, and when the server is ill, everything stays", async () => {
  for (const ask of [async () => { throw new TypeError("no network"); }, server(() => "recorded", 503).ask]) {
    const store = new Memory(item("a"), item("b"));
    await assert.rejects(deliver(store.all, "/q/x", false, ask));
    assert.equal(store.kept.size, 2);
  }
});

test("where the page is no more, and where the server wants it later, everything stays and nothing is thrown", async () => {
  for (const [status, stopped] of [[404, "over"], [410, "over"], [429, "later"], [403, "later"]] as const) {
    const store = new Memory(...Array.from({ length: 45 }, (_, n) => item(`i${n}`)));
    const { ask, asked } = server(() => "recorded", status);
    assert.deepEqual(await deliver(store.all, "/q/x", false, ask), { sent: 0, stuck: 0, contact: null, stopped });
    assert.equal(asked.length, 1); // the rest would only hear the same
    assert.deepEqual([store.kept.size, [...store.kept.values()].some((one) => one.stuck)], [45, false]);
  }
});

test("a server that has enough in between keeps what it took and leaves the rest for later", async () => {
  const store = new Memory(item("a"), item("bad"), item("c"));
  const answers = [422, 200, 429];
  const good = server(() => "recorded");
  const done = await deliver(store.all, "/q/x", false, (url, options) => {
    const status = answers.shift() ?? 500;
    return status === 200 ? good.ask(url, options) : Promise.resolve(new Response("", { status }));
  });
  assert.deepEqual([done.sent, done.stopped, [...store.kept.keys()]], [1, "later", ["bad", "c"]]);
});

test("an answer that got lost means the same names once more", async () => {
  const store = new Memory(item("a"));
  const { ask, asked } = server(() => "recorded");
  let lost = true;
  const losing = async (url: string, options: RequestInit): Promise<Response> => {
    const answer = await ask(url, options);
    if (lost) {
      lost = false;
      throw new TypeError("lost");
    }
    return answer;
  };
  await assert.rejects(deliver(store.all, "/q/x", false, losing));
  assert.equal(store.kept.size, 1);
  await deliver(store.all, "/q/x", false, losing);
  assert.deepEqual([asked, store.kept.size], [[["a"], ["a"]], 0]);
});

test("a request refused whole goes one by one, and the one at fault holds up nobody", async () => {
  const store = new Memory(item("a"), item("bad"), item("c"));
  const good = server(() => "recorded");
  const ask = async (url: string, options: RequestInit): Promise<Response> =>
    `${options.body}`.includes("bad") ? new Response("", { status: 422 }) : good.ask(url, options);
  await deliver(store.all, "/q/x", false, ask);
  assert.deepEqual([...store.kept.values()].map((one) => [one.id, one.stuck]), [["bad", true]]);
});

test("many go in pieces", async () => {
  const store = new Memory(...Array.from({ length: 95 }, (_, n) => item(`i${n}`)));
  const { ask, asked } = server(() => "recorded");
  await deliver(store.all, "/q/x", false, ask);
  assert.deepEqual([asked.map((one) => one.length), store.kept.size], [[40, 40, 15], 0]);
});

// -- what is typed ---------------------------------------------------------------------------------

test("an address that the server could not read is told of while its person stands there", () => {
  const wrong = (person: object): string[] => wrongFields(person, ["phone", "email", "name"]);
  assert.deepEqual(wrong({ phone: "0599 123 45 67", email: "a@ornek.com.tr", name: "Nazlı" }), []);
  assert.deepEqual(wrong({ phone: "+90 (599) 123-45-67", email: "a.b@c.ornek.test", name: "Ş" }), []);
  for (const phone of ["", "599 123 45 6", "0212 123 45 67", "0599 123 45 678", "x"]) {
    assert.deepEqual(wrong({ phone, email: "a@b.co", name: "N" }), ["phone"]);
  }
  for (const email of ["a", "a@b", "a b@c.de", "@b.co"]) assert.deepEqual(wrong({ phone: "05991234567", email, name: "N" }), ["email"]);
  assert.deepEqual(wrong({ phone: "05991234567", email: "a@b.co", name: "12" }), ["name"]);
});
