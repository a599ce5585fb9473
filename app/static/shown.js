// A deck before its reader: how long each page is in view, told only where the reader said yes. Pages load by themselves.
(function () {
  "use strict";
  var deck = document.querySelector("[data-deck][data-counted='yes']");
  if (!deck || !window.IntersectionObserver) return;
  var address = deck.getAttribute("data-deck") + "/looked";
  var inView = {};
  var shares = {};
  var page = 0;
  var since = 0;

  function tell() {
    var seconds = Math.round((Date.now() - since) / 1000);
    if (page && seconds >= 1) {
      var form = new FormData();
      form.append("page", String(page));
      form.append("seconds", String(Math.min(seconds, 120)));
      form.append("_csrf", deck.getAttribute("data-csrf") || "");
      fetch(address, { method: "POST", body: form, keepalive: true, credentials: "same-origin" }).catch(function () { /* next time */ });
    }
    since = Date.now();
  }
  function look() {
    var best = 0;
    Object.keys(inView).forEach(function (number) { if (!best || shares[number] > shares[best]) best = Number(number); });
    if (document.hidden) best = 0;
    if (best === page) return;
    tell();
    page = best;
  }
  var watching = new IntersectionObserver(function (entries) {
    entries.forEach(function (entry) {
      var number = entry.target.getAttribute("data-page");
      shares[number] = entry.intersectionRect.height;
      if (entry.isIntersecting) inView[number] = true; else delete inView[number];
    });
    look();
  }, { threshold: [0, 0.25, 0.5, 0.75, 1] });
  function watch() { deck.querySelectorAll("[data-page]").forEach(function (one) { watching.observe(one); }); }
  new MutationObserver(watch).observe(deck, { childList: true });
  document.addEventListener("visibilitychange", look);
  window.addEventListener("pagehide", function () { tell(); page = 0; });
  setInterval(tell, 20000);
  watch();
})();
