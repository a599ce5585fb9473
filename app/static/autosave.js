// Forms marked data-autosave save themselves: when a field is left or chosen, and while somebody writes for long. What is
// changed while a save is under way is saved after it. Without this the form has its button.
(function () {
  "use strict";
  var PAUSE = 2500;
  var timers = new WeakMap();
  function formOf(event) { return event.target.closest ? event.target.closest("form[data-autosave]") : null; }
  function save(form) {
    clearTimeout(timers.get(form));
    if (!form.isConnected) return;
    if (form.hasAttribute("data-sent")) { form.setAttribute("data-again", ""); return; }
    form.removeAttribute("data-again");
    form.requestSubmit();
  }
  document.addEventListener("change", function (event) {
    var form = formOf(event);
    if (form) save(form);
  });
  document.addEventListener("input", function (event) {
    var form = formOf(event);
    if (!form || !/^(textarea|input)$/i.test(event.target.tagName) || /^(checkbox|radio|file)$/.test(event.target.type)) return;
    clearTimeout(timers.get(form));
    timers.set(form, setTimeout(function () { save(form); }, PAUSE));
  });
  new MutationObserver(function (changes) {
    changes.forEach(function (change) {
      var form = change.target;
      if (form.matches("form[data-autosave][data-again]") && !form.hasAttribute("data-sent")) save(form);
    });
  }).observe(document.documentElement, { subtree: true, attributes: true, attributeFilter: ["data-sent"] });
})();
