/**
 * The preference centre's calls. No cookie travels; the session is in the body and in the
 * page's memory, so that a reload, another tab and the host's storage never have it.
 */
import type { Answer, Language, Line, Now, Problem, Waiting } from "./types";

const TIMEOUT_MS = 12_000;

export class Client {
  readonly #place: string;

  constructor(
    readonly base: string,
    site: string,
    readonly lang: Language,
  ) {
    this.#place = `${base}/w/v1/${site}/preferences/`;
  }

  codes(address: string): Promise<Answer<Waiting>> {
    return this.#call("codes", { address });
  }

  enter(waiting: string, code: string, session: string): Promise<Answer<Now>> {
    return this.#call("sessions", { waiting, code, session });
  }

  act(session: string, act: string, name: string): Promise<Answer<Now>> {
    return this.#call("acts", { session, act, name });
  }

  history(session: string, before: string): Promise<Answer<{ lines: Line[]; older: string | null }>> {
    return this.#call("history", { session, before });
  }

  receipt(session: string, receipt: string): Promise<Answer<object>> {
    return this.#call("receipts", { session, receipt });
  }

  leave(session: string): Promise<Answer<{ said: string }>> {
    return this.#call("leave", { session });
  }

  async #call<T>(path: string, body: object): Promise<Answer<T>> {
    try {
      const answer = await fetch(this.#place + path, {
        method: "POST",
        credentials: "omit",
        signal: AbortSignal.timeout(TIMEOUT_MS),
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ ...body, lang: this.lang }),
      });
      if (answer.ok) return { ok: true, data: (await answer.json()) as T };
      const problem = (await answer.json().catch(() => ({}))) as Problem;
      const retryAfter = Number(answer.headers.get("Retry-After")) || 0;
      return { ok: false, problem: { ...problem, status: answer.status, retryAfter } };
    } catch {
      return { ok: false, problem: { status: 0, retryAfter: 0 } };
    }
  }
}
