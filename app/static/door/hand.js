// A hand-held scanner is a keyboard: letters that come faster than anybody types, and Enter or Tab after them.
import { sheetIsOpen } from "./dom.js";

const FAST = 480; // milliseconds between two letters; slower ones begin anew
const LEAST = 6; // letters of the shortest code

/** Tells `heard` each text that was typed outside of fields; returns what stops listening. */
export function listen(heard) {
  let typed = "";
  let last = 0;
  const key = (event) => {
    if (sheetIsOpen() || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest && event.target.closest("input, textarea, select")) return;
    const now = performance.now();
    if (event.key === "Enter" || event.key === "Tab") {
      const text = typed;
      typed = "";
      if (text.length < LEAST) return;
      event.preventDefault();
      heard(text);
    } else if (event.key.length === 1) {
      typed = (now - last > FAST ? "" : typed) + event.key;
      last = now;
      if (event.key === " " && typed.length > 1) event.preventDefault();
    }
  };
  document.addEventListener("keydown", key, true);
  return () => document.removeEventListener("keydown", key, true);
}
