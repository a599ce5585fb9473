// The screen at the door: camera above, verdict in the middle, everything to touch within reach of one thumb.
import { Camera } from "./camera.js";
import { button, h, holdable, icon, sheetIsOpen } from "./dom.js";
import { listen } from "./hand.js";
import { signal, unlock } from "./signals.js";
import { clock, number, pick, t } from "./words.js";
import { cameraWords } from "./view_pair.js";

const SHAPES = { ok: "check", already: "undo", refused: "x", needs_input: "help", conflict: "alert", unsure: "help" };
const SOUNDS = { ok: "ok", already: "already", refused: "refused" };
const IDLE = 8000; // kiosks greet the next guest by themselves

function titleKey(verdict) {
  if (verdict.reason === "test_code") return "";
  if (verdict.reason === "already_outside") return "outside";
  if (verdict.status !== "ok") return verdict.status;
  return verdict.direction === "out" ? "out" : verdict.again ? "again" : "ok";
}

export function titleOf(verdict, titles) {
  const key = titleKey(verdict);
  if (!key) return t("Test code");
  return pick((titles || {})[key]) || (key === "unsure" ? t("Check at the desk") : key);
}

const present = ({ members }) => ({
  here: number(members.filter((one) => ["ok", "already"].includes(one.status)).length),
  all: number(members.length),
});
const seconds = (milliseconds) => Math.max(0, Math.round(milliseconds / 1000));

/** The sentence under the title: why, since when, what to do next. `kiosk`: as the guest is to read it. */
export function sentenceOf(verdict, now, kiosk = false) {
  if (verdict.status === "ok") return "";
  if (kiosk) return pick(verdict.guest) || t("Please go to the desk.");
  if (verdict.reason === "ask_online") return t("This code can only be checked with the network.");
  if (verdict.reason === "not_in_snapshot") return t("The code is real, but this ticket is not on this phone yet.");
  if (verdict.reason === "already_inside" && verdict.source === "device") {
    if (verdict.own && verdict.lastOwn && now - verdict.lastOwn < 60000)
      return t("You scanned this ticket %(seconds)s seconds ago.", { seconds: seconds(now - verdict.lastOwn) });
    return t("Inside since %(time)s", { time: clock(verdict.since) });
  }
  return pick(verdict.message);
}

export function nextOf(verdict, now) {
  if (verdict.status === "ok") return "";
  if (verdict.reason === "ask_online") return t("Send to the desk, or scan the QR code of the ticket.");
  if (verdict.reason === "not_in_snapshot") return t("Do not turn away: send to the desk, where it is checked.");
  if (verdict.source === "device" && verdict.own && now - verdict.lastOwn < 60000) return "";
  return pick(verdict.next);
}

export class ScanView {
  constructor({ device, queue, scanner, addresses, open }) {
    Object.assign(this, { device, queue, scanner, addresses, open, timer: 0, count: 0 });
    this.kiosk = device.role("kiosk");
    this.video = h("video", {
      class: "door-video",
      playsinline: true,
      muted: true,
      "aria-label": t("What the camera sees"),
    });
    this.says = h("p", { class: "door-says", role: "alert", hidden: true });
    this.startButton = button(
      t("Start the camera"),
      "camera",
      () => {
        unlock();
        this.camera.start(this.facing);
      },
      "primary",
      { class: "btn btn-primary door-btn door-start" },
    );
    this.answer = h("section", {
      class: "door-answer",
      tabindex: "0",
      "aria-label": t("Answer"),
      "aria-live": "assertive",
      "aria-atomic": "true",
      "data-count": "0",
    });
    // a guest at a kiosk does not leave the screen by a touch: staff hold the name of the door
    this.point = this.kiosk
      ? holdable(h("button", { type: "button", class: "door-point" }), () => open("ready"), 1500)
      : h("button", { type: "button", class: "door-point", onclick: () => open("ready") });
    this.way = h("button", { type: "button", class: "door-way", onclick: () => this.turn() });
    this.chip = h("button", {
      type: "button",
      class: "door-chip",
      onclick: () => {
        if (!this.kiosk) open("list");
      },
    });
    this.full = h("p", { class: "door-full num" });
    this.lamp = button(t("Light"), "zap", () => this.light(), "secondary", {
      class: "btn btn-secondary door-tool",
      hidden: true,
      "aria-pressed": "false",
    });
    this.camera = new Camera({
      video: this.video,
      addresses,
      heard: (text) => this.heard(text),
      said: (what) => this.said(what),
    });
    this.element = h(
      "div",
      { class: `door-scan${this.kiosk ? " kiosk" : ""}` },
      h("h1", { class: "door-unseen", tabindex: "-1" }, t("Scan tickets")),
      h("header", { class: "door-top" }, this.point, this.way, h("div", { class: "door-state" }, this.chip, this.full)),
      h(
        "div",
        { class: "door-eye" },
        this.video,
        h("div", { class: "door-frame", "aria-hidden": "true" }),
        this.startButton,
        this.says,
      ),
      this.answer,
      this.tools(),
    );
    this.draw = this.draw.bind(this);
    this.asking = () => this.idle(t("Asking the server…"));
    this.away = () => {
      if (document.hidden) this.camera.stop();
      else if (this.wanted) this.start();
    };
    for (const what of ["place", "link", "occupancy", "cards"]) device.addEventListener(what, this.draw);
    queue.addEventListener("count", this.draw);
    scanner.addEventListener("asking", this.asking);
    this.deaf = listen((text) => this.scan(text));
    document.addEventListener("visibilitychange", this.away);
    this.idle();
    this.draw();
  }

  get facing() {
    return this.kiosk ? "user" : "environment";
  }

  tools() {
    if (this.kiosk) return h("nav", { class: "door-tools", "aria-label": t("Tools") }, this.lamp);
    const tool = (label, sign, name) =>
      button(
        label,
        sign,
        () => {
          unlock();
          this.open(name);
        },
        "secondary",
        { class: "btn btn-secondary door-tool", "data-tool": name },
      );
    return h(
      "nav",
      { class: "door-tools", "aria-label": t("Tools") },
      tool(t("Type code"), "keyboard", "type"),
      this.device.role("search", "supervisor") && tool(t("Search"), "search", "search"),
      tool(t("Walk-in"), "user-plus", "walk-in"),
      this.lamp,
      tool(t("List"), "list", "list"),
    );
  }

  draw() {
    const { device, queue } = this;
    const point = device.checkpoint;
    if (!point) return;
    this.point.replaceChildren(icon("map-pin"), h("span", {}, pick(point, "name")));
    this.point.setAttribute("aria-label", t("Checkpoint: %(name)s. Change it", { name: pick(point, "name") }));
    const out = device.place.direction === "out";
    this.way.hidden = this.kiosk || (point.direction !== "both" && point.direction !== undefined);
    this.way.replaceChildren(icon(out ? "log-out" : "log-in"), h("span", {}, out ? t("Exit") : t("Entry")));
    this.way.setAttribute("aria-pressed", String(out));
    this.way.classList.toggle("out", out);
    const [sign, text, state] = device.online
      ? queue.due
        ? ["refresh", t("Handing in %(n)s", { n: number(queue.due) }), "busy"]
        : ["wifi", t("Online"), "ok"]
      : ["wifi-off", queue.waiting ? t("Offline, %(n)s waiting", { n: number(queue.waiting) }) : t("Offline"), "off"];
    this.chip.dataset.state = device.stale || !device.cards.version ? `${state} stale` : state;
    const old =
      this.chip.dataset.state.includes("stale") && device.cards.version
        ? ` · ${t("data of %(time)s", { time: clock(device.cardsAt) })}`
        : "";
    this.chip.replaceChildren(icon(sign), h("span", {}, text + old));
    const held = queue.crowds()[point.zone];
    this.full.textContent =
      held && !this.kiosk
        ? held.cap
          ? t("Inside: %(inside)s of %(cap)s", { inside: number(held.inside), cap: number(held.cap) })
          : t("Inside: %(inside)s", { inside: number(held.inside) })
        : "";
  }

  turn() {
    const { checkpoint, direction } = this.device.place;
    this.device.stand(checkpoint, direction === "in" ? "out" : "in");
    this.idle();
  }

  start() {
    this.wanted = true;
    this.stayAwake();
    return this.camera.start(this.facing);
  }

  /** The screen stays on while somebody scans; browsers take that back when the page is hidden. */
  async stayAwake() {
    if (!navigator.wakeLock || (this.awake && !this.awake.released)) return;
    this.awake = await navigator.wakeLock.request("screen").catch(() => null);
  }

  said(what) {
    this.startButton.hidden = what === "on";
    this.element.classList.toggle("seeing", what === "on");
    const words = cameraWords(what);
    this.says.hidden = !words;
    this.says.textContent = words;
    this.lamp.hidden = !(what === "on" && this.camera.hasLight);
    this.lamp.setAttribute("aria-pressed", "false");
  }

  async light() {
    const on = this.lamp.getAttribute("aria-pressed") !== "true";
    try {
      await this.camera.light(on);
      this.lamp.setAttribute("aria-pressed", String(on));
    } catch (_cannot) {
      this.lamp.hidden = true;
    }
  }

  // --- codes come from the camera, from scanners that type, from sheets ---
  async heard(text) {
    if (sheetIsOpen()) return null;
    return this.scan(text);
  }

  async scan(text, extra = {}) {
    let verdict;
    try {
      verdict = await this.scanner.scan(text, extra);
    } catch (_notKept) {
      // nothing is green that is not on the disk
      verdict = { status: "unsure", reason: "not_kept", message: {}, next: {}, guest: {}, questions: [] };
    }
    if (verdict) this.show(verdict);
    return verdict;
  }

  // --- the verdict ---
  idle(text = "") {
    clearTimeout(this.timer);
    const greeting = this.kiosk
      ? t("Hold your ticket’s QR code in front of the camera.")
      : t("Point the camera at a ticket.");
    this.answer.replaceChildren(h("div", { class: "door-idle" }, icon("qr", "icon-l"), h("p", {}, text || greeting)));
    this.answer.dataset.status = "idle";
    this.open("verdict", null);
  }

  show(verdict) {
    clearTimeout(this.timer);
    this.count++;
    signal(SOUNDS[verdict.status] || "ask", { sound: true });
    this.paint(verdict);
    this.open("verdict", verdict);
    if (this.kiosk) this.timer = setTimeout(() => this.idle(), IDLE);
  }

  paint(verdict) {
    const { device, kiosk } = this;
    const now = device.now();
    const sentence =
      verdict.reason === "not_kept"
        ? t("This phone could not keep the scan. Free some storage, or use another phone.")
        : sentenceOf(verdict, now, kiosk);
    const next = kiosk ? "" : nextOf(verdict, now);
    const role = pick(verdict.role);
    this.answer.dataset.status = verdict.status;
    this.answer.dataset.reason = verdict.reason || "";
    this.answer.dataset.count = String(this.count);
    this.answer.dataset.nonce = verdict.nonce || "";
    this.answer.dataset.took = String(Math.round(this.scanner.lastTook)); // milliseconds from the decoded text to here
    const flags =
      !kiosk && (verdict.vip || verdict.attention || verdict.note)
        ? h(
            "p",
            { class: "door-flag" },
            icon(verdict.attention ? "alert" : "star"),
            h(
              "strong",
              {},
              [
                verdict.vip ? t("VIP") : "",
                verdict.note || (verdict.attention ? t("Please take care of this guest.") : ""),
              ]
                .filter(Boolean)
                .join(" · "),
            ),
          )
        : null;
    const more = kiosk ? [] : this.actions(verdict);
    this.answer.replaceChildren(
      h(
        "div",
        { class: `door-verdict door-v-${verdict.status}` },
        h(
          "div",
          { class: `door-shape door-shape-${verdict.status}`, "aria-hidden": "true" },
          icon(SHAPES[verdict.status] || "help"),
        ),
        h(
          "div",
          { class: "door-words" },
          h(
            "p",
            { class: "door-title" },
            (kiosk && pick((device.rules.guest_titles || {})[titleKey(verdict)])) ||
              titleOf(verdict, device.rules && device.rules.titles),
          ),
          verdict.name && h("p", { class: "door-name" }, verdict.name),
          verdict.people > 1 &&
            h("strong", { class: "door-role" }, t("%(n)s people on this ticket", { n: number(verdict.people) })),
          (role || verdict.organisation) &&
            h(
              "p",
              { class: "door-role" },
              [role, verdict.organisation, verdict.delegation].filter(Boolean).join(" · "),
            ),
          verdict.group &&
            verdict.status !== "needs_input" &&
            verdict.direction !== "out" &&
            h("p", { class: "door-role num" }, t("%(here)s of %(all)s inside", present(verdict.group))),
          flags,
          sentence && h("p", { class: "door-why" }, sentence),
          next && h("p", { class: "door-next" }, h("strong", {}, next)),
        ),
        h("div", { class: "door-more" }, ...more),
      ),
    );
  }

  actions(verdict) {
    const made = [];
    const act = (label, sign, name) =>
      made.push(
        button(label, sign, () => this.open(name, verdict), "secondary", {
          class: "btn door-btn door-on",
          "data-act": name,
        }),
      );
    const rule = ((this.device.rules && this.device.rules.reasons) || {})[verdict.reason] || {};
    if (verdict.status === "needs_input" && verdict.reason === "group") act(t("Tick who is here"), "users", "group");
    else if (verdict.status === "needs_input") act(t("Answer the question"), "help", "questions");
    if (rule.overridable && this.device.role("supervisor") && verdict.text)
      act(t("Let in anyway"), "user-check", "override");
    return made;
  }

  /** The server said something else about what stands here: never silently. */
  correct(nonce, verdict) {
    if (this.answer.dataset.nonce !== nonce) return;
    signal(SOUNDS[verdict.status] || "ask", { sound: true });
    this.paint(verdict);
  }

  close() {
    clearTimeout(this.timer);
    this.wanted = false;
    if (this.awake) this.awake.release().catch(() => {});
    this.camera.stop();
    for (const what of ["place", "link", "occupancy", "cards"]) this.device.removeEventListener(what, this.draw);
    this.queue.removeEventListener("count", this.draw);
    this.scanner.removeEventListener("asking", this.asking);
    this.deaf();
    document.removeEventListener("visibilitychange", this.away);
  }
}
