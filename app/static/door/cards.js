// The snapshot of the tickets: finds the state of one, and opens its card with the key that only its QR code yields.
import { hex } from "./code.js";

const MAGIC = 0x4b4e4431; // "KND1"
const HEADER = 25;
const GONE = 6;
export const STATUS = ["", "cancelled", "waitlisted", "unapproved", "not_confirmed", "blocked", "", "unpaid"];
export const GROUP = 8;

/** A snapshot or a delta as it came: `{whole, version, total, cards: [...], states: [...]}`. Throws on others. */
export function parse(buffer) {
  try {
    return parsed(buffer);
  } catch (error) {
    if (error instanceof RangeError) throw new Error("cut off");
    throw error;
  }
}

function parsed(buffer) {
  const view = new DataView(buffer);
  if (buffer.byteLength < HEADER || view.getUint32(0) !== MAGIC) throw new Error("not a snapshot");
  const found = { whole: view.getUint8(4) === 0, version: String(view.getBigUint64(5)), total: view.getUint32(13) };
  const [cards, states] = [view.getUint32(17), view.getUint32(21)];
  let at = HEADER;
  const tagAt = () => hex(new Uint8Array(buffer, at, 8));
  found.cards = [];
  for (let n = 0; n < cards; n++) {
    const length = view.getUint16(at + 8);
    found.cards.push([tagAt(), new Uint8Array(buffer, at + 10, length)]);
    at += 10 + length;
  }
  found.states = [];
  for (let n = 0; n < states; n++) {
    const zones = view.getUint8(at + 9);
    const state = { status: view.getUint8(at + 8), inside: [] };
    for (let k = 0; k < zones; k++) {
      state.inside.push({ n: view.getUint16(at + 10 + 6 * k), at: view.getUint32(at + 12 + 6 * k) * 1000 });
    }
    found.states.push([tagAt(), state]);
    at += 10 + 6 * zones;
  }
  if (at !== buffer.byteLength) throw new Error("cut off");
  return found;
}

async function derived(secret, salt, info, bytes) {
  const name = { name: "HKDF", hash: "SHA-256", salt, info: new TextEncoder().encode(info) };
  return new Uint8Array(await crypto.subtle.deriveBits(name, secret, bytes * 8));
}

const PLACES = ["name", "organisation", "type", "flags", "note", "sessions", "group", "people"];
const MEMBER = ["id", "tag", "name", "type", "people", "sessions"];

export class Cards {
  constructor() {
    this.forget();
  }

  forget() {
    this.cards = new Map();
    this.states = new Map();
    this.version = "";
    this.total = 0;
  }

  /** Takes a snapshot or a delta in; says whether it was a whole one. */
  take(buffer) {
    const news = parse(buffer);
    if (news.whole) this.forget();
    for (const [tag, card] of news.cards) this.cards.set(tag, card);
    for (const [tag, state] of news.states) {
      if (state.status === GONE) {
        this.cards.delete(tag);
        this.states.delete(tag);
      } else {
        this.states.set(tag, state);
      }
    }
    this.version = news.version;
    this.total = news.total;
    return news.whole;
  }

  get complete() {
    return this.total > 0 && this.states.size === this.total;
  }

  /**
   * `{tag, state, person}` of a ticket; without state it is not in this snapshot, without person its card is not. The
   * code of a delegation has `group: {name, members: [{id, tag, name, type, people, sessions}]}` instead of a person.
   */
  async find(text, event) {
    const salt = Uint8Array.from(event.replace(/-/g, "").match(/../g), (pair) => parseInt(pair, 16));
    const secret = await crypto.subtle.importKey("raw", new TextEncoder().encode(text), "HKDF", false, ["deriveBits"]);
    const tag = await derived(secret, salt, "door tag", 8);
    const name = hex(tag);
    const card = this.cards.get(name);
    const found = { tag: name, state: this.states.get(name), person: null };
    if (card) {
      try {
        const values = await opened(card, await derived(secret, salt, "door card", 32), tag);
        if (found.state && found.state.status === GROUP) found.group = groupOf(values);
        else found.person = personOf(values);
      } catch (_changed) {
        /* a card that does not open says nothing; its state still holds */
      }
    }
    return found;
  }
}

async function opened(card, bytes, tag) {
  const iv = new Uint8Array(12);
  iv.set(card.subarray(0, 6));
  const key = await crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["decrypt"]);
  const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv, additionalData: tag }, key, card.subarray(6));
  return JSON.parse(new TextDecoder().decode(plain));
}

const named = (places, values) => Object.fromEntries(places.map((place, n) => [place, values[n]]));

function groupOf([name, members]) {
  return { name, members: members.map((values) => named(MEMBER, values)) };
}

function personOf(values) {
  const person = named(PLACES, values);
  const flags = person.flags || 0;
  const [vip, attention] = [Boolean(flags & 1), Boolean(flags & 2)];
  return { ...person, vip, attention, sessions: person.sessions || [], people: person.people || 1 };
}
