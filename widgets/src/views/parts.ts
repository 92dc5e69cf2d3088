/** Small pieces that more than one step is made of. */
import { h, icon } from "../dom";

/** A sentence in the colour of a fault, with its icon. */
export const errorLine = (text: string): HTMLElement =>
  h("p.error", {}, icon("info"), h("span", {}, text));

export const newTab = (href: string, text: string): HTMLAnchorElement =>
  h("a.link", { href, target: "_blank", rel: "noopener noreferrer" }, text);

export const link = (text: string, act: () => void): HTMLButtonElement =>
  h("button.link", { type: "button", onclick: act }, text);

/** The filled button of a step; with `act` it is an ordinary button, else it submits. */
export const button = (text: string, act?: () => void, look: "" | ".second" = ""): HTMLButtonElement =>
  h(`button.button${look}`, { type: act ? "button" : "submit", onclick: act }, text);

export const sealLine = (text: string): HTMLElement =>
  h("p.proof.m", {}, icon("seal"), text);

/** Marks `input` as wrong with a sentence in `place`, or as right again. */
export function mark(input: HTMLElement, place: HTMLElement, text?: string): void {
  if (text) input.setAttribute("aria-invalid", "true");
  else input.removeAttribute("aria-invalid");
  place.replaceChildren(...(text ? [errorLine(text)] : []));
}

/** Fills `place` and shows it, or hides it when there is nothing to say. */
export function put(place: HTMLElement, ...nodes: Node[]): void {
  place.replaceChildren(...nodes);
  place.hidden = !nodes.length;
}

/** A button that says it is at work; it keeps the focus, so it is not `disabled`. */
export function busy(target: HTMLElement | null, on: boolean): void {
  target?.setAttribute("aria-disabled", String(on));
}
