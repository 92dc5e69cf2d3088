/**
 * The last step: every choice in plain words, also the ones not made, and the signed receipt as a
 * file. A consent is shown with what is still missing before it may be used.
 */
import { h, icon } from "../dom";
import { moment } from "../format";
import type { FormText, Receipt, Submission } from "../types";
import * as W from "../words";
import { button, newTab, sealLine } from "./parts";

interface Options {
  form: FormText;
  /** Null when nothing was ticked, so that nothing was sent. */
  receipt: Receipt | null;
  /** What was sent; undefined with `receipt` null. */
  sent: Submission | undefined;
  say: W.Say;
  /** Lets a held host form go on. */
  finish: (() => void) | null;
  /** Where an address that still waits is verified; a page of its own, open for a day. */
  verify: string | null;
}

export function receiptView({ form, receipt, sent, say, finish, verify }: Options): HTMLElement {
  const { privacy, words } = form;
  const given = (receipt && sent?.privacy) || [];
  const end = receipt && (receipt.items.length || given.length) ? receipt.state : "none";
  const rows = form.channels.map(({ channel }) => {
    const item = receipt?.items.find((one) => one.channel === channel);
    return row(words[channel], words[item ? item.status : "none"], item && words[item.outcome]);
  });
  const done = receipt && h("span", {}, icon("check"));
  return h(
    "div.grid.receipt",
    {},
    h("div.done", {}, done, h("h2.title", { tabindex: -1 }, words[`title.${end}`] ?? "")),
    h("p.m", {}, privacy && end === "recorded" && !receipt?.items.length ? privacy.told : words[`told.${end}`]),
    h(
      "dl.list",
      {},
      ...rows,
      ...(privacy?.texts ?? []).map(({ document, title }) =>
        row(title, words[given.some((one) => one.document === document) ? "given" : "notGiven"]),
      ),
      form.notice && row(words.notice, words[receipt && sent?.notice?.at ? "read" : "unread"]),
      receipt && row(words.number, receipt.receipt),
      receipt && row(words.date, moment(receipt.issuedAt)),
    ),
    verify && newTab(verify, say(W.verifyTitle.both)),
    receipt && button(words.download ?? "", () => download(receipt), ".second"),
    finish && button(say(W.finish), finish),
    receipt && sealLine(say(W.proof)),
  );
}

function row(name = "", value = "", more?: string): HTMLElement {
  const small = more && h("span.m", {}, more);
  return h("div", {}, h("dt", {}, name), h("dd", {}, h("b", {}, value), small));
}

/** Saves the receipt just as the server signed it. */
function download(receipt: Receipt): void {
  const blob = new Blob([JSON.stringify(receipt, null, 2)], { type: "application/json" });
  const href = URL.createObjectURL(blob);
  h("a", { href, download: `${receipt.receipt}.json` }).click();
  setTimeout(() => URL.revokeObjectURL(href), 1000);
}
