// Ticket codes: what a text held up at the door claims to be, and whether its signature is right. No network, no store.
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const LONG = /^[A-Z2-7]{162}$/;
const SHORT = /^[A-HJKMNP-Z2-9]{8}$/;
const PASS = /^W[A-Z2-7]{25}$/;
const TEST = "KETNOITEST"; // on the organisers' page of devices
const ECI = /^(?:(?:\\0000(?:03|26|27|01))+|\][QC][0-9])/;
// eslint-disable-next-line no-control-regex
const BLANKS = /[\s\u0000-\u001f\u007f\u200b-\u200f\ufeff-]+/g;
const LONGEST = 400;
const BODY = 37;
const VERSION = 1;
const DOMAIN = new TextEncoder().encode("TICKET\u0001");

/** A scanned or typed text without what scanners and people add: blanks, hyphens, prefixes, small letters. */
export function normalise(text) {
  return String(text).slice(0, LONGEST).trim().replace(ECI, "").replace(BLANKS, "").toUpperCase();
}

function fromBase32(text) {
  const bytes = new Uint8Array(Math.floor((text.length * 5) / 8));
  let bits = 0;
  let held = 0;
  let place = 0;
  for (const letter of text) {
    held = (held << 5) | LETTERS.indexOf(letter);
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes[place++] = held >> bits;
      held &= (1 << bits) - 1;
    }
  }
  return held ? null : bytes; // spare bits are nought: a code is spelled in one way only
}

export function hex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function uuid(bytes) {
  return hex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** `{kind: "ticket" | "short" | "pass" | "test" | "unknown", text}`; a ticket says its key, event, body, signature. */
export function read(shown) {
  const text = normalise(shown);
  if (SHORT.test(text)) return { kind: "short", text };
  if (text === TEST) return { kind: "test", text };
  if (PASS.test(text)) return { kind: "pass", text };
  const raw = LONG.test(text) ? fromBase32(text) : null;
  if (!raw || raw[0] !== VERSION) return { kind: "unknown", text };
  return {
    kind: "ticket",
    text,
    key: new DataView(raw.buffer).getUint32(1),
    event: uuid(raw.subarray(5, 21)),
    ticket: uuid(raw.subarray(21, BODY)),
    body: raw.slice(0, BODY),
    signature: raw.slice(BODY),
  };
}

export function fromBase64(text) {
  const plain = text.replace(/-/g, "+").replace(/_/g, "/");
  return Uint8Array.from(atob(plain), (letter) => letter.charCodeAt(0));
}

/** What is remembered of a text that is not kept itself. */
export async function digested(text) {
  return hex(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))).subarray(0, 16));
}

// --- signatures: the browser's own Ed25519, else the module at `address`, loaded once ---
const imported = new Map();
let ownFails = false;
let other = null;

/** Take the browser's Ed25519 away: so that tests see the module that stands in for it. */
export function withoutOwn() {
  ownFails = true;
}

export async function verify(code, publicKey, address) {
  const signed = new Uint8Array(DOMAIN.length + code.body.length);
  signed.set(DOMAIN);
  signed.set(code.body, DOMAIN.length);
  if (!ownFails) {
    try {
      const name = hex(publicKey);
      if (!imported.has(name)) {
        imported.set(name, await crypto.subtle.importKey("raw", publicKey, { name: "Ed25519" }, false, ["verify"]));
      }
      return await crypto.subtle.verify({ name: "Ed25519" }, imported.get(name), code.signature, signed);
    } catch (error) {
      if (error.name !== "NotSupportedError" && error.name !== "SyntaxError") return false;
      ownFails = true;
    }
  }
  other = other || import(address);
  try {
    return await (await other).verifyAsync(code.signature, signed, publicKey);
  } catch (_malformed) {
    return false;
  }
}
