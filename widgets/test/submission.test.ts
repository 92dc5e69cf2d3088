/** The rules of what is sent, without a browser. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Box, Choices } from "../src/choices";
import { compose, Keys, missingFields, neededFields, print, retryDelay, sameText } from "../src/submission";
import type { FormText } from "../src/types";

const NOON = "2026-11-23T09:00:00.000Z";
const LATER = "2026-11-23T09:00:05.000Z";

const FORM: FormText = {
  token: "t1",
  lang: "tr",
  policy: "code",
  provider: { title: "Liman Kahve Gıda Tic. A.Ş.", brand: "Liman Kahve" },
  fields: ["name", "phone", "email"],
  heading: "Ticari elektronik ileti",
  intro: "…",
  channels: [
    { channel: "MESAJ", strong: "kısa mesajla", text: "almayı kabul ediyorum." },
    { channel: "EPOSTA", strong: "e-postayla", text: "almayı kabul ediyorum." },
  ],
  free: "…",
  privacy: {
    heading: "…",
    free: "…",
    told: "…",
    texts: [{ document: 12, title: "…", text: "…", more: "" }],
  },
  notice: { before: "", link: "…", after: "", url: "https://ornek.com.tr/n/1", ack: "…" },
  words: {},
};

function ticked(...boxes: Box[]): Choices {
  const choices = new Choices();
  for (const box of boxes) choices.act(box, true, true, NOON);
  return choices;
}

test("R-12: only a trusted act of the person ticks or unticks a box", () => {
  const choices = ticked("MESAJ");
  assert.equal(choices.act("EPOSTA", true, false, NOON), false);
  assert.equal(choices.act("MESAJ", false, false, NOON), true);
  assert.deepEqual(choices.consents(), [{ channel: "MESAJ", status: "ONAY", at: NOON }]);
});

test("a box ticked again carries the time of the last act", () => {
  const choices = ticked("MESAJ");
  choices.act("MESAJ", false, true, NOON);
  choices.act("MESAJ", true, true, LATER);
  assert.equal(choices.consents()[0]?.at, LATER);
});

test("R-58: the notice is no consent", () => {
  const choices = ticked("NOTICE");
  assert.equal(choices.none, true);
  assert.deepEqual(choices.consents(), []);
  assert.deepEqual(choices.notice(), { at: NOON, extent: "linked" });
});

test("R-13: nothing ticked needs nothing", () => {
  assert.deepEqual(neededFields(new Choices(), FORM, {}), []);
  assert.deepEqual(missingFields(new Choices(), FORM, {}), []);
});

test("R-57: an explicit consent is no channel's and needs a name and one address", () => {
  const choices = ticked(12);
  assert.equal(choices.none, false);
  assert.deepEqual(choices.consents(), []);
  assert.deepEqual(choices.privacy(), [{ document: 12, at: NOON }]);
  assert.deepEqual(neededFields(choices, FORM, {}), ["name", "phone"]);
  assert.deepEqual(neededFields(choices, FORM, { email: "n@ornek.com.tr" }), ["name", "email"]);
  assert.deepEqual(neededFields(choices, { ...FORM, fields: ["name", "email"] }, {}), ["name", "email"]);
  assert.deepEqual(neededFields(ticked(12, "EPOSTA"), FORM, { phone: "0599" }), ["name", "email"]);
});

test("R-60: how far the notice was shown is told, marked as read or not", () => {
  const choices = ticked("MESAJ");
  choices.opened = true;
  const body = compose(FORM, choices, {}, "s", "");
  assert.deepEqual(body.notice, { at: null, extent: "opened" });
  assert.equal(compose({ ...FORM, notice: null }, choices, {}, "s", "").notice, null);
});

test("R-09: a consent needs a name and the address of its own channel", () => {
  assert.deepEqual(neededFields(ticked("EPOSTA"), FORM, {}), ["name", "email"]);
  assert.deepEqual(neededFields(ticked("MESAJ", "ARAMA"), FORM, {}), ["name", "phone"]);
  assert.deepEqual(missingFields(ticked("MESAJ", "EPOSTA"), FORM, { phone: " ", name: "Nazlı Kırşehirli" }), [
    "phone",
    "email",
  ]);
});

test("only fields that a ticked box needs are sent", () => {
  const person = { name: " Nazlı Kırşehirli ", phone: "0599 213 41 17", email: "nazli.k@ornek.com.tr" };
  const body = compose(FORM, ticked("EPOSTA"), person, "2026-11-23T08:59:00Z", "");
  assert.equal(body.name, "Nazlı Kırşehirli");
  assert.equal(body.email, "nazli.k@ornek.com.tr");
  assert.equal("phone" in body, false);
  assert.equal("vouch" in body, false);
});

test("a channel that the form did not show is not sent", () => {
  const body = compose(FORM, ticked("ARAMA", "MESAJ"), {}, "2026-11-23T08:59:00Z", "");
  assert.deepEqual(body.choices.map((choice) => choice.channel), ["MESAJ"]);
});

test("the same body keeps its key, another body gets a new one", () => {
  let count = 0;
  const keys = new Keys(() => `key-${(count += 1)}`);
  const body = compose(FORM, ticked("MESAJ"), { phone: "0599 213 41 17" }, "s", "");
  const other = { ...body, phone: "0599 213 41 18" };
  assert.equal(keys.keyFor(print(body)), "key-1");
  assert.equal(keys.keyFor(print({ ...body })), "key-1");
  assert.equal(keys.keyFor(print(other)), "key-2");
});

test("the notice opened between two sendings is the same act", () => {
  const choices = ticked("MESAJ", 12);
  const body = compose(FORM, choices, { name: "N K", phone: "0599" }, "s", "");
  choices.opened = true;
  const again = compose(FORM, choices, { name: "N K", phone: "0599" }, "s", "");
  const keys = new Keys();
  assert.notDeepEqual(body.notice, again.notice);
  assert.equal(print(body), print(again));
  assert.equal(keys.keyFor(print(body)), keys.keyFor(print(again)));
  choices.act("NOTICE", true, true, LATER);
  assert.notEqual(print(body), print(compose(FORM, choices, { name: "N K", phone: "0599" }, "s", "")));
});

test("a new token alone is the same text, a new word is not", () => {
  assert.equal(sameText(FORM, { ...FORM, token: "t2" }), true);
  assert.equal(sameText(FORM, { ...FORM, intro: "başka" }), false);
});

test("tries wait twice as long each time, at least Retry-After and at most a minute", () => {
  assert.deepEqual([1, 2, 3, 9].map((attempt) => retryDelay(attempt, 0)), [2, 4, 8, 60]);
  assert.equal(retryDelay(1, 30), 30);
  assert.equal(retryDelay(1, 3600), 60);
});
