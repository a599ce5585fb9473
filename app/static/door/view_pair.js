// A device that belongs to no event yet: reads the organiser's pairing code with the camera, or has it typed.
import { Camera } from "./camera.js";
import { button, complain, field, formOf, h, icon } from "./dom.js";
import { t } from "./words.js";

/** The code of a pairing link, or of the text of its QR; "" when it is none. */
export function pairingCode(text) {
  const found = /#pair=([A-Za-z0-9 -]{8,40})/.exec(text) || /^([A-HJKMNP-Z2-9]{12})$/i.exec(text.replace(/[\s-]/g, ""));
  return found ? found[1].replace(/[\s-]/g, "").toUpperCase() : "";
}

export class PairView {
  /** `pair(code)` pairs; throws what was wrong. */
  constructor({ addresses, pair, note = "" }) {
    this.pair = pair;
    this.form = formOf(
      [
        field(
          "code",
          t("Pairing code"),
          { autocapitalize: "characters", spellcheck: "false", inputmode: "text", maxlength: "40" },
          t("12 letters and digits, shown next to the QR code."),
        ),
      ],
      t("Connect"),
      ({ code }) => this.attempt(code),
      "link",
    );
    this.video = h("video", {
      class: "door-video",
      playsinline: true,
      muted: true,
      hidden: true,
      "aria-label": t("What the camera sees"),
    });
    this.says = h("p", { class: "alert alert-warn", role: "alert", hidden: true });
    this.camera = new Camera({
      video: this.video,
      addresses,
      heard: (text) => this.heard(text),
      said: (what) => this.said(what),
    });
    this.scan = button(t("Scan the organiser’s QR code"), "camera", () => this.camera.start(), "primary", {
      class: "btn btn-primary door-btn door-wide",
    });
    this.element = h(
      "div",
      { class: "door-page stack" },
      h("h1", { tabindex: "-1" }, t("Turn this phone into a scanner")),
      note &&
        h(
          "div",
          { class: "alert alert-warn", role: "status" },
          icon("alert"),
          h("div", { class: "alert-body" }, h("p", {}, note)),
        ),
      h(
        "ol",
        { class: "door-steps" },
        h("li", {}, t("Ask an organiser to open “Devices” of the event and add this phone.")),
        h("li", {}, t("Scan the QR code that appears, or type its letters.")),
      ),
      this.scan,
      this.says,
      this.video,
      this.form,
      h("p", { class: "muted small" }, t("Nothing to install. Names of guests are never kept readable on this phone.")),
    );
  }

  said(what) {
    this.video.hidden = what !== "on";
    const words = cameraWords(what);
    this.says.hidden = !words;
    this.says.textContent = words;
  }

  heard(text) {
    const code = pairingCode(text);
    if (code) this.attempt(code);
    else {
      this.says.hidden = false;
      this.says.textContent = t("That is not a pairing code. Keep looking for the organiser’s QR code.");
    }
  }

  async attempt(code) {
    const plain = pairingCode(code);
    if (!plain) {
      complain(this.form, t("A pairing code has 12 letters and digits."));
      return;
    }
    try {
      await this.pair(plain);
    } catch (error) {
      complain(
        this.form,
        error.code === "pairing_code"
          ? t("This code is wrong, was used already or is older than ten minutes. Ask for a new one.")
          : error.code === "too_many"
            ? t("Too many attempts. Please wait a minute.")
            : t("The server cannot be reached. To connect, the phone needs the network once."),
      );
    }
  }

  close() {
    this.camera.stop();
  }
}

export function cameraWords(what) {
  return (
    {
      denied: t(
        "The browser was not allowed to use the camera. Allow it in the settings of the browser for this page, or type the code.",
      ),
      missing: t("No camera was found on this device. Type the code, or use a hand-held scanner."),
      busy: t("Another program is using the camera. Close it and start the camera again."),
      broken: t("The camera could not be started. Type the code, or try again."),
      unread: t(
        "The reader for codes could not be loaded. Check the connection and start the camera again, or type the code.",
      ),
    }[what] || ""
  );
}
