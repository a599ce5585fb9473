// The queue of scans: on the disk before anybody is told anything, handed in in order, each exactly as often as needed.
// Rows are sealed; two tabs of one device hand in by turns. What the server has answered for leaves the queue.
import * as store from "./store.js";

const BATCH = 200;
const SLOWEST = 30000;
const PLACES = { scan: "/checkin/sync", lead: "/leads/sync" };
const ALPHABET = "ABCDEFGHJKMNPQRSTVWXYZ0123456789";

export function nonce() {
  return Array.from(crypto.getRandomValues(new Uint8Array(26)), (byte) => ALPHABET[byte & 31]).join("");
}

export class Queue extends EventTarget {
  constructor(device) {
    super();
    Object.assign(this, { device, waiting: 0, barred: 0, live: new Set(), entered: new Map(), failures: 0, timer: 0, draining: false, again: false });
    device.addEventListener("paired", () => this.entered.clear());
    this.channel = "BroadcastChannel" in window ? new BroadcastChannel("door") : null;
    if (this.channel) this.channel.onmessage = () => this.recount(false);
  }

  /** What can be handed in as this device is: all but what was scanned here in another role. */
  get due() {
    return Math.max(0, this.waiting - this.barred);
  }

  /** Who is where: the server's last word, and whom this device let in since without its having heard of it. */
  crowds() {
    const found = { ...this.device.occupancy };
    for (const counts of this.entered.values())
      for (const [zone, people] of Object.entries(counts))
        if (found[zone]) found[zone] = { ...found[zone], inside: found[zone].inside + people };
    return found;
  }

  /** What was let in before the page was closed. */
  async load() {
    for (const { tag, scans } of await store.all("mine"))
      for (const scan of scans) if (scan.counts && !scan.settledAt) this.entered.set(`${scan.nonce} ${tag}`, scan.counts);
    await this.recount();
  }

  async recount(tell = true) {
    this.waiting = await store.count("queue");
    if (tell && this.channel) this.channel.postMessage("queue");
    this.dispatchEvent(new Event("count"));
  }

  /** Keep one act: resolved when it is on the disk. `own`: what this device remembers of the tickets that passed. */
  async add(row, own = []) {
    const sealed = await store.seal(row.body);
    await store.write(["queue", "mine"], (queue, mine) => {
      queue.add({ kind: row.kind, nonce: row.body.nonce, ...sealed });
      for (const { tag, scan } of own) remember(mine, tag, (scans) => [...scans, scan]);
    });
    for (const { tag, scan } of own) if (scan.counts) this.entered.set(`${scan.nonce} ${tag}`, scan.counts);
    this.waiting++;
    this.dispatchEvent(new Event("count"));
    if (this.channel) this.channel.postMessage("queue");
  }

  /** The server has answered for these: `[{nonce, tag}]`. One transaction, so that a kill leaves all or nothing. */
  async settle(done) {
    const at = this.device.now();
    await store.write(["queue", "mine"], (queue, mine) => {
      for (const { nonce: name } of done) {
        queue.index("nonce").getKey(name).onsuccess = ({ target: { result } }) => {
          if (result !== undefined) queue.delete(result);
        };
      }
      for (const { tag, nonce: name, keep } of done) {
        if (!tag) continue;
        remember(mine, tag, (scans) =>
          scans.flatMap((scan) => {
            if (scan.nonce !== name) return [scan];
            return keep ? [{ ...scan, settledAt: at }] : [];
          }),
        );
      }
    });
    for (const { tag, nonce: name, keep } of done) {
      const counts = this.entered.get(`${name} ${tag}`);
      if (counts && this.entered.delete(`${name} ${tag}`) && keep) this.device.count(counts);
    }
    await this.recount();
  }

  /** Ask for one act now; what was not answered stays for the drain. Null where there was no answer. */
  async ask(body, timeout = 4000) {
    this.live.add(body.nonce);
    try {
      return (await this.device.call("/checkin/scan", { method: "POST", body, timeout })).value;
    } catch (error) {
      if (error.status === 404) this.device.say("outdated");
      return null;
    } finally {
      this.live.delete(body.nonce);
      this.soon();
    }
  }

  /** Hand in soon; after failures later and later, at once when the network comes back. */
  soon(wait = 250) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.drain(), wait);
  }
  hurry() {
    this.failures = 0;
    this.soon(0);
  }

  async drain() {
    if (this.draining) {
      this.again = true;
      return;
    }
    this.draining = true;
    let wait = 0;
    try {
      const work = () => this.batches();
      if (navigator.locks) await navigator.locks.request("door-queue", work);
      else await work();
      this.failures = 0;
    } catch (error) {
      this.failures++;
      wait =
        (error.retry || 0) * 1000 ||
        Math.min(SLOWEST, 1000 * 2 ** Math.min(this.failures - 1, 5)) * (0.75 + Math.random() / 2);
    } finally {
      this.draining = false;
    }
    if (wait && this.waiting) this.soon(wait);
    else if (this.again) {
      this.again = false;
      this.soon();
    }
  }

  async batches() {
    const refused = new Set(); // kinds that this role may not hand in: they wait for theirs, and hold up no other
    for (;;) {
      const all = await store.all("queue", refused.size ? undefined : BATCH);
      const open = all.filter((row) => !this.live.has(row.nonce));
      const rows = open.filter((row) => !refused.has(row.kind)).slice(0, BATCH);
      if (!rows.length || !this.device.me) {
        this.barred = open.length - rows.length;
        this.dispatchEvent(new Event("count"));
        return;
      }
      // together goes what is of one kind, up to the next of another: in the order in which it happened
      const { kind } = rows[0];
      const other = rows.findIndex((row) => row.kind !== kind);
      if (kind === "walk-in") await this.walkIn(rows[0]);
      else {
        try {
          await this.sync(kind, other < 0 ? rows : rows.slice(0, other));
        } catch (error) {
          if (error.status !== 403) throw error;
          refused.add(kind);
        }
      }
    }
  }

  async walkIn(row) {
    const body = await store.unseal(row);
    let answer;
    try {
      answer = (await this.device.call("/door/walk-ins", { method: "POST", body, timeout: 20000 })).value;
    } catch (error) {
      if (![400, 403, 404, 409, 422].includes(error.status)) throw error;
      answer = { status: "refused", error: error.body && error.body.error };
    }
    await this.settle([{ nonce: row.nonce }]);
    this.tell({ body, kind: row.kind }, answer);
  }

  async sync(kind, rows) {
    const bodies = await Promise.all(rows.map((row) => store.unseal(row).catch(() => null)));
    const lost = rows.filter((_row, n) => !bodies[n]);
    if (lost.length) await this.settle(lost); // what cannot be opened any more can never be handed in
    const scans = bodies.filter(Boolean);
    const { battery } = this.device;
    const sent = { sent_at: new Date().toISOString(), waiting: this.waiting, battery, scans: scans.map(outgoing) };
    const { value } = await this.device.call(PLACES[kind], { method: "POST", body: sent, timeout: 30000 });
    if (value.results.length !== scans.length) throw new Error("another number of answers");
    const pairs = scans.map((body, n) => ({ body, answer: value.results[n] }));
    if (kind === "scan") await this.answered(pairs);
    else {
      await this.settle(scans.map((body) => ({ nonce: body.nonce })));
      for (const { body, answer } of pairs) this.tell({ body, kind }, answer);
    }
    if (value.revoked) this.device.say("revoked");
  }

  /** Answers of the server, for acts that were handed in alone or together. */
  async answered(pairs, live = false) {
    await this.settle(
      pairs.flatMap(({ body, answer }) => {
        if (!body.members || !body.members.length)
          return { nonce: body.nonce, tag: body.tag, keep: passed(answer) || body.shown === "ok" };
        const said = new Map(((answer.group && answer.group.members) || []).map((one) => [one.id, one]));
        return body.members.map(({ id, tag }) => {
          const keep = said.has(id) ? passed(said.get(id)) : body.shown === "ok";
          return { nonce: body.nonce, tag, keep };
        });
      }),
    );
    for (const { answer } of pairs) {
      const seen = answer.occupancy;
      if (answer.zone && seen) this.device.occupancy[answer.zone] = { inside: seen.inside, cap: seen.capacity };
    }
    this.device.say("occupancy");
    for (const { body, answer } of pairs) this.tell({ body, kind: "scan", live }, answer);
  }

  /** `row.live`: answered while the guest stood there, not handed in later. */
  tell(row, answer) {
    this.dispatchEvent(new CustomEvent("answer", { detail: { ...row, answer } }));
  }
}

/** An act without what only this device needs to know of it. */
export function outgoing({ tag: _tag, members: _members, live: _live, echo: _echo, ...act }) {
  return act;
}

const passed = (answer) => ["ok", "conflict"].includes(answer.status);

function remember(mine, tag, change) {
  mine.get(tag).onsuccess = ({ target: { result } }) => {
    const scans = change(result ? result.scans : []);
    if (scans.length) mine.put({ tag, scans });
    else if (result) mine.delete(tag);
  };
}
