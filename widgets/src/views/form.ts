/**
 * The first step: addresses the page has not got, one empty box per channel, the notice apart.
 *
 * The view draws and reads; what is ticked lives in `Choices`. It stays alive behind the later
 * steps, so that going back finds everything as it was.
 */
import type { Box, Choices } from "../choices";
import { serverNow } from "../client";
import { h } from "../dom";
import type { ChannelText, ExtraField, Field, FormText, PrivacyText } from "../types";
import * as W from "../words";
import { busy, button, errorLine, mark, newTab, put, sealLine } from "./parts";

interface Options {
  form: FormText;
  say: W.Say;
  choices: Choices;
  /** Fields the widget asks for itself, because the page has none for them. */
  own: Field[];
  /** With a host form the shop's own button submits and ours is left out. */
  bound: boolean;
  submit: () => void;
}

type Input = HTMLInputElement | HTMLSelectElement;

export interface FormView {
  node: HTMLElement;
  /** Draws the boxes as `Choices` has them, whatever was done to them from outside. */
  sync(): void;
  /** Our own fields by their names; custom ones by `fields.` and their key. */
  inputs: Map<string, Input>;
  /** What somebody, hardly a person, wrote in the unseen field. */
  trapped(): string;
  /** Marks our own faulty fields and goes to the first; returns the lines of all others. */
  fault(faults: [string, string][]): HTMLElement[];
  /** Shows notices above the button; without arguments takes them away. */
  alert(...nodes: Node[]): void;
  busy(on: boolean): void;
}

const TYPE: Record<Field, string> = { name: "text", phone: "tel", email: "email" };

export function formView({ form, say, choices, own, bound, submit }: Options): FormView {
  const inputs = new Map<string, Input>();
  const boxes = new Map<Box, HTMLInputElement>();
  const trap = h("input", { name: "website", tabindex: -1, autocomplete: "off" });
  const alerts = h("div.grid", { role: "alert", hidden: true });
  const send = bound ? null : button(say(W.save));
  const fields = own.map(field);
  const nameField = own.includes("name") ? fields.pop() : null;
  const node = h(
    bound ? "div.grid.form" : "form.grid.form",
    {
      novalidate: true,
      onsubmit: (event) => {
        event.preventDefault();
        submit();
      },
    },
    ...fields,
    group("consents", form.heading, form.intro, form.channels.map(channel), form.free),
    form.privacy && group("privacy", form.privacy.heading, form.privacy.free, form.privacy.texts.map(asked)),
    nameField,
    ...(form.extra ?? []).map(extra),
    notice(),
    alerts,
    send,
    sealLine(say(W.proof)),
    h("div.unseen", { "aria-hidden": "true" }, trap),
  );

  function field(field: Field): HTMLElement {
    const verified = field === "phone" && form.policy === "code";
    const hint = field === "name" ? W.whyName : verified && W.willVerify;
    const autocomplete = field === "phone" ? "tel" : field;
    return row(field, say(W.label[field]), hint && say(hint), h("input.input", { type: TYPE[field], autocomplete }));
  }

  /** A field of the provider's own; one that is chosen from starts with nothing chosen. */
  function extra({ key, kind, label, hint, choices }: ExtraField): HTMLElement {
    const multiple = kind === "choices";
    const input = choices
      ? h(
          "select.input",
          { multiple },
          !multiple && h("option"),
          ...choices.map((one) => h("option", { value: one.key }, one.label)),
        )
      : h("input.input", { type: kind });
    return row(`fields.${key}`, label, hint, input);
  }

  function row(id: string, label: string, hint: string | false, input: Input): HTMLElement {
    input.id = id;
    input.setAttribute("aria-describedby", `${id}-e ${id}-h`);
    inputs.set(id, input);
    return h(
      "div.field",
      {},
      h("label.label", { for: id }, label),
      input,
      h("div", { id: `${id}-e` }),
      hint && h("p.m", { id: `${id}-h` }, hint),
    );
  }

  /** Boxes of one kind under their own heading: consents and explicit consents never mix. */
  function group(name: string, heading: string, intro: string, boxes: HTMLElement[], free?: string): HTMLElement {
    const fieldset = h(
      `fieldset.${name}`,
      { "aria-describedby": `${name}-i` },
      h("legend.heading", {}, heading),
      h("p.m", { id: `${name}-i` }, intro),
      ...boxes,
    );
    return h("div", {}, fieldset, free && h("p.free.m", {}, free));
  }

  function channel(line: ChannelText): HTMLElement {
    return box(line.channel, h("strong", {}, line.strong), ` ${line.text}`);
  }

  function asked(one: PrivacyText): HTMLElement {
    return box(one.document, h("strong", {}, one.title), h("span.more", {}, one.text), h("span.more.m", {}, one.more));
  }

  /** The privacy notice: apart, below a line, with an acknowledgement that is no consent. */
  function notice(): HTMLElement | null {
    const text = form.notice;
    if (!text) return null;
    // Anything but a web address could run script in the host's page.
    const href = /^https?:\/\//i.test(text.url) ? text.url : "#";
    const link = newTab(href, text.link);
    link.onclick = () => {
      choices.opened = true;
    };
    return h("div.notice", {}, h("p", {}, text.before, link, text.after), box("NOTICE", text.ack));
  }

  function box(name: Box, ...text: (Node | string)[]): HTMLElement {
    const input: HTMLInputElement = h("input.box", {
      type: "checkbox",
      autocomplete: "off",
      onclick: (event) => choices.act(name, input.checked, event.isTrusted, serverNow()),
      // After a click the browser says "change"; whoever changed it, the truth is drawn again.
      onchange: sync,
    });
    boxes.set(name, input);
    return h("label.choice", {}, input, h("span", {}, ...text));
  }

  function sync(): void {
    for (const [name, input] of boxes) input.checked = choices.has(name);
    if (nameField) nameField.hidden = choices.none;
  }

  function fault(faults: [string, string][]): HTMLElement[] {
    const texts = new Map(faults);
    let first: HTMLElement | undefined;
    for (const [name, input] of inputs) {
      mark(input, input.nextElementSibling as HTMLElement, texts.get(name));
      if (texts.delete(name)) first ??= input;
    }
    first?.focus();
    return [...texts.values()].map(errorLine);
  }

  sync();
  return {
    node,
    sync,
    fault,
    inputs,
    trapped: () => trap.value,
    alert: (...nodes) => put(alerts, ...nodes),
    busy: (on) => {
      busy(send, on);
      send?.replaceChildren(say(on ? W.saving : W.save));
    },
  };
}
