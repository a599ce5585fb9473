// Forms marked data-autosave save themselves: when a field is left or chosen, and while somebody writes for long. What is
// changed while a save is under way is saved after it; what could not be sent stays and is sent when the line is back.
// Also what such pages need: folds that open for an address, and choosers that say what is chosen. Without this the forms
// have their buttons.
(function () {
  "use strict";
  if (document.documentElement.hasAttribute("data-autosaving")) return; // a page may name this file too
  document.documentElement.setAttribute("data-autosaving", "");
  var PAUSE = 2500;
  var timers = new WeakMap();
  function formOf(event) { return event.target.closest ? event.target.closest("form[data-autosave]") : null; }
  function textOf(form, name) {
    var holder = form.closest("[data-saving]");
    return holder ? holder.getAttribute("data-" + name) : "";
  }
  function say(form, name) {
    var line = form.querySelector(".save-state, .save-line");
    var text = textOf(form, name);
    if (!line || !text) return;
    var span = document.createElement("span");
    span.setAttribute("data-waiting", "");
    span.textContent = text;
    line.classList.toggle("save-state-bad", name === "unsaved");
    line.replaceChildren(span);
  }
  function save(form) {
    clearTimeout(timers.get(form));
    if (!form.isConnected) return;
    if (form.hasAttribute("data-sent")) { form.setAttribute("data-again", ""); return; }
    form.removeAttribute("data-again");
    form.setAttribute("data-dirty", "");
    say(form, "saving");
    form.requestSubmit();
  }
  function settled(form) {
    // Marked for sending no more: an answer has replaced the line, or there was none.
    var line = form.querySelector(".save-state, .save-line");
    if (line && line.querySelector("[data-waiting]")) { say(form, "unsaved"); return; }
    form.removeAttribute("data-dirty");
    if (form.hasAttribute("data-again")) save(form);
  }
  document.addEventListener("change", function (event) {
    var form = formOf(event);
    if (form) save(form);
  });
  document.addEventListener("input", function (event) {
    var form = formOf(event);
    if (!form || !/^(textarea|input)$/i.test(event.target.tagName) || /^(checkbox|radio|file)$/.test(event.target.type)) return;
    form.setAttribute("data-dirty", "");
    clearTimeout(timers.get(form));
    timers.set(form, setTimeout(function () { save(form); }, PAUSE));
  });
  new MutationObserver(function (changes) {
    changes.forEach(function (change) {
      var form = change.target;
      if (form.matches("form[data-autosave]") && change.oldValue !== null && !form.hasAttribute("data-sent")) settled(form);
    });
  }).observe(document.documentElement, { subtree: true, attributes: true, attributeOldValue: true, attributeFilter: ["data-sent"] });
  window.addEventListener("online", function () {
    document.querySelectorAll("form[data-autosave][data-dirty]").forEach(save);
  });
  window.addEventListener("beforeunload", function (event) {
    if (document.querySelector("form[data-autosave][data-dirty]")) event.preventDefault();
  });

  // --- folds ---
  function unfold() {
    var name = decodeURIComponent(location.hash.slice(1));
    var there = name && document.getElementById(name);
    if (!there) return;
    for (var fold = there.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    there.scrollIntoView();
  }
  window.addEventListener("hashchange", unfold);
  unfold();

  // --- choosers ---
  document.addEventListener("change", function (event) {
    var chooser = event.target.closest && event.target.closest(".chooser");
    if (!chooser) return;
    var chosen = chooser.querySelector(".chooser-chosen");
    var names = [];
    chooser.querySelectorAll("input:checked").forEach(function (box) { names.push(box.parentElement.textContent.trim()); });
    chosen.textContent = names.join(", ") || chosen.getAttribute("data-none");
  });
})();
