/**
 * `<ileti-preferences>`: the preference centre inside a company's own page.
 *
 * It has no setting that changes a choice. Nothing is kept: the session lives in this object, and
 * leaving the page leaves the centre. The server knows from a button's signed token what it was for.
 */
import { h } from "../dom";
import { sheet } from "../styles";
import { speaker } from "../words";
import { Client } from "./client";
import { preferenceSheet } from "./styles";
import type { Answer, Language, Now, Problem, Waiting } from "./types";
import { askView, codeView, homeView, type Does, type Fault } from "./views";
import * as W from "./words";

/** The server this bundle came from; `data-api` overrides it. Set by the entry file. */
export const origin = { base: "" };

export class IletiPreferences extends HTMLElement {
  readonly #root = this.attachShadow({ mode: "open" });
  readonly #box = h("div.widget");
  #stop: (() => void) | null = null;

  connectedCallback(): void {
    if (!this.#box.isConnected) {
      this.#root.adoptedStyleSheets = [sheet(), preferenceSheet()];
      this.#root.append(this.#box);
    }
    this.#start();
  }

  disconnectedCallback(): void {
    this.#stop?.();
  }

  #start(): void {
    this.#stop?.();
    const { site = "", api } = this.dataset;
    const lang: Language = /^en/i.test(this.dataset.lang || document.documentElement.lang) ? "en" : "tr";
    this.#box.lang = lang;
    this.#stop = walk(new Client(api ?? origin.base, site, lang), {
      show: (node, focus) => {
        const had = this.#root.activeElement || document.activeElement === this;
        this.#box.replaceChildren(node);
        this.dataset.step = node.classList[1];
        if (focus && had) node.querySelector<HTMLElement>(focus)?.focus();
      },
      tell: (event, detail) =>
        this.dispatchEvent(new CustomEvent(`ileti:${event}`, { bubbles: true, composed: true, detail })),
    });
  }
}

interface Stage {
  show(node: HTMLElement, focus?: string): void;
  tell(event: string, detail: object): void;
}

/** One person's walk through it; answers how to end it. */
function walk(client: Client, stage: Stage): () => void {
  const say = speaker(client.lang);
  let now: Now | null = null;
  let waiting: Waiting | null = null;
  let busy = false;
  let stopped = false;
  let older = "";

  async function call<T>(work: () => Promise<Answer<T>>): Promise<Answer<T> | null> {
    if (busy) return null;
    busy = true;
    const answer = await work();
    busy = false;
    return stopped ? null : answer;
  }

  const told = (problem: Problem): Fault => ({
    text: problem.errors?.[0]?.message ?? problem.title ?? say(W.lost),
  });

  const ask = (one: Fault | null = null, typed = "", said = ""): void => {
    stage.show(askView(say, does, one, typed, said, !!now), one ? "input" : said ? "h2" : "input");
  };

  const home = (one: Fault | null = null): void => {
    if (!now) return ask();
    older = "";
    stage.show(homeView(say, does, client.base, now, one), one || now.said ? ".said" : "h2");
  };

  /** A session that has ended leads back to the way in; what was saved is kept. */
  function failed(problem: Problem): void {
    if (problem.status === 410 || (problem.status === 403 && !/foreign_form/.test(problem.type ?? ""))) {
      now = null;
      ask(null, "", told(problem).text);
    } else home(told(problem));
  }

  const does: Does = {
    async ask(address) {
      const answer = await call(() => client.codes(address));
      if (!answer) return;
      if (!answer.ok) return ask(told(answer.problem), address);
      waiting = answer.data;
      stage.show(codeView(say, does, null, waiting.masked), "input");
    },
    async enter(code) {
      const sent = waiting;
      if (!sent) return ask();
      const answer = await call(() => client.enter(sent.waiting, code, now?.session ?? ""));
      if (!answer) return;
      if (!answer.ok) return stage.show(codeView(say, does, told(answer.problem), sent.masked), "input");
      now = answer.data;
      waiting = null;
      stage.tell("entered", {});
      home();
    },
    add: () => ask(),
    back: () => home(),
    async act(token, name) {
      const inside = now;
      if (!inside) return;
      const answer = await call(() => client.act(inside.session, token, name));
      if (!answer) return;
      if (!answer.ok) return failed(answer.problem);
      now = answer.data;
      stage.tell("changed", {});
      home();
    },
    async more() {
      const inside = now;
      if (!inside) return;
      const answer = await call(() => client.history(inside.session, older));
      if (!answer) return;
      if (!answer.ok) return failed(answer.problem);
      const lines = answer.data.lines;
      inside.history = older ? [...inside.history, ...lines] : lines;
      inside.more = answer.data.older !== null;
      delete inside.said;
      const next = answer.data.older ?? "";
      home();
      older = next;
    },
    async receipt(number) {
      const inside = now;
      if (!inside) return;
      const answer = await call(() => client.receipt(inside.session, number));
      if (!answer) return;
      if (!answer.ok) return failed(answer.problem);
      const url = URL.createObjectURL(new Blob([JSON.stringify(answer.data)], { type: "application/json" }));
      h("a", { href: url, download: `${number}.json` }).click();
      setTimeout(() => URL.revokeObjectURL(url), 1000);
    },
    async leave() {
      const inside = now;
      if (!inside) return;
      const answer = await call(() => client.leave(inside.session));
      now = null;
      waiting = null;
      if (answer) ask(null, "", answer.ok ? answer.data.said : told(answer.problem).text);
    },
  };
  ask();
  return () => {
    stopped = true;
  };
}

/** Registers the element once; a second bundle on the same page changes nothing. */
export function define(tag = "ileti-preferences"): void {
  if (!customElements.get(tag)) customElements.define(tag, IletiPreferences);
}
