/**
 * The words widget and server share.
 *
 * They stand in one file so that a change of the HTTP contract is one diff to read. Unknown keys
 * of an answer are ignored: a newer server must not break a widget that a shop has pinned by SRI.
 */

export type Channel = "ARAMA" | "MESAJ" | "EPOSTA";
export type Language = "tr" | "en";
export type Field = "name" | "phone" | "email";
export type Address = "phone" | "email";

/** One consent box: its channel and the sentence the person accepts by ticking it. */
export interface ChannelText {
  channel: Channel;
  strong: string;
  text: string;
}

export interface NoticeText {
  before: string;
  link: string;
  after: string;
  url: string;
  ack: string;
}

/** One explicit consent (KVKK): its statement and what follows it in the published text. */
export interface PrivacyText {
  document: number;
  title: string;
  text: string;
  more: string;
}

/** What else the form asks; a value goes out by its key, and what it may be the server says. */
export interface ExtraField {
  key: string;
  kind: string;
  label: string;
  hint: string;
  choices?: { key: string; label: string }[];
}

/** Answer of `GET …/form`. The token binds the very texts in it; they are shown unchanged. */
export interface FormText {
  token: string;
  /** The server's clock when it answered (ms). */
  now?: number;
  lang: Language;
  policy: "code" | "signed" | "later";
  provider: { title: string; brand: string };
  fields: Field[];
  heading: string;
  intro: string;
  channels: ChannelText[];
  free: string;
  privacy: { heading: string; free: string; told: string; texts: PrivacyText[] } | null;
  notice: NoticeText | null;
  extra?: ExtraField[];
  /** Single words of the receipt in the form's language, by channel, status, outcome or what they say. */
  words: Record<string, string>;
}

/** Answer of `GET …/notice`: the notice in layers, with its whole text, for a form without consents. */
export interface NoticeForm {
  token: string;
  now?: number;
  lang: Language;
  notice: NoticeText & { open: string; page: string; title: string; body: string };
}

export type Person = Partial<Record<Field, string>>;

export interface Choice {
  channel: Channel;
  status: "ONAY";
  /** ISO time of the person's own act on this box. */
  at: string;
}

export interface PrivacyChoice {
  document: number;
  at: string;
}

export interface NoticeSeen {
  at: string | null;
  extent: "linked" | "opened" | "to_the_end";
}

/** Body of `POST …/submissions`, without the idempotency key. */
export interface Submission extends Person {
  token: string;
  choices: Choice[];
  privacy: PrivacyChoice[];
  notice: NoticeSeen | null;
  shownAt: string;
  website: string;
  vouch?: string;
  fields?: Record<string, string | string[]>;
}

export type Outcome = "RECORDED" | "UNVERIFIED" | "UNCHANGED" | "OUTDATED" | "LOCAL_ONLY";

export interface CodeSent {
  to: Address;
  masked: string;
  /** Seconds the code lives. */
  expiresIn: number;
}

export interface Receipt {
  receipt: string;
  state: "recorded" | "code_sent" | "unverified";
  handle: string;
  issuedAt: string;
  signature: string;
  items: { channel: Channel; status: "ONAY" | "RET"; outcome: Outcome }[];
  codes?: CodeSent[];
}

export interface FieldError {
  field: string;
  code: string;
  message: string;
  triesLeft?: number;
}

/** `application/problem+json`. Status 0 stands for an answer that never came. */
export interface Problem {
  status: number;
  title?: string;
  detail?: string;
  errors?: FieldError[];
  /** Seconds from `Retry-After`, 0 when absent. */
  retryAfter: number;
}
