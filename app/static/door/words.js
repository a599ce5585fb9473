// The page's words in two languages: English stands in the scripts, Vietnamese is loaded beside them.
let vietnamese = {};
let language = "vi";

export const lang = () => language;

export async function load(address) {
  vietnamese = await (await fetch(address)).json();
  let kept = null;
  try {
    kept = localStorage.getItem("door-language");
  } catch (_closed) {
    /* the page's own language then */
  }
  speak(kept || document.documentElement.lang);
}

export function speak(wanted, keep = false) {
  language = wanted === "en" ? "en" : "vi";
  document.documentElement.lang = language;
  document.title = `${t("Door")} · Kết Nối`;
  if (!keep) return;
  try {
    localStorage.setItem("door-language", language);
  } catch (_closed) {
    /* until the page is closed then */
  }
}

/** The text in the chosen language, `%(name)s` filled in. */
export function t(text, values = {}) {
  const said = language === "vi" ? vietnamese[text] || text : text;
  return said.replace(/%\((\w+)\)s/g, (_gap, name) => String(values[name]));
}

/** The chosen language's half of `{name_vi, name_en}`, else the other half. */
export function pick(of, name) {
  if (!of) return "";
  const [own, other] = language === "vi" ? ["vi", "en"] : ["en", "vi"];
  const key = (which) => (name ? `${name}_${which}` : which);
  return of[key(own)] || of[key(other)] || "";
}

export function clock(moment, seconds = false) {
  const form = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", ...(seconds ? { second: "2-digit" } : {}) };
  return new Intl.DateTimeFormat("en-GB", { ...form, timeZone: "Asia/Ho_Chi_Minh" }).format(moment);
}

export const number = (value) => new Intl.NumberFormat(language === "vi" ? "vi-VN" : "en-GB").format(value);
