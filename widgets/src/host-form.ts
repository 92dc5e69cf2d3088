/**
 * Listens to a form the site already has, and never stands in its way.
 *
 * Consent is no condition of anything. So by default the host's submit is only watched. With
 * `data-hold` the page asks us to keep it open for the code step: then the submit waits, a way on is
 * always on the screen, and any fault of ours lets it go.
 */
import type { Field, Person } from "./types";

/** What a submit of the host means to us: ours too, not ours, or one of ours is still travelling. */
export type Wish = "send" | "pass" | "wait";

interface Options {
  /** Where the host's form lives: the document, or the shadow root the widget is in. */
  root: Document | ShadowRoot;
  /** CSS selector of the host's form. */
  form: string;
  /** CSS selectors of its fields, looked up inside the form. */
  fields: Record<Field, string>;
  hold: boolean;
  wish: () => Wish;
  send: () => Promise<void>;
}

export interface HostForm {
  form(): HTMLFormElement | null;
  /** True while a submit of the host waits for us. */
  holding(): boolean;
  /** True when the host's form has this field. */
  has(field: Field): boolean;
  /** What the person typed in the host's own fields. */
  typed(): Person;
  /** Lets a held submit go on as the person made it; without one it does nothing. */
  release(): void;
  /** Forgets a held submit: the person went back and will press the host's button again. */
  forget(): void;
  stop(): void;
}

export function hostForm({ root, form: selector, fields, hold, wish, send }: Options): HostForm {
  let held: SubmitEvent | null = null;
  let passing = false;

  const form = (): HTMLFormElement | null => root.querySelector<HTMLFormElement>(selector);
  const input = (field: Field): HTMLInputElement | null =>
    form()?.querySelector<HTMLInputElement>(fields[field]) ?? null;

  function typed(): Person {
    const person: Person = {};
    for (const field of ["name", "phone", "email"] as const) {
      const value = input(field)?.value;
      if (value) person[field] = value;
    }
    return person;
  }

  function forget(): void {
    held = null;
  }

  function release(): void {
    const event = held;
    forget();
    const host = event?.target as HTMLFormElement | undefined;
    if (!host?.isConnected) return;
    passing = true;
    try {
      host.requestSubmit(event?.submitter?.isConnected ? event.submitter : null);
    } finally {
      passing = false;
    }
  }

  function watch(event: Event): void {
    if (passing || event.target !== form()) return;
    // The second half of a double click belongs to the first, even when the answer was quicker.
    const doubled = held && event.timeStamp - held.timeStamp < 1000;
    const what = doubled ? "wait" : wish();
    if (what === "pass") return forget();
    if (hold) {
      event.preventDefault();
      event.stopImmediatePropagation();
      if (what === "send") held = event as SubmitEvent;
    }
    if (what === "send") send().catch(release);
  }

  // Capture: a held submit must not reach the host's own handlers before it is let go.
  root.addEventListener("submit", watch, true);

  function stop(): void {
    root.removeEventListener("submit", watch, true);
    release();
  }

  return { form, holding: () => !!held, has: (field) => !!input(field), typed, release, forget, stop };
}
