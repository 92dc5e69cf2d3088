/** How the widget speaks: both languages whole, house voice, house times. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { clock, duration, moment } from "../src/format";
import * as W from "../src/words";
import { CSS } from "../src/styles";
import { mayRecover, sentenceFor } from "../src/views/failure";

function pairs(value: unknown): W.Pair[] {
  if (Array.isArray(value)) return [value as unknown as W.Pair];
  return value && typeof value === "object" ? Object.values(value).flatMap(pairs) : [];
}

const ALL = Object.values(W).flatMap(pairs);

test("every sentence exists in both languages, with the same blanks", () => {
  assert.ok(ALL.length > 40);
  for (const [tr, en] of ALL) {
    assert.ok(tr && en && tr !== en, `${tr} / ${en}`);
    assert.equal(tr.includes("{}"), en.includes("{}"), tr);
  }
});

test("the house voice: no exclamation, no 'lütfen', no 'başarıyla', no straight apostrophe", () => {
  for (const [tr, en] of ALL) {
    assert.doesNotMatch(tr, /!|lütfen|başarıyla|hata oluştu|'/i);
    assert.doesNotMatch(en, /!|please|successfully|'/i);
  }
});

test("R-22: the code step says that a code is no consent", () => {
  const say = W.speaker("tr");
  assert.equal(
    say(W.codeIsNoConsent, say(W.whose.phone)),
    "Kod yalnız numaranın size ait olduğunu doğrular. Kodu yazmak, ileti almayı kabul etmek değildir.",
  );
});

test("times are Istanbul's, whatever the clock of the device", () => {
  assert.equal(moment("2026-11-23T10:58:00Z"), "23.11.2026 13:58");
  assert.equal(moment("2026-12-31T22:05:00Z"), "01.01.2027 01:05");
});

test("time left is said in words and shown as a clock", () => {
  assert.equal(duration(161, "tr"), "2 dk 41 sn");
  assert.equal(duration(41, "en"), "41 s");
  assert.equal(clock(41), "0:41");
});

test("only a failure that may pass is tried again", () => {
  const at = (status: number): boolean => mayRecover({ status, retryAfter: 0 });
  assert.deepEqual([0, 429, 500, 503].map(at), [true, true, true, true]);
  assert.deepEqual([400, 403, 404, 409].map(at), [false, false, false, false]);
});

test("a lost answer is never told as 'nothing was recorded'", () => {
  const say = W.speaker("tr");
  assert.doesNotMatch(sentenceFor({ status: 0, retryAfter: 0 }, say), /kaydedilmedi/);
  assert.match(sentenceFor({ status: 503, retryAfter: 0 }, say), /Hiçbir izin kaydedilmedi/);
});

test("the sheet loads nothing from anywhere", () => {
  assert.doesNotMatch(CSS, /url\(|@import|http/);
});
