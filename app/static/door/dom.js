// Builds what is shown: elements, signs, sheets that slide up from the bottom. No markup in texts, ever.
import { t } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";
let icons = "";
export function signsFrom(address) {
  icons = address;
}

/** `h("p", {class: "x", onclick: f}, "text", child)`; true is an attribute without value, null and false are none. */
export function h(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key === "value") element.value = value;
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export function icon(name, size = "") {
  const drawing = document.createElementNS(SVG, "svg");
  drawing.setAttribute("class", `icon ${size}`);
  drawing.setAttribute("viewBox", "0 0 24 24");
  drawing.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `${icons}#${name}`);
  drawing.append(use);
  return drawing;
}

export function button(label, sign, act, kind = "secondary", more = {}) {
  const inside = [sign ? icon(sign) : null, h("span", {}, label)];
  return h("button", { type: "button", class: `btn btn-${kind} door-btn`, onclick: act, ...more }, ...inside);
}

/** A button that wants to be held: a pocket does not undo anything. Keyboards hold it with Enter or Space. */
export function holdButton(label, sign, act) {
  return holdable(
    h("button", { type: "button", class: "btn btn-danger door-btn door-hold" }, icon(sign), h("span", {}, label)),
    act,
  );
}

export function holdable(made, act, long = 800) {
  let timer = 0;
  const end = () => {
    clearTimeout(timer);
    timer = 0;
    made.classList.remove("held");
  };
  const begin = () => {
    if (timer) return;
    made.classList.add("held");
    timer = setTimeout(() => {
      end();
      act();
    }, long);
  };
  made.addEventListener("pointerdown", begin);
  for (const over of ["pointerup", "pointerleave", "pointercancel", "blur", "keyup"]) made.addEventListener(over, end);
  made.addEventListener("keydown", (event) => {
    if ([" ", "Enter"].includes(event.key)) {
      event.preventDefault();
      begin();
    }
  });
  made.addEventListener("contextmenu", (event) => event.preventDefault());
  return made;
}

export function field(name, label, more = {}, hint = "") {
  const id = `d-${name}`;
  const input = h(
    more.options ? "select" : "input",
    {
      class: "input",
      id,
      name,
      autocomplete: "off",
      "aria-describedby": hint ? `${id}-hint` : null,
      ...more,
      options: null,
    },
    ...(more.options || []).map(([value, text]) => h("option", { value }, text)),
  );
  if (more.options && more.value !== undefined) input.value = more.value;
  return h(
    "div",
    { class: "field" },
    h("label", { for: id }, label),
    hint && h("p", { class: "hint", id: `${id}-hint` }, hint),
    input,
  );
}

export function formOf(children, label, act, sign = "check") {
  const send = h("button", { class: "btn btn-primary door-btn door-wide" }, icon(sign), h("span", {}, label));
  const form = h("form", { class: "stack", novalidate: true }, ...children, send);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (form.hasAttribute("aria-busy")) return;
    form.setAttribute("aria-busy", "true");
    try {
      await act(Object.fromEntries(new FormData(form)), form);
    } finally {
      form.removeAttribute("aria-busy");
    }
  });
  return form;
}

export function complain(form, text) {
  form.querySelector(".alert")?.remove();
  const line = h(
    "div",
    { class: "alert alert-error", role: "alert" },
    icon("alert"),
    h("div", { class: "alert-body" }, h("p", {}, text)),
  );
  form.prepend(line);
}

let shown = null;
/** One sheet at a time. It takes the focus and gives it back; Escape and a tap beside it close it. */
export function sheet(title, children, { onclose = null, wide = false } = {}) {
  closeSheet();
  const back = document.activeElement;
  const heading = h("h2", { class: "dialog-title", tabindex: "-1", id: "sheet-title" }, title);
  const shut = h(
    "button",
    { type: "button", class: "btn btn-secondary door-btn", "aria-label": t("Close") },
    icon("x"),
  );
  const made = h(
    "dialog",
    { class: `door-sheet${wide ? " wide" : ""}`, "aria-labelledby": "sheet-title" },
    h("div", { class: "door-sheet-head" }, heading, shut),
    h("div", { class: "door-sheet-body stack" }, ...children),
  );
  made.addEventListener("close", () => {
    made.remove();
    if (shown === made) shown = null;
    if (onclose) onclose();
    if (back && back.isConnected) back.focus({ preventScroll: true });
  });
  made.addEventListener("click", (event) => {
    if (event.target === made) made.close();
  });
  shut.addEventListener("click", () => made.close());
  document.body.append(made);
  shown = made;
  made.showModal();
  (made.querySelector("[autofocus]") || heading).focus();
  return made;
}
export function closeSheet() {
  if (shown) shown.close();
}
export const sheetIsOpen = () => Boolean(shown);
