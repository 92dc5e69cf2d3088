/**
 * The words a kiosk and the server share: what the page takes along, and what it brings back.
 */
import type { FormText, Language, NoticeForm } from "../types";

export type KioskForm = FormText & { noticeText: NoticeForm["notice"] | null };

/** Our time as it was handed out, with the server's signature over it. */
export interface Contact {
  now: number;
  time: string;
}

/** Answer of `GET …/pack.json`. */
export interface Pack extends Contact {
  site: number;
  path: string;
  dealer: string;
  forms: Partial<Record<Language, KioskForm>>;
  words: Record<Language, Record<string, string>>;
  key: { number: number; public: string };
  /** Set here when the server said that the page is no more: the texts are gone, the words stay to tell what waits. */
  ended?: boolean;
  limits: { items: number; warnHours: number; stopHours: number; packHours: number };
}

/** One moment, counted steadily and by the device's clock; milliseconds on the server's clock. */
export interface Stamp {
  t: number;
  w: number;
}

/** What lies in a seal. */
export interface Said {
  form: string;
  time: string;
  offset: number;
  shown: Stamp;
  sent: Stamp;
  ticks: (Stamp & { box: string | number })[];
  notice: Stamp | null;
  extent: "linked" | "opened";
  name: string;
  phone: string;
  email: string;
}

/** One item as it goes to the server; nothing in it can be read without the server's key. */
export interface Sealed {
  id: string;
  k: number;
  e: string;
  n: string;
  c: string;
}

/** The same as it lies in the device, with what the device needs to know of it. */
export interface Waiting extends Sealed {
  /** When it was taken, on the server's clock as the device counts it. */
  at: number;
  stuck?: boolean;
}

export interface Delivered {
  sent: number;
  stuck: number;
  contact: Contact | null;
  /** Why the rest was not sent: the server wants us later, or knows no such page. All of it is still here. */
  stopped: "later" | "over" | null;
}
