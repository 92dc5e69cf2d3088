/**
 * Seals one choice for the server alone: ephemeral ECDH on P-256, HKDF-SHA-256, AES-256-GCM.
 *
 * The ephemeral private key is never kept, so the page that made a seal cannot open it again; nor
 * can whoever carries the device away. Bound to the page, the server's key and the item's name.
 */
import type { Pack, Sealed } from "./types";

const CURVE = { name: "ECDH", namedCurve: "P-256" };

export const b64 = (raw: ArrayBuffer | Uint8Array): string =>
  btoa(String.fromCharCode(...new Uint8Array(raw))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

export const unb64 = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));

export async function seal(pack: Pick<Pack, "site" | "key">, clear: string, id: string): Promise<Sealed> {
  const { subtle } = crypto;
  const theirs = unb64(pack.key.public);
  const ours = await subtle.generateKey(CURVE, false, ["deriveBits"]);
  const point = new Uint8Array(await subtle.exportKey("raw", ours.publicKey));
  const shared = await subtle.deriveBits(
    { name: "ECDH", public: await subtle.importKey("raw", theirs, CURVE, false, []) }, ours.privateKey, 256,
  );
  const about = new TextEncoder().encode(`ileti-kiosk:${pack.site}:${pack.key.number}:${id}`);
  const salt = new Uint8Array([...point, ...theirs]);
  const key = await subtle.deriveKey(
    { name: "HKDF", hash: "SHA-256", salt, info: about },
    await subtle.importKey("raw", shared, "HKDF", false, ["deriveKey"]),
    { name: "AES-GCM", length: 256 }, false, ["encrypt"],
  );
  const nonce = crypto.getRandomValues(new Uint8Array(12));
  const cipher = await subtle.encrypt(
    { name: "AES-GCM", iv: nonce, additionalData: about }, key, new TextEncoder().encode(clear),
  );
  return { id, k: pack.key.number, e: b64(point), n: b64(nonce), c: b64(cipher) };
}

/** A name nobody else gives; the server records an item once by it. */
export const freshName = (): string => crypto.randomUUID();
