// One code shown: decided here at once, kept on the disk, then told; the server, asked meanwhile, has the last word.
import * as store from "./store.js";
import { digested, fromBase64, read, verify } from "./code.js";
import { GROUP } from "./cards.js";
import { judge, unanswered, wayIn } from "./judge.js";
import { nonce, outgoing } from "./queue.js";

const PATIENCE = 110; // milliseconds in which the server may still speak first
const ASKING = 5000; // and for what this device cannot know

/** What a server's answer says, in the form in which the page shows verdicts. */
export function fromServer(answer) {
  const person = answer.person || {};
  return {
    status: answer.status,
    reason: answer.reason,
    source: "server",
    name: person.name || "",
    organisation: person.organisation || "",
    role: { vi: person.role_vi, en: person.role_en },
    colour: person.colour || "",
    vip: Boolean(person.vip),
    attention: Boolean(person.attention),
    note: person.note || "",
    people: person.people || 1,
    message: { vi: answer.message_vi, en: answer.message_en },
    next: { vi: answer.next_vi, en: answer.next_en },
    guest: { vi: answer.guest_vi, en: answer.guest_en },
    occupancy: answer.occupancy,
    scanId: answer.scan_id,
    group: answer.group || null,
    questions: answer.questions || [],
    first: answer.first_scan || null,
    skewed: Boolean(answer.skewed),
  };
}

/** How many people more are in each zone after a welcome. */
function entering({ enters = [] }, people) {
  return Object.fromEntries(enters.map((zone) => [zone, people || 1]));
}

export class Scanner extends EventTarget {
  /** `verifier`: the address of the module that checks signatures where the browser cannot. */
  constructor(device, queue, verifier) {
    super();
    Object.assign(this, { device, queue, verifier, going: new Set(), lastTook: 0 });
    queue.addEventListener("answer", ({ detail }) => this.compare(detail));
  }

  /** The verdict of this device alone, and what it knows of the ticket. */
  async decide(code, place, { answers, present }) {
    const { device } = this;
    const { rules } = device;
    const refused = (reason) => ({ verdict: { status: "refused", reason }, known: null });
    if (code.kind === "unknown") return refused("unknown_code");
    if (code.kind === "test") return refused("test_code");
    if (code.kind === "pass") return this.decidePass(code, place, answers);
    if (code.kind !== "ticket") return { verdict: { status: "unsure", reason: "ask_online" }, known: null };
    const key = rules.keys.find((one) => one.kid === code.key);
    if (!key || !(await verify(code, fromBase64(key.public_key), this.verifier))) return refused("bad_signature");
    if (code.event !== rules.event.id) return refused("wrong_event");
    if (key.revoked) return refused("revoked");
    const known = await device.cards.find(code.text, rules.event.id);
    if (known.state && known.state.status === GROUP) return this.decideGroup(known, place, answers, present);
    const kept = await store.one("mine", known.tag);
    const mine = kept ? kept.scans : [];
    const verdict = judge({
      rules,
      known,
      mine,
      place,
      now: device.now(),
      occupancy: this.queue.crowds(),
      answers,
      asOf: device.asOf,
    });
    return { verdict, known };
  }

  /** A delegation's code: who of it is where, as this device knows it; let in are those who are ticked. */
  async decideGroup(known, place, answers, present) {
    const { rules, cards, asOf } = this.device;
    const occupancy = this.queue.crowds();
    if (!known.group) return { verdict: { status: "unsure", reason: "not_in_snapshot" }, known: null };
    const now = this.device.now();
    if (present && place.direction === "in" && unanswered(place.checkpoint, answers)) {
      const { questions } = place.checkpoint;
      return { verdict: { status: "needs_input", reason: "needs_answer", questions }, known: null };
    }
    const quiet = { ...place, checkpoint: { ...place.checkpoint, questions: [] } };
    const [members, ticked] = [[], []];
    let came = 0; // a place is needed for each of them, those before included
    for (const one of known.group.members) {
      const wanted = Boolean(present && present.includes(one.id));
      const kept = await store.one("mine", one.tag);
      const person = { type: one.type, people: (one.people || 1) + (wanted ? came : 0), sessions: one.sessions };
      const ticket = { tag: one.tag, state: cards.states.get(one.tag), person };
      const mine = kept ? kept.scans : [];
      const told = judge({ rules, known: ticket, mine, place: quiet, now, occupancy, asOf });
      const { status, reason } = told;
      const away = status === "ok" && place.direction === "in" && !wanted ? "outside" : status;
      members.push({ id: one.id, name: one.name, people: one.people, status: away, reason });
      if (!wanted || status !== "ok") continue;
      ticked.push({ id: one.id, tag: one.tag, counts: entering(told, one.people) });
      came += one.people || 1;
    }
    const group = { name: known.group.name, members };
    let verdict = { status: "needs_input", reason: "group" };
    if (present && ticked.length) verdict = { status: "ok", reason: "" };
    else if (present) {
      const { status, reason } = members.find((one) => present.includes(one.id)) || members[0];
      verdict = { status, reason };
    }
    return { verdict: { ...verdict, group }, known: { tag: "", members: ticked } };
  }

  /** A temporary pass: known here when this device gave it out; anybody else's is asked for. */
  async decidePass(code, place, answers) {
    const tag = await passTag(code.text);
    const kept = await store.one("mine", tag);
    if (!kept) return { verdict: { status: "unsure", reason: "ask_online" }, known: null };
    const known = { tag, state: { status: 0, inside: [] }, person: { type: kept.scans[0].type, sessions: [] } };
    const { rules } = this.device;
    const occupancy = this.queue.crowds();
    return {
      verdict: judge({ rules, known, mine: kept.scans, place, now: this.device.now(), occupancy, answers }),
      known,
    };
  }

  /** What this device remembers of a pass that it gave out: whom it let in stands there as for any ticket. */
  async givenOut(pass, type, body) {
    const { device } = this;
    const zone = (wayIn(device.rules, device.checkpoint)[0] || {}).id;
    const scan = { nonce: body.nonce, checkpoint: body.checkpoint_id, zone, direction: "in", at: device.now(), type };
    return [{ tag: await passTag(pass), scan }];
  }

  /**
   * One code: `extra` may hold answers, present (members of a group), override_reason. Resolved with what to show:
   * `{status, ...}`; null for a code that is being looked at already. Never throws on what was scanned.
   */
  async scan(text, extra = {}) {
    const code = read(text);
    const { device } = this;
    const { checkpoint } = device;
    if (!checkpoint || this.going.has(code.text)) return null;
    this.going.add(code.text);
    const begun = performance.now();
    try {
      const place = { checkpoint, direction: device.place.direction };
      const { verdict, known } = await this.decide(code, place, extra);
      if (verdict.status === "needs_input" && !extra.override_reason)
        return this.dressed(verdict, known, { text, extra, direction: place.direction });
      const shown = extra.override_reason ? { status: "ok", reason: "" } : verdict;
      return await this.record(code, { shown, known, place, extra, begun, text });
    } finally {
      this.going.delete(code.text);
    }
  }

  async record(code, { shown, known, place, extra, begun, text }) {
    const { device } = this;
    const zone = (wayIn(device.rules, place.checkpoint)[0] || {}).id;
    const body = {
      nonce: nonce(),
      checkpoint_id: place.checkpoint.id,
      direction: place.direction,
      code: await sayable(code),
      scanned_at: new Date().toISOString(),
      clock_ms: device.clockKnown ? device.clockMs : 0,
      offline: true,
      shown: shown.status,
      seen_snapshot: device.cards.version,
      ...extra,
      ...(known && known.members && known.members.length ? { present: known.members.map((one) => one.id) } : {}),
      tag: known ? known.tag : undefined,
      members: known ? known.members : undefined,
      live: device.online,
    };
    const scan = {
      nonce: body.nonce,
      checkpoint: place.checkpoint.id,
      zone,
      direction: place.direction,
      at: device.now(),
    };
    const guest = known ? [{ tag: known.tag, counts: entering(shown, (known.person || {}).people) }] : [];
    const passed = known && known.members ? known.members : guest;
    const own = shown.status === "ok" ? passed.map(({ tag, counts }) => ({ tag, scan: { ...scan, counts } })) : [];
    await this.queue.add({ kind: "scan", body }, own);
    const open = shown.status === "unsure" || extra.override_reason || extra.present;
    const patience =
      !device.online || navigator.onLine === false ? 0 : open ? ASKING : PATIENCE - (performance.now() - begun);
    if (patience > 0 && open) this.dispatchEvent(new Event("asking"));
    // the server is asked for all who are ticked; what waits without it are those whom this device let in
    const answer = device.online ? await this.first({ ...body, ...extra }, patience) : null;
    if (!device.online) this.queue.soon();
    const alone = this.dressed(shown, known, {
      text,
      extra,
      tag: body.tag,
      nonce: body.nonce,
      direction: place.direction,
    });
    this.lastTook = performance.now() - begun;
    if (!answer) return alone;
    const said = fromServer(answer);
    if (!said.name && answer.status !== "refused")
      Object.assign(said, { name: alone.name, organisation: alone.organisation, role: alone.role });
    return {
      ...said,
      delegation: alone.delegation,
      text,
      extra,
      tag: body.tag,
      nonce: body.nonce,
      direction: place.direction,
      settled: true,
    };
  }

  /** The server's answer if it comes in time; one that comes later is compared with what was shown. */
  async first(body, patience) {
    const { offline: _offline, shown: _shown, ...live } = outgoing(body);
    let late = patience <= 0;
    const asked = this.queue
      .ask({ ...live, offline: false })
      .then(async (answer) => {
        if (!answer) return null;
        const told = late ? body : { ...body, shown: answer.status };
        await this.queue.answered([{ body: told, answer }], true);
        return answer;
      })
      .catch(() => null);
    if (late) return null;
    const timer = new Promise((done) => {
      setTimeout(() => {
        late = true;
        done(null);
      }, patience);
    });
    return Promise.race([asked, timer]);
  }

  /** A verdict of this device with all that can be said about it. */
  dressed(verdict, known, more) {
    const { rules } = this.device;
    const person = (known && known.person) || {};
    const type = rules.types.find((one) => one.n === person.type);
    const said = rules.reasons[verdict.reason] || {};
    return {
      ...verdict,
      ...more,
      source: "device",
      name: person.name || "",
      organisation: person.organisation || "",
      role: type ? { vi: type.title_vi, en: type.title_en } : {},
      colour: type ? type.colour : "",
      vip: Boolean(person.vip),
      attention: Boolean(person.attention),
      note: person.note || "",
      people: person.people || 1,
      delegation: person.group || "",
      message: { vi: said.staff_vi, en: said.staff_en },
      next: { vi: said.next_vi, en: said.next_en },
      guest: { vi: said.guest_vi, en: said.guest_en },
      questions: verdict.questions || [],
    };
  }

  /**
   * The server's word on what was shown before it came. Let in here and refused there: said again as what it was, an
   * admission without the server, so that it stands in the ledger.
   */
  async compare({ body, kind, live, answer }) {
    if (kind !== "scan" || body.echo) return;
    const differs = body.shown !== answer.status && !(body.shown === "unsure" && answer.status !== "ok");
    const asked = live || (body.live && answer.replayed);
    if (asked && body.shown === "ok" && ["already", "refused"].includes(answer.status)) {
      await this.queue.add({ kind: "scan", body: { ...body, nonce: nonce(), echo: true } });
      this.queue.soon();
    }
    this.dispatchEvent(new CustomEvent("word", { detail: { nonce: body.nonce, answer, differs } }));
  }
}

const passTag = async (text) => `pass ${await digested(text)}`;

/** What is handed in for a text: codes of ours as they are; of anything else, which may be private, only a digest. */
async function sayable(code) {
  if (code.kind !== "unknown") return code.text;
  return `?${await digested(code.text)}`;
}
