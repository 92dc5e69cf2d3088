/**
 * The consent form without network: the words of the pack, the boxes and rules of every other form.
 *
 * Boxes are empty and change by the person's own click alone (R-12, `Choices`); none is needed.
 * What is missing is told at once, since nobody can ask when the choice arrives.
 */
import { type Box, Choices } from "../choices";
import { h } from "../dom";
import { missingFields, neededFields } from "../submission";
import type { Field, Person } from "../types";
import type { Anchor, Watch } from "./clock";
import { Watch as Clock } from "./clock";
import type { KioskForm, Said, Stamp } from "./types";

export interface Given {
  /** Null when nothing was chosen and nothing marked: then nothing is kept. */
  said: Said | null;
  chosen: boolean;
}

interface Setting {
  form: KioskForm;
  words: Record<string, string>;
  dealer: string;
  start: string;
  watch: Watch;
  anchor: Anchor;
  /** Keeps the choice; rejects when the device could not. */
  keep: (given: Given) => Promise<void>;
  dialog: (label: string, ...inside: Node[]) => void;
}

const TEXT = { phone: "tel", email: "email", name: "text" } as const;
const BAD = { phone: "badPhone", email: "badEmail", name: "badName" } as const;

/** Whether the server could read it; in doubt no, because nobody can be asked later. */
export function wrongFields(person: Person, needed: readonly Field[]): Field[] {
  const good: Record<Field, (text: string) => boolean> = {
    phone: (text) => /^(\+90|0090|90|0)?5\d{9}$/.test(text.replace(/[\s().-]/g, "")),
    email: (text) => /^[^\s@]+@[^\s@.]+(\.[^\s@.]+)+$/.test(text) && text.length < 250,
    name: (text) => /\p{L}/u.test(text) && text.length <= 120,
  };
  return needed.filter((field) => !good[field](person[field]?.trim() ?? ""));
}

export function drawForm(setting: Setting): Node[] {
  const { form, words: w, watch, anchor } = setting;
  const choices = new Choices();
  const stamps = new Map<Box, Stamp>();
  const shown = watch.stamp(anchor);
  const errors = h("div", { id: "errors-place" });
  const inputs = new Map<Field, HTMLInputElement>();

  const box = (about: Box, ...label: (Node | string)[]): HTMLElement => {
    const input = h("input", { type: "checkbox", autocomplete: "off" });
    input.addEventListener("change", (event) => {
      input.checked = choices.act(about, input.checked, event.isTrusted, new Date().toISOString());
      if (input.checked) stamps.set(about, watch.stamp(anchor));
      else stamps.delete(about);
    });
    const words = h("span");
    words.append(...label);
    return h("label.choice", {}, input, words);
  };

  const field = (name: Field, hint = ""): HTMLElement => {
    const input = h("input.input", { id: name, name, type: TEXT[name], autocomplete: "off" });
    inputs.set(name, input);
    return h("div.field", {}, h("label", { for: name }, w[name] ?? name), input, hint && h("p.quiet", {}, hint));
  };

  const person = (): Person => Object.fromEntries([...inputs].map(([name, input]) => [name, input.value.trim()]));

  const faults = (): [Field, string][] => {
    const said = person();
    const missing = missingFields(choices, form, said);
    const needed = neededFields(choices, form, said);
    const wrong = new Set([...missing, ...wrongFields(said, needed)]);
    const alone = choices.privacy().length && !choices.consents().length;
    return [...inputs.keys()].filter((name) => wrong.has(name)).map((name) => [
      name, (alone && !said[name] && name !== "name" ? w.noAddress : w[BAD[name]]) ?? "",
    ]);
  };

  const tell = (found: [Field, string][], sentence = ""): void => {
    for (const [name, input] of inputs) {
      if (found.some(([field]) => field === name)) input.setAttribute("aria-invalid", "true");
      else input.removeAttribute("aria-invalid");
    }
    const list = h("ul");
    list.append(...found.map(([name, text]) => h("li", {}, h("a", { href: `#${name}` }, text))));
    const said = h("div.notice.bad", { role: "alert", tabindex: "-1", id: "errors" }, h("div", {}, sentence, found.length ? list : null));
    errors.replaceChildren(...(found.length || sentence ? [said] : []));
    if (found.length || sentence) said.focus();
  };

  const said = (): Given => {
    const ticks = [...choices.consents(form.channels.map((line) => line.channel)).map((one) => one.channel), ...choices.privacy().map((one) => one.document)];
    const at = choices.has("NOTICE") ? stamps.get("NOTICE") ?? null : null;
    if (!ticks.length && !at) return { said: null, chosen: false };
    const needed = neededFields(choices, form, person());
    const only = (name: Field): string => (needed.includes(name) ? person()[name] ?? "" : "");
    return {
      chosen: ticks.length > 0,
      said: {
        form: form.token, time: anchor.time, offset: Clock.offset(anchor), shown, sent: watch.stamp(anchor),
        ticks: ticks.map((one) => ({ box: one, ...(stamps.get(one) ?? shown) })),
        notice: at, extent: choices.opened ? "opened" : "linked",
        name: only("name"), phone: only("phone"), email: only("email"),
      },
    };
  };

  const button = h("button.button", {}, w.save ?? "");
  const sent = async (event: Event): Promise<void> => {
    event.preventDefault();
    event.stopPropagation();
    const found = faults();
    tell(found);
    if (found.length || button.disabled) return;
    button.disabled = true;
    try {
      await setting.keep(said());
    } catch {
      tell([], w.notKept);
    }
    button.disabled = false;
  };

  return [
    h("div", {}, h("h1", {}, w.title ?? ""), h("p.lead", {}, w.lead ?? ""), h("p.quiet", {}, setting.dealer)),
    errors,
    h("form.card", { novalidate: true, autocomplete: "off", onsubmit: (event) => void sent(event) },
      form.fields.includes("phone") && field("phone", w.phoneHint),
      form.fields.includes("email") && field("email"),
      h("div.field", {},
        h("fieldset.consents", {}, h("legend", {}, form.heading), form.intro && h("p.quiet", {}, form.intro),
          ...form.channels.map((line) => box(line.channel, h("strong", {}, line.strong), /^[.,]/.test(line.text) ? line.text : ` ${line.text}`))),
        h("p.quiet", {}, form.free)),
      form.privacy && h("div.field", {},
        h("fieldset.consents", {}, h("legend", {}, form.privacy.heading),
          ...form.privacy.texts.flatMap((one) => [
            box(one.document, h("strong", {}, one.title), h("br"), one.text),
            one.more && h("p.quiet.lines", {}, one.more)])),
        h("p.quiet", {}, form.privacy.free)),
      form.fields.includes("name") && field("name", w.nameHint),
      notice(setting, box, () => { choices.opened = true; }),
      button,
      h("a.way", { href: setting.start, "data-end": true }, w.giveUp ?? "")),
  ];
}

/** The layered notice: the short sentence, its whole text behind the link, and its own mark. */
function notice(setting: Setting, box: (about: Box, ...label: string[]) => HTMLElement, opened: () => void): HTMLElement | null {
  const { form } = setting;
  const text = form.noticeText;
  if (!form.notice || !text) return null;
  const link = h("a", { href: form.notice.url, target: "_blank", onclick: (event) => {
    event.preventDefault();
    opened();
    setting.dialog(text.title, h("h2", {}, text.title), ...paragraphs(text.body));
  } }, form.notice.link);
  return h("div.apart", {}, h("p", {}, form.notice.before, link, form.notice.after), box("NOTICE", form.notice.ack));
}

const paragraphs = (body: string): Node[] => body.split("\n\n").filter((part) => part.trim()).map((part) =>
  part.startsWith("## ") ? h("h3", {}, part.slice(3)) : h("p", {}, part));
