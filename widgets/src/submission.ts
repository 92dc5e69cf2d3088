/**
 * Puts a submission together and says what is still missing.
 *
 * Pure, so that the rules can be read and tested without a browser: nothing is needed while no box
 * is ticked; a name is needed for a consent; an address is needed only for the
 * channel that uses it, and an explicit consent alone needs one, whichever the person typed.
 */
import type { Choices } from "./choices";
import type { Address, Channel, Field, FormText, Person, Submission } from "./types";

/** The address a channel goes to. */
export const addressOf = (channel: Channel): Address => (channel === "EPOSTA" ? "email" : "phone");

/** Fields the ticked boxes need: none ticked, none needed. */
export function neededFields(choices: Choices, form: FormText, person: Person): Field[] {
  const ticked = choices.consents().map((choice) => addressOf(choice.channel));
  if (!ticked.length && choices.privacy().length) {
    const phone = form.fields.includes("phone") && (person.phone?.trim() || !person.email?.trim());
    ticked.push(phone ? "phone" : "email");
  }
  return ticked.length ? ["name", ...new Set(ticked)] : [];
}

/**
 * Needed fields that are still empty, in the order they stand on the screen. What a valid phone or
 * e-mail is, only the server says: one rule, one place.
 */
export function missingFields(choices: Choices, form: FormText, person: Person): Field[] {
  const needed = neededFields(choices, form, person);
  const order: Field[] = ["phone", "email", "name"];
  return order.filter((field) => needed.includes(field) && !person[field]?.trim());
}

/** The body of the post. Only fields that a ticked box needs leave the page. */
export function compose(
  form: FormText,
  choices: Choices,
  person: Person,
  shownAt: string,
  trap: string,
  vouch?: string,
): Submission {
  const sent: Person = {};
  for (const field of neededFields(choices, form, person)) {
    const value = person[field]?.trim();
    if (value) sent[field] = value;
  }
  return {
    token: form.token,
    ...sent,
    choices: choices.consents(form.channels.map((line) => line.channel)),
    privacy: choices.privacy(),
    notice: form.notice && choices.notice(),
    shownAt,
    website: trap,
    ...(vouch ? { vouch } : {}),
  };
}

/** What makes a body another one: not that the notice was opened while it was being sent again. */
export const print = (body: Submission): string => JSON.stringify({ ...body, notice: body.notice?.at });

/** True when both forms show the same words, so that a tick on one is a tick on the other. */
export function sameText(one: FormText, other: FormText): boolean {
  const words = (form: FormText): string =>
    JSON.stringify([form.heading, form.intro, form.channels, form.free, form.privacy, form.notice, form.extra]);
  return words(one) === words(other);
}

// Not randomUUID: a shop's page without TLS has none.
export const freshKey = (): string => crypto.getRandomValues(new Uint32Array(4)).join("-");

/** Keeps one idempotency key per body: a retry is the same key, a changed body is a new one. */
export class Keys {
  #last: [string, string] | null = null;
  readonly #fresh: () => string;

  constructor(fresh = freshKey) {
    this.#fresh = fresh;
  }

  /** The key for the body of this print; the same one always gets the key it had before. */
  keyFor(print: string): string {
    if (this.#last?.[0] !== print) this.#last = [print, this.#fresh()];
    return this.#last[1];
  }
}

/** Seconds until automatic try number `attempt` (1, 2, …): doubling, at least Retry-After. */
export function retryDelay(attempt: number, retryAfter: number): number {
  return Math.min(60, Math.max(retryAfter, 2 ** attempt));
}
