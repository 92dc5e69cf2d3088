/** What the preference centre's calls give and take (ileti/preferences/endpoints.py). */
import type { FieldError, Language } from "../types";

export type { FieldError, Language };

export interface Waiting {
  waiting: string;
  masked: string;
  expiresIn: number;
}

/** A line with its buttons: a channel of a brand. Tokens are null where there is no such button. */
export interface Row {
  channel: "MESAJ" | "ARAMA" | "EPOSTA";
  label: string;
  masked: string;
  state: "on" | "coming" | "unusable" | "off" | "unverified" | "none";
  says: string;
  facts: string[];
  merchant: string;
  text: { before: string; strong: string; rest: string } | null;
  consent: string | null;
  consent_label: string;
  refuse: string | null;
  refuse_label: string;
  /** The notice that goes before a consent, where there is a button for one. */
  notice: Told | null;
  needs_name: boolean;
  anew: Anew | null;
  /** The veiled name a consent is recorded in, empty where none is known. */
  name: string;
}

/** A text that asks or tells anew: what is said of it, and its paragraphs before and now. */
export interface Anew {
  says: string;
  title: string;
  lang: string;
  before: string;
  now: string;
  rows: { before: Piece[]; now: Piece[] }[];
  more: string;
}

export interface Piece {
  kind: "same" | "ins" | "del" | "none";
  text: string;
}

export interface Brand {
  id: number;
  name: string;
  known: boolean;
  rows: Row[];
}

export interface Told {
  before: string;
  link: string;
  after: string;
  url: string;
}

export interface Purpose {
  title: string;
  masked: string;
  brand: string;
  state: "on" | "off" | "none";
  known: boolean;
  says: string;
  facts: string[];
  text_url: string | null;
  text: string[] | null;
  notice: Told | null;
  anew: Anew | null;
  give: string | null;
  give_label: string;
  withdraw: string | null;
  withdraw_label: string;
}

export interface Notice {
  title: string;
  url: string;
  version: number;
  brand: string;
  seen_version: number | null;
  newer: boolean;
  anew: Anew | null;
  read: string | null;
  read_label: string;
}

export interface Line {
  at: string;
  what: string;
  refusal: boolean;
  masked: string;
  brand: string;
  by: string;
  became: string;
  iys: string;
  receipt: string;
}

/** A session with all that stands; `said` after an act. */
export interface Now {
  session: string;
  expiresIn: number;
  page: string;
  apply: string | null;
  mayAdd: boolean;
  addresses: { masked: string }[];
  brands: Brand[];
  purposes: Purpose[];
  notices: Notice[];
  stop: string;
  history: Line[];
  more: boolean;
  said?: string;
}

export interface Problem {
  status: number;
  retryAfter: number;
  title?: string;
  type?: string;
  errors?: FieldError[];
}

export type Answer<T> = { ok: true; data: T } | { ok: false; problem: Problem };
