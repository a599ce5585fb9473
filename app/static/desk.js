// The desk's camera, where the browser can read QR codes by itself; without it the field is typed into. Nothing is kept.
(function () {
  "use strict";
  var doc = document;
  if (!("BarcodeDetector" in window) || !navigator.mediaDevices) return;
  var detector = null;
  var stream = null;
  var video = null;
  var last = "";
  var lastAt = 0;

  function show() {
    var button = doc.querySelector("[data-camera]");
    if (button) button.hidden = false;
  }
  function stop() {
    if (stream) stream.getTracks().forEach(function (track) { track.stop(); });
    if (video) video.remove();
    stream = video = null;
  }
  function start(button) {
    if (stream) { stop(); return; }
    detector = detector || new window.BarcodeDetector({ formats: ["qr_code"] });
    navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } }).then(function (found) {
      stream = found;
      video = doc.createElement("video");
      video.className = "desk-camera";
      video.setAttribute("playsinline", "");
      video.muted = true;
      video.srcObject = found;
      doc.getElementById("station").before(video);
      video.play().then(look);
    }, function () { button.hidden = true; });
  }
  function look() {
    if (!video) return;
    detector.detect(video).then(function (codes) {
      if (codes.length) read(codes[0].rawValue);
    }, function () { /* a frame that cannot be read is followed by the next one */ }).then(function () {
      setTimeout(look, 150);
    });
  }
  function read(text) {
    var now = Date.now();
    var form = doc.getElementById("scan-form");
    if (!form || form.hasAttribute("aria-busy") || (text === last && now - lastAt < 4000)) return;
    last = text;
    lastAt = now;
    form.querySelector("[name=text]").value = text;
    form.requestSubmit();
  }
  doc.addEventListener("click", function (event) {
    var button = event.target.closest && event.target.closest("[data-camera]");
    if (button) start(button);
  });
  doc.addEventListener("htmx:afterSettle", show);
  window.addEventListener("pagehide", stop);
  show();
})();
