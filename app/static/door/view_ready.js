// Is this device ready? What it has, how fresh, whether a test scan passed; and at which door it stands.
import { pickReader } from "./camera.js";
import { button, formOf, h, icon, sheet } from "./dom.js";
import { clock, number, pick, t } from "./words.js";

const SKEW = 2 * 60 * 1000;
const LEAST_BATTERY = 20;

/** The checks: `[{name, state: "ok" | "warn" | "bad" | "busy", title, detail}]`, the gravest of them decides. */
export function checks({ device, reader, camera, waiting, barred = 0 }) {
  const { cards, rules } = device;
  const list = [];
  const add = (name, state, title, detail) => list.push({ name, state, title, detail });
  const have = {
    have: number(cards.states.size),
    total: number(cards.total),
    time: device.cardsAt ? clock(device.cardsAt) : "–",
  };
  if (!cards.version)
    add(
      "tickets",
      device.busy ? "busy" : "bad",
      t("Tickets"),
      device.busy ? t("Loading…") : t("Nothing is loaded yet. Connect to the network and update."),
    );
  else if (cards.total && !cards.complete)
    add(
      "tickets",
      "bad",
      t("Tickets"),
      t("Only %(have)s of %(total)s tickets are here. Update before you start.", have),
    );
  else if (device.stale)
    add(
      "tickets",
      "bad",
      t("Tickets"),
      t("%(have)s of %(total)s tickets, but as of %(time)s. Connect to the network and update.", have),
    );
  else add("tickets", "ok", t("Tickets"), t("%(have)s of %(total)s tickets, as of %(time)s", have));
  const keys = rules ? rules.keys.filter((key) => !key.revoked).length : 0;
  add(
    "keys",
    keys ? "ok" : "bad",
    t("Signatures"),
    keys ? t("Real and forged codes can be told apart without the network.") : t("The keys of the event are missing."),
  );
  add(
    "test",
    device.tested ? "ok" : "warn",
    t("Test scan"),
    device.tested
      ? t("Passed at %(time)s", { time: clock(device.tested) })
      : t("Scan the test code on the organiser’s page of devices once."),
  );
  add(
    "reader",
    reader === null ? "busy" : reader ? "ok" : "bad",
    t("Code reader"),
    reader === null
      ? t("Loading…")
      : reader
        ? t("Ready, also without the network")
        : t("Could not be loaded. Connect to the network once, or use a hand-held scanner."),
  );
  if (camera)
    add(
      "camera",
      camera === "denied" ? "bad" : "warn",
      t("Camera"),
      camera === "denied"
        ? t("Not allowed. Allow it in the settings of the browser for this page.")
        : t("None found: use a hand-held scanner or type codes."),
    );
  add(
    "stored",
    device.persisted ? "ok" : "warn",
    t("Storage"),
    device.persisted
      ? t("The browser keeps everything until it is handed in.")
      : t("The browser may clear its storage when it is full. Add this page to the home screen."),
  );
  const off = Math.abs(device.clockMs);
  if (!device.clockKnown) add("clock", "warn", t("Clock"), t("Not compared with the server yet."));
  else
    add(
      "clock",
      off < SKEW ? "ok" : "warn",
      t("Clock"),
      off < SKEW
        ? t("Agrees with the server")
        : t("Differs from the server by %(minutes)s min. Scans are put right, but please set the clock.", {
            minutes: number(Math.round(off / 60000)),
          }),
    );
  if (device.battery !== null)
    add("battery", device.battery < LEAST_BATTERY ? "warn" : "ok", t("Battery"), `${number(device.battery)} %`);
  if (device.newer)
    add("page", "warn", t("Page"), t("A newer version is here. It starts when this page is opened the next time."));
  add(
    "queue",
    waiting ? "warn" : "ok",
    t("Scans to hand in"),
    waiting ? t("%(n)s waiting for the network", { n: number(waiting) }) : t("None waiting"),
  );
  if (barred)
    add(
      "barred",
      "warn",
      t("Scanned in another role"),
      t("Kept on this phone, sealed: %(n)s. To be handed in once it is paired in that role again.", {
        n: number(barred),
      }),
    );
  return list;
}

export const gravest = (list) => ["bad", "busy", "warn", "ok"].find((state) => list.some((one) => one.state === state));

const SIGNS = { ok: "check-circle", warn: "alert", bad: "alert-octagon", busy: "refresh" };

/** What is only needed now and then is asked for now, while there is a network, and kept from then on. */
function warm(addresses) {
  import(addresses.encoder).catch(() => {});
  crypto.subtle
    .generateKey({ name: "Ed25519" }, false, ["sign", "verify"])
    .catch(() => import(addresses.ed25519).catch(() => {}));
}

export class ReadyView {
  constructor({ device, queue, addresses, start, leave, test }) {
    Object.assign(this, { device, queue, addresses, start, leave, test, reader: null, camera: "" });
    this.element = h("div", { class: "door-page stack" });
    this.draw = this.draw.bind(this);
    for (const what of ["cards", "place", "link", "occupancy"]) device.addEventListener(what, this.draw);
    queue.addEventListener("count", this.draw);
    this.look();
    this.draw();
  }

  async look() {
    pickReader(this.addresses)
      .then(
        (found) => {
          found.close();
          this.reader = true;
        },
        () => {
          this.reader = false;
        },
      )
      .then(this.draw);
    warm(this.addresses);
    if (!navigator.mediaDevices) {
      this.camera = "missing";
      return;
    }
    const seen = await navigator.mediaDevices.enumerateDevices().catch(() => []);
    if (!seen.some((one) => one.kind === "videoinput")) this.camera = "missing";
    const allowed = await navigator.permissions?.query({ name: "camera" }).catch(() => null);
    if (allowed && allowed.state === "denied") this.camera = "denied";
    this.draw();
  }

  draw() {
    const { device } = this;
    if (this.element.contains(document.activeElement) && document.activeElement.matches("select")) return;
    const { due: waiting, barred } = this.queue;
    const list = checks({ device, reader: this.reader, camera: this.camera, waiting, barred });
    const state = gravest(list);
    const title = { ok: t("Ready"), warn: t("Ready, with remarks"), bad: t("Not ready"), busy: t("Getting ready…") }[
      state
    ];
    const focused = document.activeElement && document.activeElement.id;
    this.element.replaceChildren(
      h("p", { class: "kicker" }, pick(device.me.event, "title")),
      h("h1", { tabindex: "-1" }, device.me.device.name),
      h(
        "div",
        { class: `door-light door-light-${state}`, role: "status", "data-ready": state },
        icon(SIGNS[state], "icon-l"),
        h("strong", {}, title),
      ),
      this.places(),
      h(
        "ul",
        { class: "door-checks", "aria-label": t("Checks") },
        ...list.map((one) =>
          h(
            "li",
            { class: `door-check door-check-${one.state}`, "data-check": one.name, "data-state": one.state },
            icon(SIGNS[one.state]),
            h("div", {}, h("strong", {}, one.title), h("p", {}, one.detail)),
          ),
        ),
      ),
      button(t("Start scanning"), "scan", this.start, "primary", {
        class: "btn btn-primary door-btn door-wide door-main",
        id: "start",
        disabled: !device.checkpoint,
      }),
      h(
        "div",
        { class: "cluster" },
        button(t("Update now"), "refresh", () => this.update(), "secondary", { id: "update", disabled: device.busy }),
        button(t("Test scan"), "qr", this.test, "secondary", { id: "test", disabled: !device.checkpoint }),
        button(t("Disconnect this phone"), "log-out", this.leave, "secondary", { id: "leave" }),
      ),
    );
    if (focused) this.element.querySelector(`#${focused}`)?.focus();
  }

  async update() {
    await this.device.prepare().catch(() => {});
    this.queue.hurry();
    this.draw();
  }

  places() {
    const { device } = this;
    const points = device.points();
    if (!points.length)
      return h(
        "div",
        { class: "alert alert-warn" },
        icon("alert"),
        h(
          "div",
          { class: "alert-body" },
          h("p", {}, t("This event has no checkpoint yet. An organiser adds one in its settings.")),
        ),
      );
    const at = device.checkpoint;
    const select = h(
      "select",
      { class: "input", id: "point", "aria-label": t("Checkpoint") },
      ...points.map((point) => h("option", { value: point.id }, pick(point, "name"))),
    );
    select.value = at ? at.id : points[0].id;
    const change = () => {
      const point = points.find((one) => one.id === select.value);
      device.stand(point.id, point.direction === "out" ? "out" : "in");
      select.blur();
      this.draw();
    };
    select.addEventListener("change", change);
    return h(
      "div",
      { class: "field" },
      h("label", { for: "point" }, t("Checkpoint")),
      h("div", { class: "select" }, select, icon("chevron-down", "icon-s")),
    );
  }

  close() {
    for (const what of ["cards", "place", "link", "occupancy"]) this.device.removeEventListener(what, this.draw);
    this.queue.removeEventListener("count", this.draw);
  }
}

/** Leaving needs a queue that is handed in as far as this role may: what was scanned here must not be lost. */
export function leaveSheet({ waiting, leave }) {
  if (waiting) {
    return sheet(t("Not yet: scans are waiting"), [
      h(
        "p",
        {},
        t("%(n)s scans are not handed in yet. Connect to the network first: they would be lost.", {
          n: number(waiting),
        }),
      ),
    ]);
  }
  const form = formOf(
    [h("p", {}, t("Everything is erased from this phone. To scan again it has to be paired again."))],
    t("Disconnect this phone"),
    leave,
    "log-out",
  );
  return sheet(t("Disconnect this phone"), [form]);
}
