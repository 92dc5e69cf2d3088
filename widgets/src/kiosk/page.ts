/**
 * A kiosk's page between two networks: it takes along what it needs, goes on without, and brings back.
 *
 * `static/js/kiosk.js` owns the screen and asks here (`kiosk:away`) when the server gives no answer.
 * A line at the top says how it stands: no network, and how many choices wait. Where a choice could not
 * be kept safely, none is taken, and the sentence says why.
 */
import { h } from "../dom";
import type { Language } from "../types";
import { type Anchor, type Seen, Watch } from "./clock";
import { alone, deliver } from "./deliver";
import { drawForm, type Given } from "./form";
import { ended, moving, type Stop, whyStop, whyWarn } from "./limits";
import { freshName, seal } from "./seal";
import { openStore, room, type Store } from "./store";
import type { Pack, Waiting } from "./types";

const EVERY_MS = 60_000;
const AFRESH_MS = 600_000;
const SYNC = "ileti-kiosk";

/** Said before any pack came. */
const FIRST: Record<Language, Partial<Record<string, string>>> = {
  tr: { offline: "Ağ yok", stopNoPack: "Bu cihaz ağsız çalışmaya hazır değil. Önce bir kez ağa bağlanın.",
    stopBrowser: "Bu tarayıcı seçimleri ağ olmadan güvenle saklayamaz. Ağ gelince yeniden deneyin.", finish: "Bitir" },
  en: { offline: "No network", stopNoPack: "This device is not ready to work without network. Connect it once first.",
    stopBrowser: "This browser cannot keep choices safely without network. Try again when the network is back.", finish: "Finish" },
};

class Kiosk {
  readonly #path: string;
  readonly #courier: boolean;
  readonly #watch = new Watch(freshName());
  readonly #line = h("p.unseen", { role: "status", id: "kiosk-state" });
  #store: Store | null = null;
  #pack: Pack | null = null;
  #anchor: Anchor | null = null;
  #seen: Seen | null = null;
  #away = !navigator.onLine;
  #sending = false;
  #tried = 0;

  constructor(path: string, courier: boolean) {
    this.#path = path;
    this.#courier = courier;
  }

  async start(): Promise<void> {
    document.addEventListener("kiosk:away", (event) => this.#took(event as CustomEvent<{ url: string }>));
    document.querySelector("main")?.before(this.#line);
    try {
      if (!crypto.subtle || !("serviceWorker" in navigator)) throw new Error();
      this.#store = await openStore(this.#path);
      [this.#pack, this.#anchor, this.#seen] = [await this.#store.pack(), await this.#store.anchor(), await this.#store.seen()];
    } catch {
      this.#store = null;
    }
    if (this.#store && !this.#courier) {
      navigator.serviceWorker.register("/q/sw.js", { scope: this.#path }).catch(() => undefined);
      navigator.storage?.persist?.().catch(() => undefined);
    }
    addEventListener("online", () => void this.#contact(true));
    addEventListener("offline", () => { this.#away = true; void this.#tell(); });
    setInterval(() => void this.#contact(false), EVERY_MS);
    new MutationObserver(() => void this.#tell()).observe(document.documentElement, { attributeFilter: ["lang"] });
    await this.#tell();
    await this.#contact(true);
  }

  get #lang(): Language {
    return document.documentElement.lang === "en" ? "en" : "tr";
  }

  #word(name: string): string {
    return this.#pack?.words[this.#lang][name] ?? FIRST[this.#lang][name] ?? "";
  }

  #now(): number {
    return this.#anchor ? this.#watch.stamp(this.#anchor).t : Date.now();
  }

  // -- the line at the top ------------------------------------------------------------------------

  async #tell(): Promise<void> {
    const items = await this.#waiting();
    const waiting = moving(items).length;
    const stuck = items.length - waiting;
    const parts: string[] = [];
    const count = (name: string, n: number): string => this.#word(name).replace("{n}", `${n}`);
    if (this.#away) parts.push(`${this.#word("offline")}: ${waiting ? count("waiting", waiting) : this.#word("none")}`);
    else if (waiting) parts.push(this.#sending ? `${this.#word("sending")}: ${count("waiting", waiting)}` : count("waiting", waiting));
    if (stuck) parts.push(count("stuck", stuck));
    const warn = this.#pack && whyWarn(this.#pack, items, this.#now());
    if (warn !== null) parts.push(this.#word("warn").replace("{h}", `${warn}`));
    this.#line.className = parts.length ? `notice${stuck > 0 || warn !== null ? " bad" : ""}` : "unseen";
    this.#line.textContent = parts.join(". ");
  }

  async #waiting(): Promise<Waiting[]> {
    try {
      return (await this.#store?.items()) ?? [];
    } catch {
      return [];
    }
  }

  // -- with network -------------------------------------------------------------------------------

  async #contact(again: boolean): Promise<void> {
    const store = this.#store;
    if (!store || this.#sending) return;
    this.#sending = true;
    try {
      await this.#look();
      if ((await this.#waiting()).length) await this.#tell();
      const done = await alone(this.#path, () => deliver(store, this.#path, again));
      if (done?.contact) await this.#heard(done.contact);
      await this.#takeAlong(again || this.#away || done?.stopped === "over");
      this.#away = false;
    } catch {
      this.#away = true;
    }
    this.#sending = false;
    await this.#tell();
  }

  /** The pack anew: now and then, and whenever the network is back. */
  async #takeAlong(now: boolean): Promise<void> {
    if (this.#courier || (!now && Date.now() - this.#tried < AFRESH_MS)) return;
    const answer = await fetch(`${this.#path}/pack.json`, { cache: "no-store", credentials: "omit", signal: AbortSignal.timeout(10_000) });
    if (answer.status >= 500) throw new Error();
    if (answer.status === 404 || answer.status === 410) return this.#forget();
    if (!answer.ok) return;
    this.#pack = (await answer.json()) as Pack;
    this.#tried = Date.now();
    await this.#store?.keep("pack", this.#pack);
    await this.#heard(this.#pack);
  }

  /** The page is no more: nothing is taken on it from now on, and its texts are forgotten. */
  async #forget(): Promise<void> {
    if (!this.#pack || this.#pack.ended) return;
    this.#pack = ended(this.#pack);
    await this.#store?.keep("pack", this.#pack);
  }

  /** How the clock went. With nothing left that was taken before, it is counted anew. */
  async #look(anew = false): Promise<void> {
    const items = anew ? await this.#waiting() : [];
    const fresh = anew && !moving(items).length;
    this.#seen = this.#watch.look(this.#seen);
    if (fresh) this.#seen.back = 0;
    await this.#store?.keep("seen", this.#seen);
  }

  async #heard(contact: { now: number; time: string }): Promise<void> {
    this.#anchor = this.#watch.anchor({ now: contact.now, time: contact.time });
    await this.#store?.keep("anchor", this.#anchor);
    await this.#look(true);
  }

  // -- without ------------------------------------------------------------------------------------

  #took(event: CustomEvent<{ url: string }>): void {
    this.#away = true;
    void this.#tell();
    if (!event.detail.url.includes("/f/")) return;
    event.preventDefault();
    void this.#open();
  }

  async #open(): Promise<void> {
    const pack = this.#pack;
    const form = pack?.forms[this.#lang] ?? pack?.forms.tr ?? pack?.forms.en;
    const stop = await this.#stop();
    if (stop || !pack || !form || !this.#anchor) return this.#show(...this.#refusal(stop ?? "stopNoPack"));
    const start = document.body.dataset.start ?? this.#path;
    this.#show(...drawForm({
      form, words: pack.words[this.#lang], start,
      dealer: this.#word("dealer").replace("{brand}", form.provider.brand).replace("{dealer}", pack.dealer), watch: this.#watch, anchor: this.#anchor,
      keep: (given) => this.#keep(pack, given),
      dialog: (label, ...inside) => this.#dialog(label, ...inside),
    }));
  }

  async #stop(): Promise<Stop | null> {
    if (!this.#store) return "stopBrowser";
    try {
      return whyStop(this.#pack, await this.#store.items(), this.#now(), await room());
    } catch {
      return "stopBrowser";
    }
  }

  async #keep(pack: Pack, { said, chosen }: Given): Promise<void> {
    const id = freshName();
    if (said) {
      if (!this.#store || (await this.#stop())) throw new Error();
      await this.#look();
      await this.#store.put({ ...(await seal(pack, JSON.stringify(said), id)), at: this.#now() });
      this.#askForSync();
    }
    const done = chosen ? "done" : "doneNone";
    this.#show(
      h("div", {}, h("h1", {}, this.#word(done)), h("p.lead", {}, this.#word(`${done}Lead`))),
      said && chosen ? h("section.card", {}, h("p", {}, `${this.#word("doneNumber")}: `, h("strong", {}, id.slice(0, 8).toUpperCase()))) : null,
      this.#end());
    await this.#tell();
    if (navigator.onLine) void this.#contact(false);
  }

  #askForSync(): void {
    navigator.serviceWorker.ready
      .then((one) => (one as unknown as { sync?: { register(tag: string): Promise<void> } }).sync?.register(SYNC))
      .catch(() => undefined);
  }

  #refusal(stop: Stop): Node[] {
    return [h("h1", {}, this.#word("offline")), h("p.notice.bad", { role: "alert" }, this.#word(stop)), this.#end()];
  }

  #end(): HTMLElement {
    return h("a.button", { href: document.body.dataset.start ?? this.#path, "data-end": true }, this.#word("finish"));
  }

  #show(...nodes: (Node | null)[]): void {
    const main = document.querySelector("main");
    main?.replaceChildren(...nodes.filter((node) => node !== null));
    main?.focus();
    window.scrollTo(0, 0);
  }

  #dialog(label: string, ...inside: Node[]): void {
    const made = h("dialog", { "aria-label": label }, ...inside);
    const close = h("button.button", { type: "button", onclick: () => made.close() }, this.#word("close"));
    made.append(h("div.stay", {}, close));
    made.addEventListener("close", () => made.remove());
    document.body.append(made);
    made.showModal();
  }
}

export async function start(): Promise<void> {
  const { start: from, courier } = document.body.dataset;
  const path = courier ?? from?.split("?")[0];
  if (path) await new Kiosk(path, courier !== undefined).start();
}
