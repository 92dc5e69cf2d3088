/**
 * `<ileti-notice>`: the privacy notice of a form that asks for no consent.
 *
 * It shows the short notice, the whole text behind one press, and with `data-ack` an empty box
 * "okudum, anladım" that is never required. How far the text was shown is what truly happened: opened
 * by the person's own act, and to the end only when the end was in sight. Nothing here accepts
 * anything, and a fault of ours never holds the host's form back for longer than `PATIENCE_MS`.
 */
import { Client, serverNow } from "./client";
import { h } from "./dom";
import { sheet } from "./styles";
import { Keys } from "./submission";
import type { Language, NoticeForm, NoticeSeen } from "./types";

/** The server this bundle came from; `data-api` overrides it. Set by the entry file. */
export const origin = { base: "" };

const PATIENCE_MS = 3000;
/** What this element needs beyond the look both share. */
const LAYERS =
  "summary{padding:10px 0;cursor:pointer}details>p{padding:10px 0}" +
  ".text{max-height:20em;overflow:auto;padding:0 16px 16px;border:1px solid var(--line);" +
  "border-radius:var(--r);background:var(--soft)}.text p{margin-top:16px}";
const RANK: readonly NoticeSeen["extent"][] = ["linked", "opened", "to_the_end"];

export class IletiNotice extends HTMLElement {
  static readonly formAssociated = true;

  readonly #root = this.attachShadow({ mode: "open" });
  readonly #internals = this.attachInternals();
  readonly #keys = new Keys();
  #client = new Client("", "");
  #form: NoticeForm | null = null;
  #shownAt = "";
  #seen: NoticeSeen = { at: null, extent: "linked" };
  #sent = "";
  #receipt: Promise<string | null> = Promise.resolve(null);
  #hidden: HTMLInputElement | null = null;
  #passing = false;
  #watched: Document | ShadowRoot | null = null;
  #observer: IntersectionObserver | null = null;
  readonly #submitted = (event: Event): void => this.#hold(event as SubmitEvent);

  connectedCallback(): void {
    const layers = new CSSStyleSheet();
    layers.replaceSync(LAYERS);
    this.#root.adoptedStyleSheets = [sheet(), layers];
    this.#watched = this.getRootNode() as Document | ShadowRoot;
    this.#watched.addEventListener("submit", this.#submitted, true);
    void this.#start();
  }

  disconnectedCallback(): void {
    this.#watched?.removeEventListener("submit", this.#submitted, true);
    this.#observer?.disconnect();
    this.#hidden?.remove();
    this.#form = null;
  }

  /** Called by the browser when the host's form is reset: somebody else may read it next. */
  formResetCallback(): void {
    // An answer that is still on its way belongs to whoever read it before.
    this.#form = null;
    this.#forget();
    void this.#start();
  }

  /** Nothing is kept of what was seen so far, so the host's form must carry no number for it. */
  #forget(): void {
    this.#sent = "";
    this.#receipt = Promise.resolve(null);
    this.#internals.setFormValue(null);
    if (this.#hidden) this.#hidden.value = "";
  }

  /** Keeps what has happened to the notice so far; the receipt's number, null when it was not kept. */
  record(): Promise<string | null> {
    const form = this.#form;
    const now = JSON.stringify(this.#seen);
    if (!form || this.#sent === now) return this.#receipt;
    this.#sent = now;
    this.#receipt = this.#post(form);
    return this.#receipt;
  }

  async #post(form: NoticeForm): Promise<string | null> {
    const body = {
      token: form.token, choices: [], privacy: [], notice: this.#seen, shownAt: this.#shownAt, website: "",
    };
    const answer = await this.#client.submit(body, this.#keys.keyFor(JSON.stringify(body)));
    if (this.#form !== form) return null;
    if (!answer.ok) {
      this.#forget();
      this.#tell("error", { during: "submission", status: answer.problem.status });
      // A token that has run out, or a notice that was changed meanwhile, is asked for anew.
      if (answer.problem.status === 410) void this.#start();
      return null;
    }
    const { receipt } = answer.data;
    this.#internals.setFormValue(receipt);
    this.#tell("recorded", { receipt });
    return receipt;
  }

  async #start(): Promise<void> {
    const { site = "", api, lang: asked } = this.dataset;
    const lang: Language = /^en/i.test(asked || document.documentElement.lang) ? "en" : "tr";
    this.#client = new Client(api ?? origin.base, site);
    const answer = await this.#client.notice(lang);
    if (!this.isConnected) return;
    if (!answer.ok) {
      // Without the server the page's own link, put inside the element, stays in sight.
      this.#root.replaceChildren(h("slot"));
      return this.#tell("error", { during: "form", status: answer.problem.status });
    }
    this.#form = answer.data;
    this.#shownAt = serverNow();
    this.#seen = { at: null, extent: "linked" };
    this.#root.replaceChildren(this.#draw(answer.data));
    this.#tell("ready", { lang });
  }

  #draw({ notice, lang }: NoticeForm): HTMLElement {
    // Anything but a web address could run script in the host's page.
    const href = /^https?:\/\//i.test(notice.url) ? notice.url : "#";
    const page = (text: string): HTMLElement =>
      h("a.link", { href, target: "_blank", rel: "noopener noreferrer", onclick: () => this.#reach("opened") }, text);
    const end = h("div");
    const text = h(
      "div.text",
      { role: "region", tabindex: "0", "aria-label": notice.title },
      ...notice.body.split(/\n{2,}/).filter((part) => part.trim()).map(paragraph),
      end,
    );
    const more: HTMLDetailsElement = h("details", {}, h("summary.link", {}, notice.open), text, h("p", {}, page(notice.page)));
    let own = false;
    more.firstElementChild?.addEventListener("click", (event) => {
      own = event.isTrusted;
    });
    more.addEventListener("toggle", () => {
      if (more.open && own) this.#reach("opened");
    });
    this.#observer?.disconnect();
    this.#observer = new IntersectionObserver((seen) => {
      if (more.open && own && seen.some((one) => one.isIntersecting)) this.#reach("to_the_end");
    });
    this.#observer.observe(end);
    const box = h("div.widget.grid", { lang }, h("p", {}, notice.before, page(notice.link), notice.after), more);
    if (this.dataset.ack !== undefined) box.append(this.#ack(notice.ack));
    return box;
  }

  /** R-12's rule for consents holds for this box too: only the person ticks it. */
  #ack(text: string): HTMLElement {
    const input: HTMLInputElement = h("input.box", {
      type: "checkbox",
      autocomplete: "off",
      onclick: (event) => {
        if (event.isTrusted) this.#seen = { ...this.#seen, at: input.checked ? serverNow() : null };
        this.#changed();
      },
      onchange: () => {
        input.checked = !!this.#seen.at;
      },
    });
    return h("label.choice", {}, input, h("span", {}, text));
  }

  #reach(extent: NoticeSeen["extent"]): void {
    if (RANK.indexOf(extent) <= RANK.indexOf(this.#seen.extent)) return;
    this.#seen = { ...this.#seen, extent };
    this.#changed();
  }

  /** Tells the page. Without a host form nothing else would keep a mark, so it is kept at once. */
  #changed(): void {
    this.#tell("notice", { extent: this.#seen.extent, read: !!this.#seen.at });
    if (!this.#host() && (this.#seen.at || (this.dataset.ack === undefined && this.#seen.extent === "to_the_end"))) {
      void this.record();
    }
  }

  #host(): HTMLFormElement | null {
    const { form } = this.dataset;
    return form ? (this.#watched?.querySelector<HTMLFormElement>(form) ?? null) : this.#internals.form;
  }

  /** Lets the host's form wait for the receipt's number, and go on without one when it does not come. */
  #hold(event: SubmitEvent): void {
    const host = this.#host();
    if (!host || event.target !== host || this.#passing || !this.#form) return;
    if (this.#sent === JSON.stringify(this.#seen) && this.#hidden?.value) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (!this.#hidden?.isConnected) {
      // An element with a name inside the form sends its own value; a bound form gets a field.
      this.#hidden = h("input", { type: "hidden", name: this.dataset.field || "ileti_notice" });
      if (!(this.#internals.form === host && this.getAttribute("name"))) host.append(this.#hidden);
    }
    const field = this.#hidden;
    const patience = new Promise<null>((go) => setTimeout(go, PATIENCE_MS, null));
    void Promise.race([this.record(), patience]).then((receipt) => {
      if (field) field.value = receipt ?? "";
      if (!host.isConnected) return;
      this.#passing = true;
      try {
        host.requestSubmit(event.submitter?.isConnected ? event.submitter : null);
      } finally {
        this.#passing = false;
      }
    });
  }

  #tell(name: string, more: object): void {
    const detail = { site: this.dataset.site, ...more };
    this.dispatchEvent(new CustomEvent(`ileti:${name}`, { bubbles: true, composed: true, detail }));
  }
}

function paragraph(part: string): HTMLElement {
  const text = part.trim();
  return text.startsWith("## ") ? h("p.heading", {}, h("b", {}, text.slice(3))) : h("p", {}, text);
}

/** Registers the element once; a second bundle on the same page changes nothing. */
export function define(tag = "ileti-notice"): void {
  if (!customElements.get(tag)) customElements.define(tag, IletiNotice);
}
