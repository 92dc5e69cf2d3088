/**
 * Says that nothing was saved, why, and what happens next; it never takes the place of the form,
 * because what was typed and ticked must stay in sight.
 */
import { h, icon } from "../dom";
import { duration } from "../format";
import type { Language, Problem } from "../types";
import * as W from "../words";
import { link } from "./parts";

/** The sentence for a problem. A server's own words win only where it explains a refusal. */
export function sentenceFor({ status, detail }: Problem, say: W.Say): string {
  if (!status) return say(W.failLost);
  if (status === 403 || status === 404) return say(W.noForm);
  return (status < 500 && detail) || say(W.failServer);
}

/** True when the same post may succeed later by itself. */
export const mayRecover = ({ status }: Problem): boolean => !status || status === 429 || status >= 500;

export interface Failure {
  node: HTMLElement;
  /** Redraws the wait, in whole seconds. */
  wait: (seconds: number) => void;
}

export function failureView(problem: Problem, say: W.Say, lang: Language, again: () => void): Failure {
  const left = h("p.m", { "aria-live": "off" });
  const node = h(
    "div.well.failure",
    {},
    icon("info"),
    h(
      "div",
      {},
      h("p", {}, h("b", {}, say(W.failTitle))),
      h("p.m", {}, sentenceFor(problem, say)),
      left,
      link(say(W.again), again),
    ),
  );
  return { node, wait: (seconds) => left.replaceChildren(say(W.retryIn, duration(seconds, lang))) };
}
