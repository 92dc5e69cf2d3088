/**
 * The widget's four calls.
 *
 * No cookie travels (`credentials: "omit"`, R-67) and no call goes anywhere but to the İleti server
 * that the page named. Every call ends: a server that hangs is the same as one that is away.
 */
import type { Address, CodeSent, FormText, Language, NoticeForm, Problem, Receipt, Submission } from "./types";

let ahead = 0;

/**
 * The present moment by the server's clock, which comes with every form: a visitor's own may be
 * wrong by hours, and no tick counts that is older than the form it stands on.
 */
export const serverNow = (): string => new Date(Date.now() + ahead).toISOString();

const TIMEOUT_MS = 12_000;

export type Answer<T> = { ok: true; data: T } | { ok: false; problem: Problem };

export class Client {
  readonly #place: string;
  /** The hosted receipt of a submission, from which an address is verified afterwards. */
  readonly page: (handle: string) => string;

  /** `base` is the server's address without a slash at the end; `site` the public site key. */
  constructor(base: string, site: string) {
    this.#place = `${base}/w/v1/${site}/`;
    this.page = (handle) => `${base}/f/${site}/receipt?h=${handle}`;
  }

  /** In a language; with `&form=` and the token of the form that is being renewed, what was ticked goes on counting. */
  form(lang: Language | `${Language}&form=${string}`): Promise<Answer<FormText>> {
    return this.#call(`form?lang=${lang}`);
  }

  notice(lang: Language): Promise<Answer<NoticeForm>> {
    return this.#call(`notice?lang=${lang}`);
  }

  submit(body: Submission, key: string): Promise<Answer<Receipt>> {
    return this.#call("submissions", { ...body, key });
  }

  confirm(handle: string, codes: { to: Address; code: string }[]): Promise<Answer<Receipt>> {
    return this.#call("confirmations", { handle, codes });
  }

  sendCode(handle: string, to: Address): Promise<Answer<Pick<CodeSent, "expiresIn">>> {
    return this.#call("codes", { handle, to });
  }

  async #call<T>(path: string, body?: object): Promise<Answer<T>> {
    try {
      const answer = await fetch(this.#place + path, {
        credentials: "omit",
        // A bound form may leave the page at once; the browser still finishes the post.
        keepalive: !!body,
        signal: AbortSignal.timeout(TIMEOUT_MS),
        ...(body && {
          method: "POST",
          headers: { "Content-Type": "application/json" },
          body: JSON.stringify(body),
        }),
      });
      if (answer.ok) {
        const data = await answer.json();
        ahead = data.now - Date.now() || ahead; // only a form tells the time
        return { ok: true, data };
      }
      const problem = (await answer.json().catch(() => ({}))) as Problem;
      return { ok: false, problem: {
        ...problem, status: answer.status, retryAfter: Number(answer.headers.get("Retry-After")) || 0,
      } };
    } catch {
      return { ok: false, problem: { status: 0, retryAfter: 0 } };
    }
  }
}
