// Search boxes with suggestions: a combobox as ARIA describes it. htmx fetches the options; without this file or
// without JavaScript the box is a plain form.
(function () {
  "use strict";
  var doc = document;

  function listOf(input) { return doc.getElementById(input.getAttribute("aria-controls")); }
  function inputOf(list) { return doc.querySelector("[role='combobox'][aria-controls='" + list.id + "']"); }
  function options(list) { return Array.prototype.slice.call(list.querySelectorAll("[role='option']")); }
  function isBox(element) { return Boolean(element && element.matches && element.matches("[role='combobox'][aria-controls]")); }

  function show(input, open) {
    var list = listOf(input);
    if (!list) return;
    open = open && options(list).length > 0;
    list.hidden = !open;
    input.setAttribute("aria-expanded", String(open));
    if (!open) choose(input, null);
  }
  function choose(input, option) {
    options(listOf(input)).forEach(function (one) { one.setAttribute("aria-selected", String(one === option)); });
    if (!option) { input.removeAttribute("aria-activedescendant"); return; }
    input.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }
  function chosen(input) {
    var id = input.getAttribute("aria-activedescendant");
    return id ? doc.getElementById(id) : null;
  }
  function follow(option) { if (option && option.dataset.href) location.assign(option.dataset.href); }

  // new options are in place: number them and open the list if somebody is still typing there
  new MutationObserver(function (changes) {
    changes.forEach(function (change) {
      var list = change.target;
      if (!list.matches || !list.matches("[data-suggestions]")) return;
      options(list).forEach(function (option, n) { option.id = list.id + "-" + n; });
      var input = inputOf(list);
      if (input) { choose(input, null); show(input, doc.activeElement === input); }
    });
  }).observe(doc.documentElement, { childList: true, subtree: true });

  doc.addEventListener("keydown", function (event) {
    var input = event.target;
    if (!isBox(input) || event.isComposing) return;
    var list = listOf(input);
    var all = options(list);
    var at = all.indexOf(chosen(input));
    if ((event.key === "ArrowDown" || event.key === "ArrowUp") && all.length) {
      event.preventDefault();
      show(input, true);
      var next = event.key === "ArrowDown" ? at + 1 : at < 0 ? all.length - 1 : at - 1;
      choose(input, next >= 0 && next < all.length ? all[next] : null);
    } else if (event.key === "Enter" && !list.hidden && at >= 0) {
      event.preventDefault();
      follow(all[at]);
    } else if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      show(input, false);
    }
  });
  doc.addEventListener("mousedown", function (event) {
    if (event.target.closest && event.target.closest("[data-suggestions]")) event.preventDefault(); // the box keeps the focus
  });
  doc.addEventListener("click", function (event) {
    var option = event.target.closest && event.target.closest("[data-suggestions] [role='option']");
    if (option) follow(option);
  });
  doc.addEventListener("focusin", function (event) { if (isBox(event.target)) show(event.target, event.target.value.length > 1); });
  doc.addEventListener("focusout", function (event) { if (isBox(event.target)) show(event.target, false); });
})();
