// Offers the device's own time zone where a page shows another one. Without this script the zone is chosen by hand.
(function () {
  "use strict";
  var SAME = { "Asia/Saigon": "Asia/Ho_Chi_Minh", "Asia/Bangkok": "Asia/Ho_Chi_Minh" };
  function offer() {
    var line = document.querySelector("[data-zone-shown]");
    if (!line) return;
    var zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "";
    if (zone.indexOf("/") < 0 || (SAME[zone] || zone) === line.getAttribute("data-zone-shown")) return;
    var link = line.querySelector("a");
    var here = new URL(location.href);
    here.searchParams.set("zone", zone);
    link.href = here.pathname + here.search;
    line.querySelector("[data-zone-own]").textContent = zone;
    line.hidden = false;
  }
  document.addEventListener("DOMContentLoaded", offer);
  document.addEventListener("htmx:afterSettle", offer);
  offer();
})();
