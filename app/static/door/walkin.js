// Somebody without a ticket: registered at the door in seconds, also without the network, with a pass to show.
import { closeSheet, complain, field, formOf, h, icon, sheet } from "./dom.js";
import { nonce } from "./queue.js";
import { pick, t } from "./words.js";

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const QUIET = 4; // modules of white around a code

export const newPass = () =>
  `W${Array.from(crypto.getRandomValues(new Uint8Array(25)), (byte) => LETTERS[byte & 31]).join("")}`;

/** A canvas with the code of a text, large enough to be photographed from a phone's screen. */
export async function drawn(text, address) {
  const { default: encodeQR } = await import(address);
  const rows = encodeQR(text, "raw", { ecc: "medium", border: QUIET });
  const size = 8;
  const canvas = h("canvas", {
    width: rows.length * size,
    height: rows.length * size,
    class: "door-qr",
    role: "img",
    "aria-label": t("Temporary pass"),
  });
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.fillStyle = "#000";
  rows.forEach((row, y) =>
    row.forEach((dark, x) => {
      if (dark) pen.fillRect(x * size, y * size, size, size);
    }),
  );
  return canvas;
}

function problemOf(person) {
  if (person.full_name.trim().length < 2) return t("Please type the name.");
  if (person.email && !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(person.email))
    return t("This does not look like an email address.");
  if (!person.email && !person.phone.trim()) return t("Please type an email address or a phone number.");
  return "";
}

export function walkInSheet({ device, queue, scanner, encoder, said }) {
  const open = device.rules.types.filter((type) => type.public !== false || device.me.device.hidden_types);
  if (!open.length)
    return sheet(t("Walk-in"), [
      h("p", {}, t("No ticket of this event is given out at the door. Send the guest to the organisers.")),
    ]);
  const types = open.map((type) => [type.code, pick(type, "title")]);
  const form = formOf(
    [
      field("full_name", t("Full name"), {
        autofocus: true,
        autocapitalize: "words",
        maxlength: "200",
        enterkeyhint: "next",
      }),
      field("email", t("Email"), { type: "email", inputmode: "email", maxlength: "254", enterkeyhint: "next" }),
      field("phone", t("Phone"), { type: "tel", inputmode: "tel", maxlength: "30", enterkeyhint: "next" }),
      field("organisation", t("Organisation"), { maxlength: "200" }),
      types.length > 1 ? field("ticket_type", t("Ticket type"), { options: types, value: types[0][0] }) : null,
    ].filter(Boolean),
    t("Register and let in"),
    async (given) => {
      const person = {
        full_name: given.full_name.trim(),
        email: given.email.trim(),
        phone: given.phone.trim(),
        organisation: given.organisation.trim(),
      };
      const problem = problemOf(person);
      if (problem) {
        complain(form, problem);
        return;
      }
      const pass = newPass();
      const body = {
        nonce: nonce(),
        checkpoint_id: device.place.checkpoint,
        ticket_type: given.ticket_type || types[0][0],
        scanned_at: new Date().toISOString(),
        clock_ms: device.clockKnown ? device.clockMs : 0,
        pass,
        person,
        offline: !device.online,
      };
      try {
        const type = device.rules.types.find((one) => one.code === body.ticket_type);
        await queue.add({ kind: "walk-in", body }, await scanner.givenOut(pass, type.n, body));
      } catch (_notKept) {
        complain(form, t("This phone could not keep the scan. Free some storage, or use another phone."));
        return;
      }
      queue.hurry();
      said(person, body.nonce);
      closeSheet();
      sheet(t("Welcome"), [
        h("p", { class: "door-name" }, person.full_name),
        h(
          "p",
          {},
          t("Let the guest take a picture of this pass: it works like a ticket. The real ticket follows by mail."),
        ),
        await drawn(pass, encoder).catch(() =>
          h(
            "p",
            { class: "alert alert-warn" },
            icon("alert"),
            t("The pass cannot be drawn here. Note the name instead."),
          ),
        ),
      ]);
    },
    "user-plus",
  );
  return sheet(t("Walk-in"), [form], { wide: true });
}
