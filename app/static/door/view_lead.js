// The screen at a booth: camera above, what a visitor tells in the middle, a note and a rating within reach of a thumb.
import { Camera, pickReader } from "./camera.js";
import { button, closeSheet, complain, field, formOf, h, icon, sheet, sheetIsOpen } from "./dom.js";
import { listen } from "./hand.js";
import { typeSheet } from "./sheets.js";
import { signal, unlock } from "./signals.js";
import { cameraWords } from "./view_pair.js";
import { clock, number, pick, t } from "./words.js";

const SHAPES = { ok: "check", visited: "user", kept: "clock", refused: "x", test: "check", gone: "ban" };
const SOUNDS = { ok: "ok", test: "ok", refused: "refused" };
const LOOKS = { visited: "conflict", kept: "already", test: "ok", gone: "conflict" };

function titleOf(entry, rules) {
  if (entry.status === "refused") return pick(((rules || {}).titles || {}).refused) || t("Not kept");
  return {
    ok: t("A lead"),
    visited: t("A visit without a name"),
    kept: t("Kept for later"),
    test: t("Test code"),
    gone: t("Taken back"),
  }[entry.status];
}

const notKept = () => t("This phone could not keep the scan. Free some storage, or use another phone.");

function sentenceOf(entry, rules) {
  if (entry.reason === "not_kept") return notKept();
  if (entry.status === "kept")
    return t("It is handed in as soon as there is a network. What this visitor tells you stands in the list then.");
  if (entry.status === "gone") return t("This visitor does not want you to see this any more.");
  if (entry.status === "ok" && entry.lead)
    return entry.lead.level === "contact"
      ? t("This visitor tells you name, organisation, e-mail and phone.")
      : t("This visitor tells you name and organisation.");
  const said = ((rules || {}).reasons || {})[entry.reason];
  return pick(entry.message) || (said ? pick({ vi: said.staff_vi, en: said.staff_en }) : "");
}

const ratingOf = (lead) => t("Rating %(number)s of 5", { number: number(lead.rating) });
const writtenOf = (entry) =>
  ({ kept: t("Your note is kept for later."), noted: t("Your note stands with the lead.") })[entry.written] ||
  (entry.written ? pick(entry.message) : "");

export class LeadView {
  constructor({ device, queue, leads, addresses, leave }) {
    Object.assign(this, { device, queue, leads, leave, entry: null, count: 0 });
    this.video = h("video", {
      class: "door-video",
      playsinline: true,
      muted: true,
      "aria-label": t("What the camera sees"),
    });
    this.says = h("p", { class: "door-says", role: "alert", hidden: true });
    this.startButton = button(t("Start the camera"), "camera", () => this.start(), "primary", {
      class: "btn btn-primary door-btn door-start",
    });
    this.answer = h("section", {
      class: "door-answer",
      tabindex: "0",
      "aria-label": t("Answer"),
      "aria-live": "assertive",
      "aria-atomic": "true",
      "data-count": "0",
    });
    this.where = h("div", { class: "door-point door-booth" });
    this.chip = h("button", { type: "button", class: "door-chip", onclick: () => this.list() });
    this.lamp = button(t("Light"), "zap", () => this.light(), "secondary", {
      class: "btn btn-secondary door-tool",
      hidden: true,
      "aria-pressed": "false",
    });
    this.camera = new Camera({
      video: this.video,
      addresses,
      heard: (text) => (sheetIsOpen() ? null : this.scan(text)),
      said: (what) => this.said(what),
    });
    this.element = h(
      "div",
      { class: "door-scan" },
      h("h1", { class: "door-unseen", tabindex: "-1" }, t("Scan visitors")),
      h("header", { class: "door-top" }, this.where, h("div", { class: "door-state" }, this.chip)),
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
    this.told = ({ detail }) => {
      if (detail && detail === this.entry) this.paint();
    };
    this.listed = () => {
      if (this.entry && this.entry.status === "gone") this.paint();
      this.draw();
    };
    this.away = () => {
      if (document.hidden) this.camera.stop();
      else if (this.wanted) this.start();
    };
    for (const what of ["link", "cards"]) device.addEventListener(what, this.draw);
    queue.addEventListener("count", this.draw);
    leads.addEventListener("told", this.told);
    leads.addEventListener("list", this.listed);
    document.addEventListener("visibilitychange", this.away);
    this.deaf = listen((text) => this.scan(text));
    // kept from now on, for when there is no network
    pickReader(addresses).then(
      (found) => found.close(),
      () => {},
    );
    this.idle();
    this.draw();
  }

  tools() {
    const tool = (label, sign, act, name) =>
      button(label, sign, act, "secondary", { class: "btn btn-secondary door-tool", "data-tool": name });
    const scan = (text) => this.scan(text);
    return h(
      "nav",
      { class: "door-tools", "aria-label": t("Tools") },
      tool(t("Type code"), "keyboard", () => typeSheet({ scan }), "type"),
      this.lamp,
      tool(t("List"), "list", () => this.list(), "list"),
      tool(t("Disconnect this phone"), "log-out", this.leave, "leave"),
    );
  }

  draw() {
    const { device, queue, leads } = this;
    if (!device.me || device.me.ended) return;
    this.where.replaceChildren(
      icon("scan"),
      h("span", {}, `${leads.exhibitor || device.me.device.name} · ${pick(device.me.event, "title")}`),
    );
    const n = number(queue.waiting);
    const offline = !device.online;
    this.chip.dataset.state = leads.lost ? "stale" : offline ? "off" : "on";
    this.chip.replaceChildren(
      icon(offline ? "wifi-off" : "wifi"),
      h(
        "span",
        {},
        leads.lost
          ? t("No booth")
          : offline
            ? t("Offline, %(n)s waiting", { n })
            : queue.due
              ? t("Handing in %(n)s", { n: number(queue.due) })
              : t("Online"),
      ),
    );
  }

  // --- camera ---
  start() {
    unlock();
    this.wanted = true;
    this.stayAwake();
    this.camera.start("environment");
  }

  /** The screen stays on while somebody scans; browsers take that back when the page is hidden. */
  async stayAwake() {
    if (!navigator.wakeLock || (this.awake && !this.awake.released)) return;
    this.awake = await navigator.wakeLock.request("screen").catch(() => null);
  }

  said(what) {
    const on = what === "on";
    this.element.classList.toggle("seeing", on);
    this.startButton.hidden = on;
    const words = cameraWords(what);
    this.says.hidden = !words;
    this.says.textContent = words;
    this.lamp.hidden = !(on && this.camera.hasLight);
  }

  async light() {
    const on = this.lamp.getAttribute("aria-pressed") !== "true";
    try {
      await this.camera.light(on);
      this.lamp.setAttribute("aria-pressed", String(on));
    } catch (_none) {
      this.lamp.hidden = true;
    }
  }

  // --- a visitor ---
  async scan(text) {
    this.idle(this.device.online ? t("Asking the server…") : "");
    let entry;
    try {
      entry = await this.leads.scan(text);
    } catch (_notKept) {
      entry = { status: "refused", reason: "not_kept", message: { vi: "", en: "" } };
    }
    if (!entry) return;
    this.entry = entry;
    this.count++;
    signal(SOUNDS[entry.status] || "ask", { sound: true });
    this.paint();
    if (this.leads.lost || entry.status === "ok") this.leads.refresh();
  }

  idle(text = "") {
    this.entry = null;
    this.answer.dataset.status = "idle";
    const greeting = this.leads.lost ? noBooth() : t("Ask a visitor for the ticket and point the camera at it.");
    this.answer.replaceChildren(
      h("div", { class: "door-idle" }, icon("qr", "icon-l"), h("p", {}, text || greeting)),
    );
  }

  paint() {
    const { entry, answer } = this;
    const { rules } = this.device;
    const { lead } = entry;
    const look = LOOKS[entry.status] || entry.status;
    const why = sentenceOf(entry, rules);
    const written = writtenOf(entry);
    Object.assign(answer.dataset, { status: entry.status, reason: entry.reason || "", written: entry.written || "" });
    answer.dataset.count = String(this.count);
    const reach = lead ? [lead.email, lead.phone].filter(Boolean) : [];
    answer.replaceChildren(
      h(
        "div",
        { class: `door-verdict door-v-${look}` },
        h("div", { class: `door-shape door-shape-${look}`, "aria-hidden": "true" }, icon(SHAPES[entry.status])),
        h(
          "div",
          { class: "door-words" },
          h("p", { class: "door-title" }, titleOf(entry, rules)),
          lead && h("p", { class: "door-name" }, lead.name),
          lead && lead.organisation && h("p", { class: "door-role" }, lead.organisation),
          reach.length > 0 && h("p", { class: "door-role" }, reach.join(" · ")),
          lead && lead.rating && h("p", { class: "door-role" }, ratingOf(lead)),
          why && h("p", { class: "door-why" }, why),
          written && h("p", { class: "door-next" }, h("strong", {}, written)),
        ),
        h(
          "div",
          { class: "door-more" },
          ["ok", "kept"].includes(entry.status) &&
            button(t("Note and rating"), "edit", () => this.write(entry), "secondary", {
              class: "btn door-btn door-on",
              "data-act": "note",
            }),
        ),
      ),
    );
  }

  write(entry) {
    const stars = [["", "–"], ...["1", "2", "3", "4", "5"].map((n) => [n, n])];
    const form = formOf(
      [
        entry.lead && h("p", {}, h("strong", {}, entry.lead.name)),
        noteField(),
        field("rating", t("Rating"), { options: stars, value: "" }, t("5 is best. The team has one rating together.")),
        field("tags", t("Tags"), { maxlength: "200" }, t("Several: with commas between them.")),
      ].filter(Boolean),
      t("Save"),
      async ({ note, rating, tags }) => {
        const words = tags.split(",").map((tag) => tag.trim().slice(0, 40));
        const given = words.filter(Boolean).slice(0, 20);
        if (!note.trim() && !rating && !given.length) {
          complain(form, t("Please write something, or choose a rating."));
          return;
        }
        try {
          await this.leads.write(entry, { note: note.trim(), rating: rating ? Number(rating) : null, tags: given });
        } catch (_notKept) {
          complain(form, notKept());
          return;
        }
        closeSheet();
        if (this.entry === entry) this.paint();
        this.leads.refresh();
      },
    );
    return sheet(t("Note and rating"), [form]);
  }

  // --- the list ---
  async list() {
    const body = h("div", { class: "stack-s" });
    const fill = () => body.replaceChildren(...this.rows());
    fill();
    this.leads.addEventListener("list", fill);
    const onclose = () => this.leads.removeEventListener("list", fill);
    sheet(t("Leads of this booth"), [body], { wide: true, onclose });
    await this.leads.refresh();
  }

  rows() {
    const { device, queue, leads } = this;
    const n = number(queue.waiting);
    const waiting = queue.waiting ? t("%(n)s waiting for the network", { n }) : t("None waiting");
    const head = h(
      "p",
      { class: "cluster" },
      h("span", { class: "badge" }, device.online ? t("Online") : t("Offline")),
      h("span", { class: "badge" }, waiting),
    );
    const made = leads.items.map((one) =>
      h(
        "li",
        { class: "row", "data-lead": one.id },
        h(
          "div",
          { class: "grow" },
          h("p", {}, h("strong", {}, one.name), one.organisation ? ` · ${one.organisation}` : ""),
          (one.email || one.phone) && h("p", {}, [one.email, one.phone].filter(Boolean).join(" · ")),
          h(
            "p",
            { class: "meta" },
            [clock(Date.parse(one.at)), one.rating ? ratingOf(one) : "", ...one.tags].filter(Boolean).join(" · "),
          ),
          ...one.notes.map((note) => h("p", {}, note.text, h("span", { class: "meta" }, ` · ${note.author}`))),
        ),
      ),
    );
    const nothing = device.online
      ? t("Nobody yet. What you see of visitors is what they chose.")
      : t("Names are not kept on this phone: they are here again with the network.");
    return [
      head,
      leads.lost ? h("p", { class: "alert alert-warn" }, noBooth()) : "",
      made.length ? h("ul", { class: "rows" }, ...made) : h("p", { class: "muted" }, nothing),
    ].filter(Boolean);
  }

  close() {
    this.wanted = false;
    if (this.awake) this.awake.release().catch(() => {});
    this.camera.stop();
    for (const what of ["link", "cards"]) this.device.removeEventListener(what, this.draw);
    this.queue.removeEventListener("count", this.draw);
    this.leads.removeEventListener("told", this.told);
    this.leads.removeEventListener("list", this.listed);
    document.removeEventListener("visibilitychange", this.away);
    this.deaf();
  }
}

const noBooth = () => t("This phone belongs to no booth. Your organisation adds it on its page of leads.");

function noteField() {
  return h(
    "div",
    { class: "field" },
    h("label", { for: "d-note" }, t("Note")),
    h("textarea", { class: "input", id: "d-note", name: "note", rows: "3", maxlength: "2000", autofocus: true }),
  );
}
