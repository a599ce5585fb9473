// The page at the door: starts from what is on the device, with or without a network, and shows one view at a time.
import * as store from "./store.js";
import { button, closeSheet, h, icon, signsFrom } from "./dom.js";
import { Device } from "./device.js";
import { Leads } from "./leads.js";
import { battery, serve } from "./outside.js";
import { Queue } from "./queue.js";
import { Scanner, fromServer } from "./scanning.js";
import { unlock } from "./signals.js";
import { groupSheet, listSheet, overrideSheet, questionsSheet, searchSheet, typeSheet, undoSheet } from "./sheets.js";
import { LeadView } from "./view_lead.js";
import { PairView, pairingCode } from "./view_pair.js";
import { ReadyView, leaveSheet } from "./view_ready.js";
import { ScanView } from "./view_scan.js";
import { walkInSheet } from "./walkin.js";
import { lang, load, number, pick, speak, t } from "./words.js";

const BEAT = 20000;
const KEPT = 200; // scans in the list
const root = document.getElementById("door");
const addresses = { ...root.dataset };
const device = new Device();
const queue = new Queue(device);
const scanner = new Scanner(device, queue, addresses.ed25519);
const leads = new Leads(device, queue, addresses.ed25519);
const journal = [];
let view = null;
let note = "";

function show(made) {
  if (view && view.close) view.close();
  closeSheet();
  view = made;
  root.replaceChildren(corner(), made.element);
  made.element.querySelector("h1")?.focus({ preventScroll: true });
}

function corner() {
  const other = lang() === "vi" ? "en" : "vi";
  const change = h(
    "button",
    {
      type: "button",
      class: "door-language",
      lang: other,
      onclick: () => {
        speak(other, true);
        again();
      },
      "aria-label": other === "en" ? "EN, read in English" : "VI, đọc bằng tiếng Việt",
    },
    other.toUpperCase(),
  );
  const full =
    document.documentElement.requestFullscreen && device.role("kiosk")
      ? h(
          "button",
          {
            type: "button",
            class: "door-language",
            onclick: () => document.documentElement.requestFullscreen().catch(() => {}),
            "aria-label": t("Full screen"),
          },
          icon("monitor"),
        )
      : null;
  return h("div", { class: "door-corner" }, full, change);
}

let again = () => {};
let alarms = 0;

/** Nothing of what was seen here stays in sight or in memory. */
function blank() {
  journal.length = 0;
  leads.blank();
  alarms = 0;
  document.getElementById("door-alarm")?.remove();
}

function pairing() {
  again = pairing;
  blank();
  show(
    new PairView({
      addresses,
      note,
      pair: async (code) => {
        await device.pair(code);
        note = "";
        await queue.recount();
        await opened();
      },
    }),
  );
}

function askToLeave() {
  return leaveSheet({
    waiting: queue.due,
    leave: async () => {
      await device.forget();
      pairing();
    },
  });
}

function ready() {
  if (device.role("exhibitor")) {
    exhibiting();
    return;
  }
  again = ready;
  show(
    new ReadyView({
      device,
      queue,
      addresses,
      leave: askToLeave,
      start: () => {
        unlock();
        scanning();
        view.start();
      },
      test: () => {
        unlock();
        scanning();
        view.start();
      },
    }),
  );
}

function ended() {
  again = ended;
  blank();
  const left = queue.due
    ? t("%(n)s scans are still handed in as soon as there is a network. Keep this page open.", {
        n: number(queue.due),
      })
    : t("All scans were handed in.");
  show({
    element: h(
      "div",
      { class: "door-page stack" },
      h("h1", { tabindex: "-1" }, t("This phone was disconnected")),
      h(
        "div",
        { class: "alert alert-error", role: "alert" },
        icon("ban"),
        h(
          "div",
          { class: "alert-body" },
          h("p", {}, t("An organiser ended its access. All guests’ data was erased from it.")),
        ),
      ),
      h("p", {}, left),
    ),
  });
}

/** Exhibitors meet people, they let nobody in: their screen is another one. */
function exhibiting() {
  again = exhibiting;
  show(new LeadView({ device, queue, leads, addresses, leave: askToLeave }));
  leads.refresh();
}

function scanning() {
  again = () => {
    scanning();
    view.start();
  };
  show(new ScanView({ device, queue, scanner, addresses, open }));
}

const scan = (text, extra) => view.scan && view.scan(text, extra);

/** What the scanner's buttons lead to. */
function open(name, value) {
  if (name === "ready") ready();
  else if (name === "type") typeSheet({ scan });
  else if (name === "search") searchSheet({ device, scan });
  else if (name === "list") listSheet({ device, queue, journal, undo: (entry) => open("undo", entry) });
  else if (name === "walk-in") walkInSheet({ device, queue, scanner, encoder: addresses.encoder, said: keepWalkIn });
  else if (name === "undo") undoSheet({ device, entry: value, done: undone });
  else if (name === "group") groupSheet({ device, verdict: value, scan });
  else if (name === "questions") questionsSheet({ verdict: value, scan });
  else if (name === "override") overrideSheet({ verdict: value, scan });
  else if (name === "verdict") told(value);
}

function keepWalkIn(person, nonce) {
  keep({ at: device.now(), status: "ok", name: person.full_name, direction: "in", nonce });
}

function keep(entry) {
  journal.unshift(entry);
  journal.length = Math.min(journal.length, KEPT);
}

function told(verdict) {
  if (!verdict) return;
  if (verdict.reason === "test_code") tested();
  keep({ ...verdict, at: device.now(), word: verdict.settled ? verdict.status : "" });
  if (verdict.status === "needs_input" && verdict.reason === "group" && verdict.group) open("group", verdict);
  else if (verdict.status === "needs_input" && verdict.questions.length && verdict.reason !== "group")
    open("questions", verdict);
}

async function tested() {
  device.tested = Date.now();
  await store.put("tested", device.tested);
  device.say("cards");
}

async function undone(entry) {
  entry.undone = true;
  const kept = entry.tag && (await store.one("mine", entry.tag));
  if (kept)
    await store.write("mine", (mine) => {
      mine.put({ ...kept, scans: kept.scans.filter((one) => one.nonce !== entry.nonce) });
    });
  queue.soon(0);
  await device.refreshCards().catch(() => {});
}

/** The server's word on a scan that was told before. */
function word({ nonce, answer, differs }) {
  const entry = journal.find((one) => one.nonce === nonce);
  if (entry) Object.assign(entry, { word: answer.status, scanId: answer.scan_id });
  if (!differs) return;
  const said = fromServer(answer);
  if (entry) entry.differs = said;
  if (view.correct) view.correct(nonce, { ...entry, ...said, nonce, corrected: true });
  alarm(said);
}

/** A line that stays until it is looked at: what was shown and what the server says differ. */
function alarm(said) {
  alarms++;
  document.getElementById("door-alarm")?.remove();
  const line = h(
    "button",
    {
      type: "button",
      id: "door-alarm",
      class: `door-alarm door-alarm-${said.status}`,
      "data-n": alarms,
      onclick: () => {
        alarms = 0;
        line.remove();
        if (view.scan) open("list");
      },
    },
    icon("alert"),
    h(
      "span",
      { role: "status" },
      alarms === 1
        ? t("The server disagrees with one scan. Look at the list.")
        : t("The server disagrees with %(n)s scans. Look at the list.", { n: number(alarms) }),
    ),
  );
  document.body.append(line);
}

// --- the life of the device ---
async function opened() {
  if (!device.me) return pairing();
  if (device.me.ended) {
    ended();
    queue.soon(0);
    return null;
  }
  ready();
  device.persisted =
    Boolean(await navigator.storage?.persisted?.().catch(() => false)) ||
    Boolean(await navigator.storage?.persist?.().catch(() => false));
  await device.prepare().catch(() => {});
  if (view instanceof ReadyView) view.draw();
  queue.hurry();
  return beat();
}

let beating = 0;
async function beat() {
  clearTimeout(beating);
  if (device.me && !device.me.ended && !document.hidden) {
    await device.beat(queue.waiting).catch(() => {});
    if (device.role("exhibitor")) await leads.refresh();
  }
  if (queue.waiting) queue.soon(0);
  beating = setTimeout(beat, device.online ? BEAT : BEAT / 4);
}

async function revoked() {
  if (!device.me || device.me.ended) return;
  await device.end();
  ended();
  queue.hurry();
}

async function strange() {
  if (!device.me) return;
  await device.forget();
  note = t("The server does not know this phone any more. Pair it again: scans that wait are kept.");
  pairing();
}

device.addEventListener("revoked", revoked);
device.addEventListener("role", ready); // an organiser gave this phone another one
device.addEventListener("unknown", strange);
device.addEventListener("outdated", () => device.refreshRules().catch(() => {}));
scanner.addEventListener("word", ({ detail }) => word(detail));
queue.addEventListener("answer", ({ detail }) => {
  if (detail.kind !== "walk-in") return;
  const { status, scan, error } = detail.answer;
  const good = scan && ["ok", "already", "conflict"].includes(scan.status);
  const said = scan || {
    status: status === "waitlisted" ? "unsure" : "refused",
    message_vi: error && error.message_vi,
    message_en: error && error.message_en,
  };
  word({ nonce: detail.body.nonce, answer: said, differs: !good });
});
queue.addEventListener("count", async () => {
  if (!device.me || !device.me.ended) return;
  if (!queue.due) {
    await device.forget();
    device.me = null;
  }
  ended();
});
addEventListener("online", () => {
  queue.hurry();
  beat();
});
addEventListener("offline", () => device.reached(false));
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) {
    queue.hurry();
    beat();
  }
});
addEventListener("hashchange", fromLink);

/** A pairing link was followed: its code leaves the address at once, so that it is in no history. */
async function fromLink() {
  const code = pairingCode(location.href);
  if (!code) return false;
  history.replaceState(null, "", location.pathname);
  if (device.me && !device.me.ended && queue.due) {
    note = t("Scans are waiting. They are handed in before this phone is paired anew.");
    return false;
  }
  pairing();
  await view.attempt(code);
  return true;
}

async function start() {
  signsFrom(addresses.icons);
  await load(addresses.words);
  await Promise.all([device.load(), queue.load()]);
  serve(device, addresses.worker, () => !view || view instanceof ReadyView);
  battery(device);
  if (!(await fromLink())) await opened();
  root.dataset.started = "yes";
}

start().catch((error) => {
  root.replaceChildren(
    h("h1", {}, t("Door")),
    h(
      "p",
      { role: "alert" },
      t(
        "This browser cannot be used as a scanner: it lets pages keep nothing. Leave private browsing, or use another browser.",
      ),
    ),
    h("p", { class: "muted small" }, String(error && error.name)),
  );
});
