// The verdict that a scanner reaches alone: rules, windows, zones, what it knows of a ticket. No clock, no store.
import { STATUS } from "./cards.js";

const no = (reason, more) => ({ status: "refused", reason, ...more });
const unsure = (reason) => ({ status: "unsure", reason });

/** Day and time of a moment where the event is: `["2026-12-12", "08:31:07"]`. */
export function localTime(moment, zone) {
  const form = {
    timeZone: zone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  };
  const parts = new Intl.DateTimeFormat("en-CA", form).formatToParts(moment);
  const part = Object.fromEntries(parts.map((one) => [one.type, one.value]));
  return [`${part.year}-${part.month}-${part.day}`, `${part.hour}:${part.minute}:${part.second}`];
}

const full8 = (time) => (time.length === 5 ? `${time}:00` : time);

/** The day that counts at a place that is emptied at some hour: until then it is still yesterday there. */
function dayAt(moment, zone, empties) {
  const [day, time] = localTime(moment, zone);
  return empties && time < full8(empties) ? localTime(moment - 86400000, zone)[0] : day;
}

/** The zone that a checkpoint leads into and every zone around it, inmost first. A gate leads into its parent. */
export function wayIn(rules, checkpoint) {
  const byId = new Map(rules.zones.map((zone) => [zone.id, zone]));
  let zone = byId.get(checkpoint.zone);
  if (zone && zone.kind === "gate" && byId.has(zone.parent)) zone = byId.get(zone.parent);
  const way = [];
  while (zone && !way.includes(zone)) {
    way.push(zone);
    zone = byId.get(zone.parent);
  }
  return way;
}

/**
 * Where a ticket is now, as far as this device knows: the server's word, then its own scans that this word does not
 * know of yet (`asOf`: the moment it was given), in their order.
 */
export function presence(rules, state, mine, asOf = 0) {
  const numbers = new Map(rules.zones.map((zone) => [zone.n, zone.id]));
  const inside = new Map((state ? state.inside : []).map((one) => [numbers.get(one.n), { at: one.at, own: false }]));
  const since = mine.filter((scan) => !scan.settledAt || scan.settledAt >= asOf);
  for (const scan of since.sort((a, b) => a.at - b.at)) {
    const point = rules.checkpoints.find((one) => one.id === scan.checkpoint);
    const way = point ? wayIn(rules, point) : [];
    if (!way.length) continue;
    const root = way[way.length - 1].id;
    const tree = new Set(rules.zones.filter((zone) => rootOf(rules, zone) === root).map((zone) => zone.id));
    if (scan.direction === "out") {
      const under = new Set(below(rules, way[0].id));
      for (const zone of inside.keys()) if (under.has(zone)) inside.delete(zone);
      continue;
    }
    // in one place of a tree at a time: what is not on the way in was left
    for (const zone of inside.keys()) if (tree.has(zone) && !way.some((one) => one.id === zone)) inside.delete(zone);
    const known = inside.get(way[0].id);
    if (!known) inside.set(way[0].id, { at: scan.at, own: true });
  }
  return inside;
}

function rootOf(rules, zone) {
  const byId = new Map(rules.zones.map((one) => [one.id, one]));
  const passed = new Set();
  while (byId.has(zone.parent) && !passed.has(zone.id)) {
    passed.add(zone.id);
    zone = byId.get(zone.parent);
  }
  return zone.id;
}

function below(rules, id) {
  const children = rules.zones.filter((zone) => zone.parent === id).flatMap((zone) => below(rules, zone.id));
  return [id, ...children];
}

function windows(rules, checkpoint, type, now) {
  const time = localTime(now, rules.time_zone)[1];
  const before = (moment) => moment && now < Date.parse(moment);
  const after = (moment) => moment && now > Date.parse(moment);
  if (before(checkpoint.opens_at) || before(type && type.valid_from)) return "too_early";
  if (checkpoint.opens_daily && time < full8(checkpoint.opens_daily)) return "too_early";
  if (after(checkpoint.closes_at) || after(type && type.valid_until)) return "too_late";
  return checkpoint.closes_daily && time > full8(checkpoint.closes_daily) ? "too_late" : "";
}

const otherType = (checkpoint, type) =>
  Boolean(checkpoint.types && checkpoint.types.length) && !(type && checkpoint.types.includes(type.code));

function sessionDoor(session, person, now) {
  if (!session || !person) return "";
  if (person.sessions.includes(session.id.replace(/-/g, "").slice(0, 8))) return "";
  const walkIn = session.walk_in_minutes;
  const from = Date.parse(session.starts_at) - walkIn * 60000;
  return walkIn !== null && walkIn !== undefined && now >= from ? "" : "session_not_booked";
}

function again(rules, way, inside, mine, now) {
  const [zone] = way;
  const empties = way[way.length - 1].empties_at;
  const here = inside.get(zone.id);
  const entered = mine.filter((scan) => scan.direction === "in" && scan.zone === zone.id);
  const last = entered[entered.length - 1];
  if (zone.re_entry === "any") return here || last ? { again: true } : {};
  if (here) {
    const own = here.own || Boolean(last && last.at >= here.at);
    return {
      refused: { status: "already", reason: "already_inside", since: here.at, own, lastOwn: last ? last.at : 0 },
    };
  }
  if (!last) return {};
  const today = dayAt(last.at, rules.time_zone, empties) === dayAt(now, rules.time_zone, empties);
  if (zone.re_entry === "once" || (zone.re_entry === "daily" && today)) return { refused: no("re_entry") };
  return { again: true };
}

/** The first zone on the way in without a place for each who comes, as far as `occupancy` says. */
function full(way, inside, occupancy, people) {
  return way.find((zone) => {
    const held = occupancy[zone.id];
    const cap = held && held.cap !== undefined ? held.cap : zone.cap;
    if (cap === null || cap === undefined || inside.has(zone.id)) return false;
    return (held ? held.inside : zone.inside || 0) + people > cap;
  });
}

/** Whether a door still has something to ask; what need not be answered is asked once as well. */
export function unanswered({ questions }, answers) {
  return (questions || []).some((one) => !answers || (one.required && !answers[one.code]));
}

/**
 * The verdict on a ticket whose signature is right. `known`: `{tag, state, person}`; `mine`: this device's own scans of
 * it that let somebody in or out; `place`: `{checkpoint, direction}`; `answers`: of the checkpoint's questions. `enters`
 * of a welcome: the zones that the guest was not in yet.
 */
export function judge({ rules, known, mine, place, now, occupancy = {}, answers = null, asOf = 0 }) {
  const { checkpoint, direction } = place;
  if (rules.event.status === "cancelled") return no("event_cancelled");
  if (!known.state) return unsure("not_in_snapshot");
  if (known.state.status) {
    const reason = STATUS[known.state.status];
    return reason ? no(reason) : unsure("not_in_snapshot");
  }
  if (checkpoint.direction && checkpoint.direction !== "both" && checkpoint.direction !== direction)
    return no("wrong_direction");
  const type = known.person && rules.types.find((one) => one.n === known.person.type);
  if (direction === "out")
    return type && otherType(checkpoint, type) ? no("wrong_checkpoint") : { status: "ok", reason: "" };
  if (!known.person) return unsure("not_in_snapshot");
  const way = wayIn(rules, checkpoint);
  const closed = windows(rules, checkpoint, type, now);
  if (closed) return no(closed);
  if (otherType(checkpoint, type)) return no("wrong_checkpoint");
  const empties = way.length ? way[way.length - 1].empties_at : null;
  const days = (type && type.days) || [];
  if (days.length && !days.includes(dayAt(now, rules.time_zone, empties))) return no("wrong_day");
  const session = sessionDoor(checkpoint.session, known.person, now);
  if (session) return no(session);
  const inside = presence(rules, known.state, mine, asOf);
  const before = way.length ? again(rules, way, inside, mine, now) : {};
  if (before.refused) return before.refused;
  const crowded = full(way, inside, occupancy, known.person.people || 1);
  if (crowded) return no("checkpoint_full", { zone: crowded.id });
  if (unanswered(checkpoint, answers))
    return { status: "needs_input", reason: "needs_answer", questions: checkpoint.questions };
  const enters = way.filter((zone) => !inside.has(zone.id)).map((zone) => zone.id);
  return { status: "ok", reason: "", again: Boolean(before.again), enters };
}
