/**
 * What the device keeps: sealed items, the pack and the last contact, in one IndexedDB per kiosk.
 *
 * An item counts as taken when its transaction is complete, and the browser was asked to have it on
 * the disk by then (`durability: "strict"`); it goes when the server said that it has it.
 */
import type { Anchor, Seen } from "./clock";
import type { Pack, Waiting } from "./types";

export interface Store {
  items(): Promise<Waiting[]>;
  put(item: Waiting): Promise<void>;
  remove(id: string): Promise<void>;
  keep(name: "pack" | "anchor" | "seen", value: Pack | Anchor | Seen): Promise<void>;
  pack(): Promise<Pack | null>;
  anchor(): Promise<Anchor | null>;
  seen(): Promise<Seen | null>;
}

export async function openStore(path: string): Promise<Store> {
  const base = await new Promise<IDBDatabase>((done, failed) => {
    const asked = indexedDB.open(`ileti-kiosk:${path}`, 1);
    asked.onupgradeneeded = () => {
      asked.result.createObjectStore("items", { keyPath: "id" });
      asked.result.createObjectStore("kept");
    };
    asked.onsuccess = () => done(asked.result);
    asked.onerror = asked.onblocked = () => failed(asked.error);
  });
  const write = (name: string, act: (store: IDBObjectStore) => void): Promise<void> =>
    new Promise((done, failed) => {
      const work = base.transaction(name, "readwrite", { durability: "strict" });
      work.oncomplete = () => done();
      work.onerror = work.onabort = () => failed(work.error);
      act(work.objectStore(name));
    });
  const read = <T>(name: string, act: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> =>
    new Promise((done, failed) => {
      const asked = act(base.transaction(name).objectStore(name));
      asked.onsuccess = () => done(asked.result);
      asked.onerror = () => failed(asked.error);
    });
  return {
    items: () => read<Waiting[]>("items", (store) => store.getAll()),
    put: (item) => write("items", (store) => void store.put(item)),
    remove: (id) => write("items", (store) => store.delete(id)),
    keep: (name, value) => write("kept", (store) => void store.put(value, name)),
    pack: async () => (await read<Pack | undefined>("kept", (store) => store.get("pack"))) ?? null,
    anchor: async () => (await read<Anchor | undefined>("kept", (store) => store.get("anchor"))) ?? null,
    seen: async () => (await read<Seen | undefined>("kept", (store) => store.get("seen"))) ?? null,
  };
}

/** Bytes the browser still gives us; where it does not say, there is room. */
export async function room(): Promise<number> {
  try {
    const { quota = Infinity, usage = 0 } = await navigator.storage.estimate();
    return quota - usage;
  } catch {
    return Infinity;
  }
}
