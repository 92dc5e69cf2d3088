/**
 * The kiosk's service worker: lets its one page open without network, and delivers in the background.
 *
 * It answers for its own address and the files that the server named at its head, and for nothing
 * else: forms, codes and receipts always come from the server. What the server says goes first; the
 * copy is for when it says nothing. A page that has ended loses its copy.
 */
import { alone, deliver } from "./deliver";
import { openStore } from "./store";

interface Waits extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface Asks extends Waits {
  request: Request;
  respondWith(answer: Promise<Response>): void;
}
interface Worker {
  ILETI_KIOSK: { version: string; assets: string[] };
  registration: { scope: string };
  clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener(kind: "fetch", act: (event: Asks) => void): void;
  addEventListener(kind: string, act: (event: Waits & { tag?: string }) => void): void;
}

const PATIENCE_MS = 5_000;
const SYNC = "ileti-kiosk";

export function work(self: Worker): void {
  const { version, assets } = self.ILETI_KIOSK;
  const path = new URL(self.registration.scope).pathname;
  const prefix = `ileti-kiosk:${path}:`;
  const name = prefix + version;
  const pages = [path, `${path}?lang=en`];

  const keepAll = async (): Promise<void> => {
    const cache = await caches.open(name);
    await cache.addAll([...assets, ...pages]);
    await self.skipWaiting();
  };

  const forgetOld = async (): Promise<void> => {
    for (const one of await caches.keys()) {
      if (one.startsWith(prefix) && one !== name) await caches.delete(one);
    }
    await self.clients.claim();
  };

  const answer = async (request: Request, isPage: boolean): Promise<Response> => {
    const cache = await caches.open(name);
    try {
      const fresh = await fetch(request.url, {
        cache: "no-store", credentials: "same-origin", signal: AbortSignal.timeout(PATIENCE_MS),
      });
      if (fresh.status >= 500) throw new Error();
      if (fresh.ok) await cache.put(request.url, fresh.clone()).catch(() => undefined);
      else if (isPage && (fresh.status === 404 || fresh.status === 410)) {
        for (const page of pages) await cache.delete(page);
      }
      return fresh;
    } catch (error) {
      const kept = await cache.match(request.url);
      if (kept) return kept;
      throw error;
    }
  };

  /** A rejected sync is tried again by the browser, later each time. */
  const bring = async (): Promise<void> => {
    const store = await openStore(path);
    const done = await alone(path, () => deliver(store, path, false));
    if (done?.stopped === "later") throw new Error(done.stopped);
  };

  self.addEventListener("install", (event) => event.waitUntil(keepAll()));
  self.addEventListener("activate", (event) => event.waitUntil(forgetOld()));
  self.addEventListener("fetch", (event) => {
    const url = new URL(event.request.url);
    if (event.request.method !== "GET" || url.origin !== location.origin) return;
    const isPage = url.pathname === path;
    if (isPage || assets.includes(url.pathname)) event.respondWith(answer(event.request, isPage));
  });
  self.addEventListener("sync", (event) => {
    if (event.tag !== SYNC) return;
    event.waitUntil(bring());
  });
}
