// Behaviour of every page: focus and announcements after navigation, toasts, the busy line, one send per form,
// theme, copying, menus. Pages work without it. All names of htmx events are in this file only.
(function () {
  "use strict";
  var root = document.documentElement;
  var doc = document;

  function one(selector, within) { return (within || doc).querySelector(selector); }
  function each(selector, act, within) { Array.prototype.forEach.call((within || doc).querySelectorAll(selector), act); }
  function on(name, act, options) { doc.addEventListener(name, act, options || false); }

  // --- toasts: HX-Trigger: {"toast": {"kind": "ok", "text": "..."}} ---
  function toast(text, kind) {
    var place = one("#toasts");
    if (!place || !text) return;
    var line = doc.createElement("p");
    line.className = "toast toast-" + (kind || "ok");
    line.textContent = text;
    place.appendChild(line);
    fade(line);
  }
  function fade(line) {
    var leave = function () { line.remove(); };
    var timer = setTimeout(leave, 7000);
    line.addEventListener("mouseenter", function () { clearTimeout(timer); });
    line.addEventListener("click", leave);
  }
  on("toast", function (event) {
    var detail = event.detail || {};
    toast(detail.text || detail.value, detail.kind);
  });

  // --- after a new page or fragment is in place ---
  function settle(within) {
    each(".tabs a[aria-current]", function (tab) { // on a phone the one that is open may lie beyond the edge
      var row = tab.closest(".tabs"), by = tab.getBoundingClientRect(), at = row.getBoundingClientRect();
      if (by.left < at.left || by.right > at.right) row.scrollLeft += by.left - at.left - (at.width - by.width) / 2;
    }, within);
    each("[data-toast]", function (line) { line.removeAttribute("data-toast"); fade(line); }, within);
    var first = one("[data-focus]", within);
    if (first) first.focus();
    return Boolean(first);
  }
  function arrived() {
    var said = one("#announcer");
    if (said) said.textContent = doc.title;
    if (settle(doc)) return;
    var anchor = location.hash.length > 1 && doc.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (var fold = anchor && anchor.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    var heading = anchor || one("main h1") || one("main");
    if (!heading) return;
    if (!heading.hasAttribute("tabindex")) heading.setAttribute("tabindex", "-1");
    heading.focus({ preventScroll: !anchor });
  }

  // --- where the reader was, so that "back" returns there (numbers only, never content) ---
  function here() { return "y:" + location.pathname + location.search; }
  function remember() { try { sessionStorage.setItem(here(), String(window.scrollY)); } catch (_refused) { /* fine */ } }
  function recall() {
    var y = null;
    try { y = sessionStorage.getItem(here()); } catch (_refused) { /* fine */ }
    if (y !== null) window.scrollTo(0, Number(y));
  }

  // --- htmx ---
  on("htmx:beforeProcessNode", function (event) {
    // Only pages are navigated to without a reload. Writes and files go the browser's own way unless they say otherwise.
    var elt = event.target;
    if (!elt.matches || elt.hasAttribute("hx-boost")) return;
    var writes = elt.matches("form[method='post' i]:not([hx-post]):not([hx-put]):not([hx-patch]):not([hx-delete])");
    var file = elt.matches("a[download], a[href*='/api/'], a[href$='.pdf'], a[href$='.ics'], a[href$='.csv'], a[href$='.svg']");
    if (writes || file) elt.setAttribute("hx-boost", "false");
  });
  function boosted(event) { return Boolean(event.detail && (event.detail.boosted || (event.detail.requestConfig || {}).boosted)); }
  var waiting = 0;
  function busy(step) {
    waiting = Math.max(0, waiting + step);
    root.classList.toggle("is-busy", waiting > 0);
  }
  function mark(elt, name, set) { if (set) elt.setAttribute(name, "true"); else elt.removeAttribute(name); }
  function writes(detail) {
    return detail.elt && detail.elt.matches && (detail.requestConfig || {}).verb !== "get";
  }
  function hold(elt, sending) {
    // Marked rather than disabled: a disabled button would lose the focus.
    var form = elt.matches("form");
    if (form) each("button:not([type]), button[type='submit']", function (button) { mark(button, "aria-disabled", sending); }, elt);
    mark(elt, form ? "aria-busy" : "aria-disabled", sending);
    mark(elt, "data-sent", sending);
  }
  on("htmx:confirm", function (event) {
    // Comes before htmx would put a second press in its queue.
    if (event.detail.verb !== "get" && event.detail.elt.hasAttribute("data-sent")) event.preventDefault();
  });
  on("htmx:beforeRequest", function (event) {
    if (writes(event.detail)) hold(event.detail.elt, true);
    busy(1);
    if (boosted(event)) remember();
    if (event.detail.target) event.detail.target.setAttribute("aria-busy", "true");
  });
  on("htmx:afterRequest", function (event) {
    busy(-1);
    if (writes(event.detail)) hold(event.detail.elt, false);
    if (event.detail.target) event.detail.target.removeAttribute("aria-busy");
  });
  on("htmx:beforeSwap", function (event) {
    var detail = event.detail;
    if (!boosted(event)) return;
    detail.target = document.body; // a link inside a form that names a target would inherit it
    var type = detail.xhr.getResponseHeader("Content-Type") || "";
    if (type.indexOf("text/html") !== 0) {
      detail.shouldSwap = false;
      location.assign(detail.xhr.responseURL || detail.pathInfo.requestPath);
    } else if (detail.xhr.status >= 400) {
      detail.shouldSwap = true; // an error page is a page
      detail.isError = false;
    }
  });
  on("htmx:afterSettle", function (event) {
    if (boosted(event)) arrived(); else settle(event.detail.elt || event.target);
  });
  on("htmx:historyRestore", function () { waiting = 0; busy(0); arrived(); recall(); });
  on("htmx:responseError", function (event) {
    if (boosted(event)) return;
    var said = "";
    try {
      var error = JSON.parse(event.detail.xhr.responseText).error;
      said = root.lang === "en" ? error.message_en : error.message_vi;
    } catch (_notJson) {
      var page = new DOMParser().parseFromString(event.detail.xhr.responseText, "text/html");
      var message = page.querySelector("[data-error-message]");
      said = message ? message.textContent.trim() : "";
    }
    toast(said || phrase("failed"), "error");
  });
  on("htmx:sendError", function () { toast(phrase("offline"), "error"); });
  on("htmx:timeout", function () { toast(phrase("slow"), "error"); });
  function phrase(name) {
    var holder = one("#phrases");
    return (holder && holder.getAttribute("data-" + name)) || "";
  }

  // --- a plain form is sent once ---
  on("submit", function (event) {
    var form = event.target;
    if (event.defaultPrevented || form.hasAttribute("hx-post") || form.getAttribute("method") !== "post") return;
    if (form.elements.lang && form.elements.next) form.elements.next.value = location.pathname + location.search;
    if (form.hasAttribute("data-sent")) { event.preventDefault(); return; }
    busy(1);
    hold(form, true);
    setTimeout(function () { busy(-1); hold(form, false); }, 20000); // an answer that was a file leaves the page here
  });
  window.addEventListener("pageshow", function (event) {
    if (!event.persisted) return;
    waiting = 0; busy(0);
    each("form[data-sent]", function (form) { hold(form, false); });
  });

  // --- theme, copying, menus, dialogs ---
  on("click", function (event) {
    var elt = event.target.closest ? event.target : event.target.parentElement;
    if (!elt) return;
    if (elt.closest("[data-theme-switch]")) switchTheme();
    var copy = elt.closest("[data-copy]");
    if (copy) copyFrom(doc.getElementById(copy.getAttribute("data-copy")), copy);
    if (elt.closest("[data-close]")) shut(elt.closest("details"), true);
    each("details[data-menu][open]", function (menu) { if (!menu.contains(elt)) menu.open = false; });
    var dialog = one("details[data-dialog][open]");
    if (dialog && !elt.closest(".dialog-panel") && !elt.closest("summary")) shut(dialog, false);
  });
  on("keydown", function (event) {
    if (event.key !== "Escape") return;
    var open = one("details[data-dialog][open]") || one("details[data-menu][open]");
    if (open) shut(open, true);
  });
  on("toggle", function (event) {
    if (event.target.matches("details[data-dialog][open]")) {
      var title = one(".dialog-title", event.target);
      if (title) title.focus();
    }
  }, true);
  function shut(details, giveFocus) {
    if (!details) return;
    details.open = false;
    if (giveFocus) one("summary", details).focus();
  }
  function switchTheme() {
    var now = root.getAttribute("data-theme") || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
    var next = now === "dark" ? "light" : "dark";
    root.setAttribute("data-theme", next);
    doc.cookie = "theme=" + next + "; path=/; max-age=31536000; samesite=lax" + (location.protocol === "https:" ? "; secure" : "");
  }
  function copyFrom(source, button) {
    if (!source) return;
    var text = source.value || source.textContent;
    var done = function () { toast(phrase("copied"), "ok"); button.focus(); };
    if (navigator.clipboard) navigator.clipboard.writeText(text).then(done, function () { source.select(); });
    else { source.select(); if (doc.execCommand("copy")) done(); }
  }

  // --- facets and other choices that search at once ---
  on("change", function (event) {
    var form = event.target.closest && event.target.closest("form[data-auto]");
    if (form && form.requestSubmit) form.requestSubmit();
  });

  if (doc.readyState === "loading") on("DOMContentLoaded", function () { settle(doc); }); else settle(doc);
})();
