/** Draws the steps of the preference centre; decides nothing. */
import { h, icon } from "../dom";
import type { Say } from "../words";
import type { Anew, Brand, Line, Now, Piece, Purpose, Row, Told } from "./types";
import * as W from "./words";

/** What a view may ask for; `act` gets the button's token and the name typed beside it. */
export interface Does {
  ask(address: string): void;
  enter(code: string): void;
  /** To the way in: one more address for who is in already. */
  add(): void;
  /** Out of the way in: home for who is in, else another address. */
  back(): void;
  act(token: string, name: string): void;
  more(): void;
  receipt(number: string): void;
  leave(): void;
}

type Node_ = HTMLElement;
type Outward = (url: string, text: string) => Node_;
export interface Fault {
  field?: string;
  text: string;
}

/** A button that chooses something: only the person's own click counts, no script's. */
const button = (text: string, press: () => void, second = true): HTMLButtonElement =>
  h(
    second ? "button.button.second" : "button.button",
    { type: "button", onclick: (event) => event.isTrusted && press() },
    text,
  );

const link = (text: string, press: () => void): HTMLButtonElement =>
  h("button.link", { type: "button", onclick: press }, text);

const fault = (one: Fault | null, field: string): Node_ =>
  h("div", { id: `${field}-e`, role: "alert" }, one ? h("p.error", {}, icon("info"), h("span", {}, one.text)) : null);

/** One field with one button: the address, then the code. */
function step(
  field: "address" | "code",
  parts: { title: string; before: Node_; label: string; hint: string; verb: string },
  one: Fault | null,
  send: (typed: string) => void,
  after: Node_ | null,
  typed = "",
): Node_ {
  const input = h(field === "code" ? "input.input.code" : "input.input", {
    id: field,
    name: field,
    autocomplete: field === "code" ? "one-time-code" : "username",
    inputmode: field === "code" ? "numeric" : null,
    "aria-invalid": one ? "true" : null,
    "aria-describedby": `${field}-e ${field}-h`,
  });
  input.value = typed;
  const submit = (event: Event): void => {
    event.preventDefault();
    send(input.value);
  };
  return h(
    `form.grid.${field}`,
    { novalidate: true, onsubmit: submit },
    h("h2", { tabindex: -1 }, parts.title),
    parts.before,
    h(
      "div.field",
      {},
      h("label", { for: field }, parts.label),
      input,
      fault(one, field),
      h("p.m", { id: `${field}-h` }, parts.hint),
    ),
    h("button.button", {}, parts.verb),
    after,
  );
}

export const askView = (say: Say, does: Does, one: Fault | null, typed: string, said: string, inside: boolean): Node_ =>
  step(
    "address",
    {
      title: say(inside ? W.add : W.title),
      before: said ? h("p.well", { role: "status" }, said) : h("p.m", {}, say(W.lead)),
      label: say(W.address),
      hint: say(W.why),
      verb: say(W.send),
    },
    one,
    (text) => does.ask(text),
    inside ? link(say(W.cancel), () => does.back()) : null,
    typed,
  );

export const codeView = (say: Say, does: Does, one: Fault | null, masked: string): Node_ =>
  step(
    "code",
    {
      title: say(W.codeTitle),
      before: h("p.m", {}, say(W.onItsWay, masked)),
      label: say(W.code),
      hint: say(W.noConsent),
      verb: say(W.open),
    },
    one,
    (text) => does.enter(text),
    link(say(W.back), () => does.back()),
  );

const facts = (...parts: string[]): Node_ => h("p.facts.m", {}, parts.filter(Boolean).join(" · "));

const says = (state: string, text: string): Node_ => h(`p.says.${state}`, {}, text);

const told = (outward: Outward, one: Told | null): Node_ | null =>
  one && h("p.facts.m", {}, one.before, outward(one.url, one.link), one.after);

const piece = (one: Piece): Node_ =>
  h(one.kind === "none" ? "em" : one.kind === "same" ? "span" : one.kind, {}, one.text);

/** What has changed in a text that asks or tells anew; nothing is chosen by it. */
const anewView = (one: Anew | null): Node_ | null =>
  one &&
  h(
    "div",
    {},
    h("p.says.coming", {}, one.says),
    one.rows.length > 0 &&
      h(
        "details.changed.m",
        { open: one.rows.length < 4 },
        h("summary", {}, one.title),
        ...one.rows.map((row) =>
          h(
            "div.quote",
            { lang: one.lang },
            h("p", {}, h("b", {}, `${one.before}: `), ...row.before.map(piece)),
            h("p", {}, h("b", {}, `${one.now}: `), ...row.now.map(piece)),
          ),
        ),
        one.more,
      ),
    !one.rows.length && one.more,
  );

function rowView(say: Say, does: Does, outward: Outward, row: Row, several: boolean): Node_ {
  const id = `n${row.consent?.slice(-8) ?? ""}`;
  const name = row.consent ? h("input.input", { id, autocomplete: "name", maxlength: 120 }) : null;
  const label = name && h("label", { for: id }, say(row.name ? W.otherName : W.name));
  return h(
    "div.pref",
    {},
    h(
      "div",
      {},
      h("h4", {}, row.label, several && ` ${row.masked}`),
      says(row.state, row.says),
      facts(...row.facts, row.merchant),
      anewView(row.anew),
      row.text && h("p.quote.m", {}, `${row.text.before} `, h("strong", {}, row.text.strong), row.text.rest),
    ),
    h(
      "div.do",
      {},
      row.name ? h("details", {}, h("summary.m", {}, say(W.inTheName, row.name)), label, name) : label,
      !row.name && name,
      told(outward, row.notice),
      row.consent &&
        button(row.consent_label, () => does.act(row.consent!, name ? name.value : "")),
      row.refuse && button(row.refuse_label, () => does.act(row.refuse!, "")),
    ),
  );
}

function brandView(say: Say, does: Does, outward: Outward, brand: Brand, several: boolean): Node_ {
  const rows = brand.rows.map((row) => rowView(say, does, outward, row, several));
  if (brand.known) return h("section.card", {}, h("h3", {}, brand.name), ...rows);
  return h("details.card", {}, h("summary", {}, h("b", {}, brand.name), h("span.m", {}, ` · ${say(W.nothing)}`)), ...rows);
}

function purposeView(say: Say, does: Does, outward: Outward, one: Purpose): Node_ {
  return h(
    "div.pref",
    {},
    h(
      "div",
      {},
      h("h4", {}, one.title),
      says(one.state, one.says),
      facts(one.brand, ...one.facts),
      one.text_url && outward(one.text_url, say(W.seen)),
      anewView(one.anew),
      one.text && h("div.quote.m", {}, ...one.text.map((part) => h("p", {}, part))),
    ),
    h(
      "div.do",
      {},
      told(outward, one.notice),
      one.give && button(one.give_label, () => does.act(one.give!, "")),
      one.withdraw && button(one.withdraw_label, () => does.act(one.withdraw!, "")),
    ),
  );
}

/** Asked once, in place; the way back is as large as the way on. */
function stopView(say: Say, does: Does, token: string): Node_ {
  const question = h(
    "div.grid.pad",
    { hidden: true },
    h("p", {}, say(W.stopWhat)),
    button(say(W.stopAll), () => does.act(token, ""), false),
  );
  const turn = (): void => {
    question.hidden = !question.hidden;
    opener.hidden = !question.hidden;
    (question.hidden ? opener : question).querySelector("button")?.focus();
  };
  question.append(button(say(W.cancel), turn));
  const opener = h("div.pad", {}, button(say(W.stopAll), turn));
  return h("section.card", {}, opener, question);
}

function lineView(say: Say, does: Does, line: Line): Node_ {
  return h(
    "li",
    {},
    h(
      "div",
      {},
      h("p", {}, h(line.refusal ? "b.ret" : "b", {}, line.what)),
      facts(line.at, line.brand, line.by, line.became, line.iys),
    ),
    link(say(W.receipt), () => does.receipt(line.receipt)),
  );
}

export function homeView(say: Say, does: Does, base: string, now: Now, one: Fault | null): Node_ {
  const several = now.addresses.length > 1;
  const outward: Outward = (url, text) =>
    h("a", { href: url.startsWith("/") ? base + url : url, target: "_blank", rel: "noopener noreferrer" }, text);
  const past = h("ol.past", {}, ...now.history.map((line) => lineView(say, does, line)));
  const older = now.more && h("div.pad", {}, link(say(W.older), () => does.more()));
  return h(
    "div.grid.home",
    {},
    h("h2", { tabindex: -1 }, say(W.home)),
    h("p.m", {}, h("b", {}, now.addresses.map((each) => each.masked).join(", ")), ` ${say(W.atOnce)}`),
    now.said && !one ? h("p.well.said", { role: "status", tabindex: -1 }, icon("check"), h("span", {}, now.said)) : null,
    one && h("p.well.failure.said", { role: "alert", tabindex: -1 }, icon("info"), h("span", {}, one.text)),
    ...now.brands.filter((brand) => brand.known).map((brand) => brandView(say, does, outward, brand, several)),
    ...now.brands.filter((brand) => !brand.known).map((brand) => brandView(say, does, outward, brand, several)),
    stopView(say, does, now.stop),
    now.purposes.length > 0 &&
      h("section.card", {}, h("h3", {}, say(W.purposes)), ...now.purposes.map((each) => purposeView(say, does, outward, each))),
    now.notices.length > 0 &&
      h(
        "section.card",
        {},
        h("h3", {}, say(W.notices)),
        ...now.notices.map((each) =>
          h(
            "div.pref",
            {},
            h(
              "div",
              {},
              h("h4", {}, each.title),
              facts(each.brand, `v${each.version}`, each.newer && !each.anew ? say(W.newer) : ""),
              anewView(each.anew),
            ),
            h(
              "div.do",
              {},
              h("div.links", {}, outward(each.url, say(W.read))),
              each.read && button(each.read_label, () => does.act(each.read!, "")),
            ),
          ),
        ),
      ),
    h("section.card", {}, h("h3", {}, say(W.history)), past, older),
    h(
      "div.links",
      {},
      now.mayAdd && link(say(W.add), () => does.add()),
      outward(now.page, say(W.page)),
      now.apply && outward(now.apply, say(W.apply)),
      link(say(W.leave), () => does.leave()),
    ),
  );
}
