/**
 * One walk of a person through form, code and receipt.
 *
 * The flow decides what comes next; it neither draws (views) nor knows what was ticked (`Choices`).
 * A new site, language or host form is a new flow, and a stopped one says nothing any more, so that
 * a late answer can never be shown beside a text it does not belong to. It is a closure, not a
 * class: nothing in it is reachable from the page, and it weighs less.
 */
import type { Choices } from "./choices";
import { serverNow, type Answer, type Client } from "./client";
import { h } from "./dom";
import type { HostForm, Wish } from "./host-form";
import { addressOf, compose, freshKey, missingFields, print, retryDelay, sameText } from "./submission";
import type { Field, FormText, Language, Person, Problem, Receipt, Submission } from "./types";
import { codeView, type CodeView } from "./views/code";
import { failureView, mayRecover, sentenceFor } from "./views/failure";
import { formView, type FormView } from "./views/form";
import { link } from "./views/parts";
import { receiptView } from "./views/receipt";
import * as W from "./words";

const FIELDS: readonly Field[] = ["phone", "email", "name"];
/** After these the person decides; the button stays. */
const AUTOMATIC_TRIES = 5;
/** Longer than `FORM_LEAST_SECONDS` of the server. */
const LEAST_MS = 1500;

/** What the element gives its flow. */
export interface Stage {
  client: Client;
  choices: Choices;
  lang: Language;
  vouch: string | undefined;
  show(node: HTMLElement, focus?: string): void;
  announce(text: string): void;
  tell(name: string, detail: object): void;
  /** Hands the receipt number to the host's form. */
  keep(receipt: string): void;
}

export interface Flow {
  /** Fetches the form and draws it empty. A form that does not come leaves the page untouched. */
  start(host: HostForm | null): Promise<void>;
  stop(): void;
  /** Empties all boxes: the host's form was reset, or the page came back from the cache. */
  clear(): void;
  /** What a submit of the host's form is to us now. */
  wish(): Wish;
  /** Sends what is ticked, once; a second press while it travels does nothing. */
  submit(): Promise<void>;
}

export function flow(stage: Stage): Flow {
  const { client, choices, lang } = stage;
  const say = W.speaker(lang);
  let host: HostForm | null = null;
  let form: FormText;
  let view: FormView | null = null;
  let codes: CodeView | null = null;
  let shownAt: string;
  let sent: Submission | undefined;
  let key = "";
  let sending = false;
  let stopped = false;
  let tries = 0;
  let timer: ReturnType<typeof setInterval> | undefined;

  const empty = (): boolean => choices.none && !choices.has("NOTICE");

  async function start(bound: HostForm | null): Promise<void> {
    host = bound;
    const answer = await ask(() => client.form(lang));
    if (answer?.ok) draw(answer.data);
    else if (answer) {
      stage.show(h("p.row.absent", {}, say(W.noForm), link(say(W.again), () => void start(bound))));
      failed("form", answer.problem);
    }
  }

  function stop(): void {
    stopped = true;
    clearInterval(timer);
    codes?.stop();
    host?.stop();
  }

  function clear(): void {
    choices.clear();
    view?.sync();
  }

  function wish(): Wish {
    if (sending) return "wait";
    return view?.node.isConnected && !empty() ? "send" : "pass";
  }

  function draw(text: FormText): void {
    form = text;
    shownAt = serverNow();
    const used = (field: Field): unknown =>
      field === "name" || text.privacy || text.channels.some((line) => addressOf(line.channel) === field);
    const own = FIELDS.filter((field) => text.fields.includes(field) && used(field) && !host?.has(field));
    view = formView({ form, say, choices, own, bound: !!host, submit: () => void submit() });
    stage.show(view.node);
    const channels = text.channels.map((line) => line.channel);
    stage.tell("ready", { lang: text.lang, policy: text.policy, channels });
  }

  function person(): Person {
    const typed: Person = host?.typed() ?? {};
    for (const field of FIELDS) {
      const own = view?.inputs.get(field);
      if (own) typed[field] = own.value;
    }
    return typed;
  }

  async function submit(): Promise<void> {
    if (!view || sending) return;
    clearInterval(timer);
    view.sync();
    if (empty()) return done(null);
    const missing = missingFields(choices, form, person());
    if (!missing.length) return post(view);
    fault(view, missing.map((field) => [field, say(W.missing[field])]));
    stage.tell("error", { during: "fields", status: 0, fields: missing });
  }

  async function post(view: FormView): Promise<void> {
    const now = compose(form, choices, person(), shownAt, view.trapped(), stage.vouch);
    for (const { key } of form.extra ?? []) {
      const input = view.inputs.get(`fields.${key}`) as HTMLSelectElement;
      const said = input.multiple ? [...input.selectedOptions].map((one) => one.value) : input.value;
      if (said.length) (now.fields ??= {})[key] = said;
    }
    // The same act goes out as it went before: its answer may only have been lost.
    if (!key || !sent || print(sent) !== print(now)) {
      sent = now;
      key = freshKey();
    }
    const body = sent;
    fault(view, []);
    const answer = await ask(() => client.submit(body, key));
    if (!answer) return;
    if (answer.ok) {
      tries = 0;
      view.alert();
      stage.keep(answer.data.receipt);
      return next("submitted", answer.data);
    }
    const { problem } = answer;
    if (problem.status === 410) return renew(view);
    if (problem.status === 409) key = "";
    failed("submission", problem);
    if (problem.status === 422 && problem.errors?.length) {
      fault(view, problem.errors.map((error) => [error.field, error.message]));
    } else fail(view, problem);
  }

  /** A stale token: the same words are sent again by themselves, other words are shown anew. */
  async function renew(old: FormView): Promise<void> {
    const answer = await ask(() => client.form(`${lang}&form=${form.token}`));
    if (!answer) return;
    if (!answer.ok) return fail(old, answer.problem);
    if (sameText(form, answer.data) && (tries += 1) <= AUTOMATIC_TRIES) {
      form = answer.data;
      // A form that comes back at once was filled by no person, and the server takes it so.
      busy(true);
      await new Promise((go) => setTimeout(go, LEAST_MS));
      return stopped ? undefined : post(old);
    }
    choices.clear();
    draw(answer.data);
    for (const [name, { value }] of old.inputs) {
      const input = view?.inputs.get(name);
      if (input && value) input.value = value;
    }
    if (view) alert(view, h("p.well", {}, say(W.textChanged)));
  }

  function fault(view: FormView, faults: [string, string][]): void {
    alert(view, ...view.fault(faults));
  }

  /** Shows the failure beside what was typed, and tries the same post again by itself. */
  function fail(view: FormView, problem: Problem): void {
    const again = (): void => {
      tries = 0;
      void submit();
    };
    const failure = failureView(problem, say, lang, again);
    alert(view, failure.node);
    tries += 1;
    if (!mayRecover(problem) || tries > AUTOMATIC_TRIES) return;
    let seconds = retryDelay(tries, problem.retryAfter);
    failure.wait(seconds);
    timer = setInterval(() => {
      seconds -= 1;
      failure.wait(seconds);
      if (seconds <= 0) void submit();
    }, 1000);
  }

  /** Shows notices; while a host form waits for us, also the way on without consent. */
  function alert(view: FormView, ...nodes: Node[]): void {
    const goOn = (): void => {
      clearInterval(timer);
      clear();
      view.alert();
      host?.release();
    };
    view.alert(...nodes, ...(host?.holding() ? [link(say(W.goOn), goOn)] : []));
  }

  function next(event: string, receipt: Receipt): void {
    const { state, items } = receipt;
    stage.tell(event, { receipt: receipt.receipt, state, items });
    if (state === "code_sent" && receipt.codes?.length) askCodes(receipt);
    else done(receipt);
  }

  function askCodes(receipt: Receipt): void {
    codes?.stop();
    const step = codeView({
      codes: receipt.codes ?? [],
      say,
      lang,
      announce: stage.announce,
      later: () => done(receipt),
      back,
      confirm: async (typed) => {
        if (sending) return;
        step.alert();
        const answer = await ask(() => client.confirm(receipt.handle, typed));
        if (answer?.ok) next("confirmed", { ...receipt, ...answer.data });
        else if (answer) {
          failed("confirmation", answer.problem);
          step.fail(answer.problem.errors, sentenceFor(answer.problem, say));
        }
      },
      resend: async (to) => {
        const answer = await client.sendCode(receipt.handle, to);
        if (answer.ok) return answer.data.expiresIn;
        step.fail([], sentenceFor(answer.problem, say));
        return -answer.problem.retryAfter;
      },
    });
    codes = step;
    stage.show(step.node, "input");
  }

  /** Back to the form, as it was left; a held host form is pressed anew. */
  function back(): void {
    codes?.stop();
    codes = null;
    host?.forget();
    if (view) stage.show(view.node, "input");
  }

  /** Shows the receipt. A host that waits only for the answer is let go at once. */
  function done(receipt: Receipt | null): void {
    codes?.stop();
    const finish = host?.holding() && codes ? host.release : null;
    const verify = receipt && receipt.state !== "recorded" ? client.page(receipt.handle) : null;
    stage.show(receiptView({ form, receipt, sent, say, finish, verify }), "h2");
    if (!receipt) stage.tell("submitted", { receipt, state: "none", items: [] });
    if (!codes) host?.release();
    codes = null;
  }

  /** One call at a time, with the button saying so; nothing comes back to a stopped flow. */
  async function ask<T>(call: () => Promise<Answer<T>>): Promise<Answer<T> | null> {
    busy(true);
    const answer = await call();
    busy(false);
    return stopped ? null : answer;
  }

  function busy(on: boolean): void {
    sending = on;
    view?.busy(on);
    codes?.busy(on);
    stage.announce(on && view ? say(W.saving) : "");
  }

  function failed(during: string, { status, errors }: Problem): void {
    stage.tell("error", { during, status, fields: errors?.map((error) => error.field) ?? [] });
  }

  return { start, stop, clear, wish, submit };
}
