/**
 * `<ileti-consent>`: the element the page sees.
 *
 * Its settings are `data-` attributes from a fixed list. None of them can tick a box or make one
 * required, and neither can the query string, autofill or a page that comes back from
 * the browser's cache.
 */
import { Choices } from "./choices";
import { Client } from "./client";
import { h } from "./dom";
import { flow, type Flow } from "./flow";
import { hostForm } from "./host-form";
import { sheet } from "./styles";
import type { Language } from "./types";

/** The server this bundle came from; `data-api` overrides it. Set by the entry file. */
export const origin = { base: "" };

export class IletiConsent extends HTMLElement {
  static readonly formAssociated = true;

  readonly #root = this.attachShadow({ mode: "open" });
  readonly #internals = this.attachInternals();
  readonly #box = h("div.widget");
  readonly #status = h("div.unseen", { role: "status" });
  readonly #choices = new Choices();
  #flow: Flow | null = null;
  readonly #returned = (event: PageTransitionEvent): void => {
    if (event.persisted) this.#flow?.clear();
  };

  connectedCallback(): void {
    if (!this.#box.isConnected) {
      this.#root.adoptedStyleSheets = [sheet()];
      this.#root.append(this.#box, this.#status);
    }
    addEventListener("pageshow", this.#returned);
    this.#start();
  }

  disconnectedCallback(): void {
    removeEventListener("pageshow", this.#returned);
    this.#flow?.stop();
    this.#flow = null;
  }

  /** Called by the browser when the host's form is reset. */
  formResetCallback(): void {
    this.#flow?.clear();
  }

  #start(): void {
    const { site = "", api, vouch, form, name, phone, email, hold } = this.dataset;
    this.#flow?.stop();
    this.#choices.clear();
    const lang: Language = /^en/i.test(this.dataset.lang || document.documentElement.lang) ? "en" : "tr";
    this.#box.lang = lang;
    const root = this.getRootNode() as Document | ShadowRoot;
    const made = flow({
      client: new Client(api ?? origin.base, site),
      choices: this.#choices,
      lang,
      vouch,
      show: (node, focus) => {
        const active = root.activeElement;
        // Focus follows only where the person already is; it is never pulled from elsewhere.
        const near = !active || active === document.body || active === this || host?.form()?.contains(active);
        this.#box.replaceChildren(node);
        // The page can style itself by the step: `ileti-consent[data-step=verify]`.
        this.dataset.step = node.classList[1];
        if (focus && near) node.querySelector<HTMLElement>(focus)?.focus();
      },
      announce: (text) => {
        this.#status.textContent = text;
      },
      tell: (event, more) => {
        const detail = { site, ...more };
        this.dispatchEvent(new CustomEvent(`ileti:${event}`, { bubbles: true, composed: true, detail }));
      },
      keep: (receipt) => this.#internals.setFormValue(receipt),
    });
    const fields = {
      name: name ?? "[autocomplete=name]",
      phone: phone ?? "[type=tel]",
      email: email ?? "[type=email]",
    };
    const { wish, submit: send } = made;
    const host = form ? hostForm({ root, form, fields, hold: hold !== undefined, wish, send }) : null;
    this.#flow = made;
    void made.start(host);
  }
}

/** Registers the element once; a second bundle on the same page changes nothing. */
export function define(tag = "ileti-consent"): void {
  if (!customElements.get(tag)) customElements.define(tag, IletiConsent);
}
