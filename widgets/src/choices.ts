/**
 * What the person ticked, and when: the only truth about consent inside the widget.
 *
 * R-12 wants an active statement. A checkbox's `checked` can be set by autofill, by a page restored
 * from the browser's cache, or by a script of the host. So the boxes on the screen follow this
 * object and never the other way round, and it changes only by a click that the browser itself
 * reports as the person's (`isTrusted`).
 */
import type { Channel, Choice, NoticeSeen, PrivacyChoice } from "./types";

/** A channel's box, the notice's, or that of an explicit consent by its document. */
export type Box = Channel | "NOTICE" | number;

export class Choices {
  readonly #times = new Map<Box, string>();
  /** Whether the person opened the notice; that is no choice and outlives a cleared form. */
  opened = false;

  /** Takes a person's click on `box`; an untrusted event changes nothing. Returns the new state. */
  act(box: Box, ticked: boolean, trusted: boolean, now: string): boolean {
    if (trusted) {
      if (ticked) this.#times.set(box, now);
      else this.#times.delete(box);
    }
    return this.#times.has(box);
  }

  has(box: Box): boolean {
    return this.#times.has(box);
  }

  clear(): void {
    this.#times.clear();
  }

  /** True when no box of a consent is ticked; the notice is no consent. */
  get none(): boolean {
    return this.#times.size === +this.has("NOTICE");
  }

  /** Consents in the order of `channels`; an empty box is no refusal and is not sent. */
  consents(channels: readonly Channel[] = ["MESAJ", "ARAMA", "EPOSTA"]): Choice[] {
    return channels.flatMap((channel) => {
      const at = this.#times.get(channel);
      return at ? [{ channel, status: "ONAY" as const, at }] : [];
    });
  }

  /** Explicit consents; which of them was on show the server knows. */
  privacy(): PrivacyChoice[] {
    return [...this.#times].flatMap(([document, at]) => (typeof document === "number" ? [{ document, at }] : []));
  }

  /** How far the notice was shown, and when it was marked as read. */
  notice(): NoticeSeen {
    return { at: this.#times.get("NOTICE") ?? null, extent: this.opened ? "opened" : "linked" };
  }
}
