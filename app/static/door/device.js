// This device: its token, what it was given (rules, cards), its clock against the server's, and how it is doing.
import * as store from "./store.js";
import { Cards } from "./cards.js";

const API = "/api/v1";
const SLOW = 8000;
const PAUSE = 5 * 60 * 1000;
export const FRESH = 15 * 60 * 1000;

export class Refused extends Error {
  constructor(status, body, retry = 0) {
    super(body?.error?.code || `http_${status}`);
    Object.assign(this, { status, code: body?.error?.code || "", body, retry });
  }
}

export class Device extends EventTarget {
  constructor() {
    super();
    Object.assign(this, {
      me: null,
      rules: null,
      rulesTag: "",
      cards: new Cards(),
      cardsAt: 0,
      clockMs: 0,
      clockKnown: false,
      online: false,
      slow: 0,
      occupancy: {},
      place: null,
      tested: 0,
      battery: null,
      persisted: false,
      busy: false,
      deltas: 0,
      wholeAt: 0,
      newer: false,
    });
  }

  say(what, detail) {
    this.dispatchEvent(new CustomEvent(what, { detail }));
  }

  /** The server's time as this device understands it. */
  now() {
    return Date.now() + this.clockMs;
  }
  get asOf() {
    return this.cards.version ? Number(BigInt(this.cards.version) / 1000n) : 0;
  }
  get age() {
    return this.cardsAt ? Date.now() - this.cardsAt : Infinity;
  }
  get stale() {
    return this.age > FRESH;
  }
  role(...names) {
    return Boolean(this.me) && names.includes(this.me.device.role);
  }

  async load() {
    const [me, rules, snapshot, place, clock, tested] = await Promise.all(
      ["me", "rules", "snapshot", "place", "clock", "tested"].map(store.get),
    );
    this.me = me || null;
    this.place = place || null;
    this.tested = tested || 0;
    if (clock) {
      this.clockMs = clock.ms;
      this.clockKnown = true;
    }
    if (rules) this.keepRules(rules.value, rules.tag);
    if (!snapshot) return;
    try {
      this.cards.take(snapshot.buffer);
      const later = await store.all("deltas");
      for (const one of later.sort((a, b) => a.at - b.at)) this.cards.take(one.buffer);
      this.deltas = later.length;
      this.cardsAt = (await store.get("asked")) || snapshot.at;
    } catch (_broken) {
      // what is half written is fetched anew
      this.cards.forget();
      await store.drop("snapshot");
    }
  }

  keepRules(value, tag) {
    this.rules = value;
    this.rulesTag = tag || "";
    this.occupancy = Object.fromEntries(value.zones.map((zone) => [zone.id, { inside: zone.inside, cap: zone.cap }]));
    const open = this.points();
    const kept = this.place && open.find((point) => point.id === this.place.checkpoint);
    if (!kept)
      this.place = open.length
        ? { checkpoint: open[0].id, direction: open[0].direction === "out" ? "out" : "in" }
        : null;
    else if (kept.direction && kept.direction !== "both")
      this.place = { checkpoint: kept.id, direction: kept.direction };
  }

  /** The checkpoints that this device may stand at. */
  points() {
    if (!this.rules) return [];
    const own = (this.rules.device && this.rules.device.checkpoints) || [];
    return this.rules.checkpoints.filter((point) => !own.length || own.includes(point.id));
  }
  get checkpoint() {
    return this.points().find((point) => this.place && point.id === this.place.checkpoint) || null;
  }

  /** So many people more, by zone, until the server says how many there are. */
  count(counts) {
    for (const [zone, people] of Object.entries(counts)) {
      const held = this.occupancy[zone];
      if (held) this.occupancy[zone] = { ...held, inside: held.inside + people };
    }
  }

  async stand(checkpoint, direction) {
    this.place = { checkpoint, direction };
    await store.put("place", this.place);
    this.say("place");
  }

  // --- talking to the server ---
  /** One call. Throws Refused for an answer that is none of success, another error where there was no answer. */
  async call(path, { method = "GET", body, headers = {}, timeout = SLOW, raw = false, unnamed = false } = {}) {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), timeout);
    const begun = Date.now();
    const sent = { ...headers };
    if (this.me && !unnamed) sent.Authorization = `Bearer ${this.me.token}`;
    if (body !== undefined) sent["Content-Type"] = "application/json";
    try {
      const answer = await fetch(API + path, {
        method,
        headers: sent,
        body: body === undefined ? undefined : JSON.stringify(body),
        signal: stop.signal,
        cache: "no-store",
        credentials: "omit",
      });
      const good = answer.ok || answer.status === 304;
      const value =
        raw && answer.status === 200
          ? await answer.arrayBuffer()
          : answer.status === 304
            ? null
            : await answer.json().catch(() => null);
      // a hotel's sign-in page answers everything with a page of its own: that is no network
      if (good && answer.status !== 304 && !value) throw new Error("not our server");
      this.reached(true);
      if (good && value && value.server_time) await this.setClock(value.server_time, begun);
      if (!good) throw await this.refusal(answer, value);
      return { status: answer.status, value, tag: answer.headers.get("ETag") || "" };
    } catch (error) {
      if (!(error instanceof Refused)) this.reached(false);
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  async refusal(answer, value) {
    const refused = new Refused(answer.status, value, Number(answer.headers.get("Retry-After")) || 0);
    if (answer.status >= 500) this.reached(false);
    if (answer.status === 401 && this.me) this.say(refused.code === "device_revoked" ? "revoked" : "unknown");
    return refused;
  }

  reached(yes) {
    const changed = this.online !== yes;
    this.online = yes;
    if (changed) this.say("link");
  }

  async setClock(said, begun) {
    const took = Date.now() - begun;
    if (took > 3000) return; // too slow an answer to set a clock by
    const [known, before] = [this.clockKnown, this.clockMs];
    this.clockMs = Math.round(Date.parse(said) - (begun + took / 2));
    this.clockKnown = true;
    if (!known || Math.abs(before - this.clockMs) > 500) await store.put("clock", { ms: this.clockMs, at: Date.now() });
  }

  async pair(code) {
    const { value } = await this.call("/door/pair", { method: "POST", body: { code }, unnamed: true });
    await this.forget();
    this.me = { token: value.token, device: value.device, event: value.event };
    await store.put("me", this.me);
    this.say("paired");
  }

  async refreshRules() {
    const { status, value, tag } = await this.call("/door/rules", {
      headers: this.rulesTag && this.rules ? { "If-None-Match": this.rulesTag } : {},
    });
    if (status === 304) return;
    const before = this.me.device.role;
    this.keepRules(value, tag);
    this.me = {
      ...this.me,
      device: { ...this.me.device, ...value.device },
      event: { ...this.me.event, ...value.event },
    };
    await store.write("kept", (kept) => {
      kept.put({ value, tag }, "rules");
      kept.put(this.me, "me");
      kept.put(this.place, "place");
    });
    this.say("place");
    if (before !== this.me.device.role) this.say("role");
  }

  /** Everything, or what changed since; with many pieces, or with a count that is off, everything anew. */
  async refreshCards(whole = false) {
    const since = whole || !this.cards.version || this.deltas >= 120 ? "" : this.cards.version;
    const { status, value } = await this.call(`/door/cards${since ? `?since=${since}` : ""}`, {
      raw: true,
      timeout: 60000,
    });
    const at = Date.now();
    if (status === 200) {
      const wasWhole = this.cards.take(value);
      await store.write(["kept", "deltas"], (kept, deltas) => {
        if (wasWhole) {
          deltas.clear();
          kept.put({ buffer: value, at }, "snapshot");
        } else deltas.put({ version: this.cards.version, buffer: value, at });
        kept.put(at, "asked");
      });
      this.deltas = wasWhole ? 0 : this.deltas + 1;
    }
    this.cardsAt = at;
    // a count that is off is put right by taking everything anew, but not again and again
    if (!since) this.wholeAt = at;
    else if (!this.cards.complete && at - this.wholeAt > PAUSE) await this.refreshCards(true);
    this.say("cards");
  }

  /** Rules and cards, one tab at a time. */
  async prepare() {
    if (this.busy) return;
    this.busy = true;
    this.say("cards");
    try {
      await this.refreshRules();
      if (!this.role("exhibitor")) await this.refreshCards();
    } finally {
      this.busy = false;
      this.say("cards");
    }
  }

  /** Says how this device is doing; hears whether what it has is still the newest. */
  async beat(waiting) {
    const at = Date.now();
    const body = {
      sent_at: new Date(at).toISOString(),
      waiting,
      battery: this.battery,
      cards_version: this.cards.version,
      rules_version: this.rules ? this.rules.version : "",
      checkpoint_id: this.place ? this.place.checkpoint : null,
      cards: this.cards.states.size,
      test_passed: Boolean(this.tested),
    };
    const { value } = await this.call("/door/seen", { method: "POST", body });
    for (const one of value.occupancy || []) this.occupancy[one.zone] = { inside: one.inside, cap: one.cap };
    this.say("occupancy");
    if (!this.rules || value.rules_version !== this.rules.version) await this.refreshRules();
    if (this.role("exhibitor")) return;
    if (value.cards_version !== this.cards.version) await this.refreshCards();
    else {
      this.cardsAt = at;
      await store.put("asked", at);
      this.say("cards");
    }
  }

  /** Revoked: what was given to this device goes at once; the token stays until the queue is handed in. */
  async end() {
    if (!this.me) return;
    const ended = {
      token: this.me.token,
      ended: true,
      device: { ...this.me.device, role: "ended" },
      event: this.me.event,
    };
    await this.forget();
    this.me = ended;
    await store.put("me", ended);
    this.say("ended");
  }

  /** Everything but the queue and what seals it goes. */
  async forget() {
    this.cards.forget();
    Object.assign(this, {
      me: null,
      rules: null,
      rulesTag: "",
      cardsAt: 0,
      place: null,
      tested: 0,
      occupancy: {},
      deltas: 0,
    });
    await store.write(["kept", "deltas", "mine"], (kept, deltas, mine) => {
      deltas.clear();
      mine.clear();
      for (const key of ["me", "rules", "snapshot", "place", "tested", "asked", "clock"]) kept.delete(key);
    });
  }
}
