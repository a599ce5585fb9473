// Tickets shown at a booth: forged and foreign ones are told at once, the others are kept, handed in and answered. What
// the server tells of visitors stays in memory only, and goes with the next contact after they took it back.
import { fromBase64, read, verify } from "./code.js";
import { nonce } from "./queue.js";

const PATIENCE = 5000;
const KEPT = 200; // scans that are remembered while the page is open

export class Leads extends EventTarget {
  constructor(device, queue, verifier) {
    super();
    Object.assign(this, { device, queue, verifier, going: new Set(), asking: new Map() });
    this.blank();
    queue.addEventListener("answer", ({ detail }) => this.answered(detail));
  }

  /** Nothing of what was told here stays. `lost`: the server knows no booth of this device. */
  blank() {
    Object.assign(this, { journal: [], items: [], exhibitor: "", lost: false });
  }

  /** One code: `{nonce, at, status: ok | visited | refused | kept | test, ...}`; null while it is looked at. */
  async scan(text) {
    const code = read(text);
    if (this.going.has(code.text)) return null;
    this.going.add(code.text);
    try {
      const entry = { nonce: nonce(), at: this.device.now(), status: "kept", lead: null };
      const reason = await this.problem(code);
      if (reason) return this.remember({ ...entry, reason, status: reason === "test_code" ? "test" : "refused" });
      await this.queue.add({ kind: "lead", body: { nonce: entry.nonce, code: code.text, ...this.when() } });
      this.remember(entry);
      await this.soon(entry.nonce);
      return entry;
    } finally {
      this.going.delete(code.text);
    }
  }

  /** What is wrong with a code, as far as this device can know. */
  async problem(code) {
    const { rules } = this.device;
    if (code.kind === "unknown") return "unknown_code";
    if (code.kind === "test") return "test_code";
    if (code.kind !== "ticket" || !rules) return "";
    const key = rules.keys.find((one) => one.kid === code.key);
    if (!key || !(await verify(code, fromBase64(key.public_key), this.verifier))) return "bad_signature";
    return code.event === rules.event.id ? "" : "wrong_event";
  }

  when() {
    const { device } = this;
    return {
      scanned_at: new Date().toISOString(),
      clock_ms: device.clockKnown ? device.clockMs : 0,
      offline: !device.online,
    };
  }

  /** More of a visitor, a moment after the scan: kept like the scan itself. */
  async write(entry, { note, rating, tags }) {
    const body = { nonce: nonce(), of: entry.nonce, note, rating, tags, ...this.when() };
    await this.queue.add({ kind: "lead", body });
    Object.assign(entry, { written: "kept" });
    await this.soon(body.nonce);
    return entry;
  }

  /** Hand in now; wait a moment for the answer where there is a network. */
  async soon(name) {
    this.queue.hurry();
    if (!this.device.online) return;
    let late = 0;
    await new Promise((done) => {
      this.asking.set(name, done);
      late = setTimeout(done, PATIENCE);
    });
    clearTimeout(late);
    this.asking.delete(name);
  }

  remember(entry) {
    this.journal.unshift(entry);
    this.journal.length = Math.min(this.journal.length, KEPT);
    return entry;
  }

  answered({ body, kind, answer }) {
    if (kind !== "lead") return;
    const entry = this.journal.find((one) => one.nonce === (body.of || body.nonce));
    const message = { vi: answer.message_vi, en: answer.message_en };
    const written = answer.reason || "noted";
    if (body.of && entry && written === "not_noted") Object.assign(entry, { written, status: "gone", lead: null, message });
    else if (body.of && entry) Object.assign(entry, { written, lead: answer.lead || entry.lead, message });
    else if (entry) Object.assign(entry, { status: answer.status, reason: answer.reason, lead: answer.lead, message });
    this.asking.get(body.nonce)?.();
    this.dispatchEvent(new CustomEvent("told", { detail: entry }));
  }

  /** The newest leads of the booth; whoever took it back meanwhile is forgotten here too. */
  async refresh() {
    const shown = this.journal.filter((one) => one.lead).map((one) => one.lead.id);
    try {
      const { value } = await this.device.call("/leads/latest", { method: "POST", body: { shown } });
      Object.assign(this, { items: value.items, exhibitor: value.exhibitor, lost: false });
      for (const entry of this.journal)
        if (entry.lead && value.gone.includes(entry.lead.id)) Object.assign(entry, { lead: null, status: "gone" });
    } catch (error) {
      if (error.status !== 404) return;
      this.lost = true;
    }
    this.dispatchEvent(new Event("list"));
  }
}
