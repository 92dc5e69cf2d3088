/**
 * The code step: it proves that an address is the person's own, and nothing else.
 *
 * One field per address, the time left in words, a new code one press away, and always a way to
 * finish without it: an unverified consent simply opens nothing.
 */
import { h, icon } from "../dom";
import { clock, duration } from "../format";
import type { Address, CodeSent, FieldError, Language } from "../types";
import * as W from "../words";
import { busy, button, errorLine, link, mark, put } from "./parts";

/** Seconds before a new code may be asked for; the server has its own limit (429). */
const RESEND_AFTER = 60;

interface Options {
  codes: CodeSent[];
  say: W.Say;
  lang: Language;
  confirm: (codes: { to: Address; code: string }[]) => void;
  /** Resolves to the life of the new code in seconds; refused, to minus the seconds to wait. */
  resend: (to: Address) => Promise<number>;
  back: () => void;
  later: () => void;
  announce: (text: string) => void;
}

export interface CodeView {
  node: HTMLElement;
  stop(): void;
  busy(on: boolean): void;
  alert(...nodes: Node[]): void;
  /** Shows each sentence at the code it belongs to, or `otherwise` when it belongs to none. */
  fail(errors: FieldError[] | undefined, otherwise: string): void;
}

interface CodeField {
  node: HTMLElement;
  to: Address;
  input: HTMLInputElement;
  /** The digits typed or pasted, in whatever groups. */
  code(): string;
  fail(text?: string): void;
  tick(): void;
}

const inSeconds = (seconds: number): number => Date.now() + seconds * 1000;
const secondsTo = (moment: number): number => Math.max(0, Math.ceil((moment - Date.now()) / 1000));

function codeField({ to, masked, expiresIn }: CodeSent, options: Options): CodeField {
  const { say, codes, lang, announce, resend } = options;
  let expiresAt = inSeconds(expiresIn);
  let resendAt = inSeconds(RESEND_AFTER);
  const input = h("input.input.code", {
    id: to,
    inputmode: "numeric",
    autocomplete: "one-time-code",
    "aria-describedby": `${to}-e ${to}-s hint`,
  });
  const error = h("div", { id: `${to}-e`, role: "alert" });
  const life = h("span.m");
  const again = link("", () => void ask());
  const fail = (text?: string): void => mark(input, error, text);

  function tick(): void {
    const left = secondsTo(expiresAt);
    const wait = secondsTo(resendAt);
    life.textContent = left ? say(W.lives, duration(left, lang)) : say(W.expired);
    again.textContent = wait ? say(W.resendIn, clock(wait)) : say(W.resend);
    busy(again, !!wait);
    if (left === 60) announce(say(W.minuteLeft));
  }

  async function ask(): Promise<void> {
    if (secondsTo(resendAt)) return;
    resendAt = inSeconds(RESEND_AFTER);
    const lasts = await resend(to);
    if (lasts > 0) {
      expiresAt = inSeconds(lasts);
      input.value = "";
      fail();
      announce(say(W.sent[to]).trim());
    } else resendAt = inSeconds(-lasts);
    tick();
    input.focus();
  }

  const node = h(
    "div.field",
    {},
    h("p", { id: `${to}-s` }, h("b", {}, masked), say(W.sent[to])),
    h("label.label", { for: to }, say(W.code[codes.length > 1 ? to : "one"])),
    input,
    error,
    h("div.row", {}, life, again),
  );
  tick();
  return { node, to, input, code: () => input.value.replace(/\D/g, ""), fail, tick };
}

export function codeView(options: Options): CodeView {
  const { codes, say, back, later, confirm } = options;
  const kind = codes.length > 1 ? "both" : codes[0]!.to;
  const fields = codes.map((sent) => codeField(sent, options));
  const alerts = h("div", { role: "alert", hidden: true });
  const send = button(say(W.verify));
  const alert = (...nodes: Node[]): void => put(alerts, ...nodes);

  /** Marks the fields for which `sentence` has something to say; true when there is one. */
  function markAll(sentence: (field: CodeField) => string | false | undefined): boolean {
    const wrong = fields.filter((field) => {
      const text = sentence(field);
      field.fail(text || undefined);
      return text;
    });
    wrong[0]?.input.focus();
    return !!wrong.length;
  }

  /** One code of two is enough to go on with; a half-typed one is not. */
  function submit(event: Event): void {
    event.preventDefault();
    const typed = fields.filter((field) => field.code());
    const wanted = typed.length ? typed : fields;
    if (markAll((field) => wanted.includes(field) && field.code().length !== 6 && say(W.codeShort))) return;
    confirm(typed.map((field) => ({ to: field.to, code: field.code() })));
  }

  const node = h(
    "form.grid.verify",
    { novalidate: true, onsubmit: submit },
    h("h2.title", { tabindex: -1 }, say(W.verifyTitle[kind])),
    ...fields.map((field) => field.node),
    h("p.well.m", {}, icon("info"), h("span", { id: "hint" }, say(W.codeIsNoConsent, say(W.whose[kind])))),
    alerts,
    send,
    h("div.row.middle", {}, link(say(W.change), back), link(say(W.later), later)),
  );
  const timer = setInterval(() => fields.forEach((field) => field.tick()), 1000);
  return {
    node,
    alert,
    stop: () => clearInterval(timer),
    busy: (on) => busy(send, on),
    fail: (errors, otherwise) => {
      const at = (field: CodeField): string | undefined =>
        errors?.find((error) => error.field === `code.${field.to}`)?.message;
      if (!markAll(at)) alert(errorLine(otherwise));
    },
  };
}
