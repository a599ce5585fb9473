// What slides up over the scanner: typing a code, finding a name, the list, members of a group, questions, reasons.
import { button, closeSheet, complain, field, formOf, h, holdButton, icon, sheet } from "./dom.js";
import { sentenceOf, titleOf } from "./view_scan.js";
import { clock, number, pick, t } from "./words.js";

const LEAST = 3;
const PAUSE = 250;

export function typeSheet({ scan }) {
  const form = formOf(
    [
      field(
        "text",
        t("Ticket code"),
        { autofocus: true, autocapitalize: "characters", spellcheck: "false", maxlength: "400", enterkeyhint: "go" },
        t("The 8 letters and digits under the QR code. Small letters and blanks do not matter."),
      ),
    ],
    t("Check"),
    async ({ text }) => {
      if (!text.trim()) {
        complain(form, t("Please type the code."));
        return;
      }
      closeSheet();
      await scan(text);
    },
    "scan",
  );
  return sheet(t("Type a code"), [form]);
}

export function searchSheet({ device, scan }) {
  const list = h("div", { class: "stack-s", role: "status" });
  const input = field(
    "q",
    t("Guest’s name"),
    { autofocus: true, inputmode: "search", spellcheck: "false", enterkeyhint: "search" },
    t("At least three letters, with or without accents."),
  );
  let timer = 0;
  let turn = 0;
  const say = (text) => list.replaceChildren(h("p", { class: "muted" }, text));
  async function find() {
    const q = input.querySelector("input").value.trim();
    const mine = ++turn;
    if ([...q].length < LEAST) {
      list.replaceChildren();
      return;
    }
    try {
      const { value } = await device.call(
        `/door/search?q=${encodeURIComponent(q)}&checkpoint_id=${device.place.checkpoint}`,
      );
      if (mine !== turn) return;
      if (!value.items.length) {
        say(t("Nobody fits."));
        return;
      }
      list.replaceChildren(
        h(
          "ul",
          { class: "rows" },
          ...value.items.map((one) =>
            h(
              "li",
              { class: "row" },
              h(
                "div",
                { class: "grow" },
                h("strong", {}, one.name),
                h(
                  "p",
                  { class: "meta" },
                  [one.organisation, pick(one, "type"), one.inside ? t("inside") : ""].filter(Boolean).join(" · "),
                ),
              ),
              button(
                device.place.direction === "out" ? t("Check out") : t("Check in"),
                "user-check",
                () => {
                  closeSheet();
                  scan(one.code);
                },
                one.inside ? "secondary" : "primary",
                { "aria-label": t("Check in %(name)s", { name: one.name }), disabled: !one.code },
              ),
            ),
          ),
        ),
      );
    } catch (_noAnswer) {
      if (mine === turn)
        say(
          device.online
            ? t("That did not work. Please try again.")
            : t("Searching needs the network. Scan the QR code instead."),
        );
    }
  }
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(find, PAUSE);
  });
  return sheet(t("Find by name"), [input, list], {
    onclose: () => {
      clearTimeout(timer);
      turn++;
    },
  });
}

/** The scans since this page was opened, the newest first, each with what the server made of it. */
export function listSheet({ device, queue, journal, undo }) {
  const state = device.online ? t("Online") : t("Offline");
  const waiting = queue.waiting ? t("%(n)s waiting for the network", { n: number(queue.waiting) }) : t("None waiting");
  const rows = journal.map((entry) =>
    h(
      "li",
      { class: "row", "data-nonce": entry.nonce || "", "data-word": entry.word || "" },
      h(
        "div",
        { class: "grow" },
        h(
          "p",
          {},
          h("strong", {}, titleOf(entry, device.rules && device.rules.titles)),
          entry.name ? ` · ${entry.name}` : "",
        ),
        h(
          "p",
          { class: "meta" },
          [clock(entry.at, true), sentenceOf(entry, entry.at), entry.nonce && !entry.word ? t("not confirmed yet") : ""]
            .filter(Boolean)
            .join(" · "),
        ),
        entry.differs &&
          h(
            "p",
            { class: "door-differs" },
            icon("alert", "icon-s"),
            h(
              "strong",
              {},
              t("The server says: %(what)s", {
                what: pick(entry.differs.message) || titleOf(entry.differs, device.rules.titles),
              }),
            ),
          ),
      ),
      entry.scanId && entry.status === "ok" && !entry.undone && device.role("supervisor")
        ? button(t("Undo"), "undo", () => undo(entry))
        : null,
    ),
  );
  return sheet(
    t("Scans on this phone"),
    [
      h("p", { class: "cluster" }, h("span", { class: "badge" }, state), h("span", { class: "badge" }, waiting)),
      rows.length
        ? h("ul", { class: "rows" }, ...rows)
        : h("p", { class: "muted" }, t("Nothing was scanned yet since this page was opened.")),
    ],
    { wide: true },
  );
}

export function undoSheet({ device, entry, done }) {
  const reasons = [t("Scanned by mistake"), t("Wrong person"), t("Wrong checkpoint"), t("Did not go in")].map(
    (text) => [text, text],
  );
  const problem = h("div", {});
  const choice = field("reason", t("Reason"), { options: reasons });
  const act = async () => {
    try {
      await device.call("/door/undo", {
        method: "POST",
        body: { scan_id: entry.scanId, reason: choice.querySelector("select").value },
      });
    } catch (error) {
      if (error.status !== 409) {
        complain(
          problem,
          error.status ? pick(error.body && error.body.error, "message") : t("Undoing needs the network."),
        );
        return;
      }
    }
    await done(entry);
    closeSheet();
  };
  return sheet(t("Undo the check-in"), [
    problem,
    entry.name && h("p", {}, h("strong", {}, entry.name)),
    choice,
    h("p", { class: "hint" }, t("Hold the button for a second.")),
    holdButton(t("Undo the check-in"), "undo", act),
  ]);
}

function whyNot(device, reason) {
  const said = device.rules && device.rules.reasons[reason];
  return said ? pick({ vi: said.staff_vi, en: said.staff_en }) : t("no confirmed place");
}

export function groupSheet({ device, verdict, scan }) {
  const { members, name } = verdict.group;
  const leaving = verdict.direction === "out";
  const may = leaving ? ["ok", "already"] : ["ok", "outside"];
  const open = members.filter((one) => may.includes(one.status));
  const list = members.map((one) => {
    const here = !leaving && one.status === "already";
    return h(
      "label",
      { class: "choice door-choice" },
      h("input", {
        type: "checkbox",
        name: "present",
        value: one.id,
        disabled: !may.includes(one.status),
      }),
      h(
        "span",
        {},
        one.name,
        one.people > 1 ? h("span", { class: "meta" }, ` · ${t("%(n)s people", { n: number(one.people) })}`) : null,
        here ? h("span", { class: "meta" }, ` · ${t("inside")}`) : null,
        one.status === "refused" ? h("span", { class: "meta" }, ` · ${whyNot(device, one.reason)}`) : null,
      ),
    );
  });
  const ticked = () => [...form.querySelectorAll("[name=present]:checked")].map((one) => one.value);
  const form = formOf(
    [h("fieldset", { class: "stack-s" }, h("legend", {}, t("Who is here?")), ...list)],
    leaving ? t("Check out those who are ticked") : t("Check in those who are ticked"),
    async () => {
      const present = ticked();
      if (!present.length) {
        complain(form, t("Please tick at least one name."));
        return;
      }
      closeSheet();
      await scan(verdict.text, { ...verdict.extra, present });
    },
    "users",
  );
  const everybody = button(t("Tick everybody"), "check", () => {
    for (const box of form.querySelectorAll("[name=present]:not(:disabled)")) box.checked = true;
  });
  return sheet(
    name || t("Delegation"),
    [leaving ? "" : h("p", {}, t("%(n)s not here yet", { n: number(open.length) })), everybody, form],
    { wide: true },
  );
}

export function questionsSheet({ verdict, scan }) {
  const fields = verdict.questions.map((one) => {
    const label = pick(one, "text");
    const choices =
      one.kind === "yes_no"
        ? [
            ["", "–"],
            ["yes", t("Yes")],
            ["no", t("No")],
          ]
        : one.kind === "choice"
          ? [["", "–"], ...one.options.map((option) => [option.code, pick(option, "text")])]
          : null;
    return field(one.code, label, choices ? { options: choices, value: "" } : { maxlength: "500" });
  });
  const form = formOf(fields, t("Check"), async (answers) => {
    const lacking = verdict.questions.filter((one) => one.required && !(answers[one.code] || "").trim());
    if (lacking.length) {
      complain(form, t("Please answer: %(question)s", { question: pick(lacking[0], "text") }));
      return;
    }
    const given = Object.fromEntries(Object.entries(answers).filter(([, value]) => value.trim()));
    closeSheet();
    await scan(verdict.text, { ...verdict.extra, answers: given });
  });
  return sheet(t("One question first"), [verdict.name && h("p", {}, h("strong", {}, verdict.name)), form]);
}

export function overrideSheet({ verdict, scan }) {
  const form = formOf(
    [
      h("p", {}, sentenceOf(verdict, Date.now())),
      field(
        "reason",
        t("Reason"),
        { autofocus: true, maxlength: "500" },
        t("It stands in the record with the name of this phone."),
      ),
    ],
    t("Let in anyway"),
    async ({ reason }) => {
      if (reason.trim().length < LEAST) {
        complain(form, t("Please say why."));
        return;
      }
      closeSheet();
      await scan(verdict.text, { ...verdict.extra, override_reason: reason.trim() });
    },
    "user-check",
  );
  return sheet(t("Let in anyway"), [form]);
}
