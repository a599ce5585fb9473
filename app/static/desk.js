// The desk's camera: reads with the browser's own detector, else with a decoder that is loaded when the camera starts,
// in a worker where there are workers. Without a camera the field is typed into. No picture is kept or sent anywhere.
(function () {
  "use strict";
  var doc = document;
  var LONGEST_SIDE = 800; // pixels of a frame that is looked at
  var EVERY = 125; // milliseconds between two looks
  var PATIENCE = 4000; // a reader that needs longer for one frame is replaced
  var GONE = 3000; // a code counts as shown again when it was out of sight for so long
  var stream = null;
  var reader = null;
  var starting = 0;
  var timer = 0;
  var last = "";
  var lastAt = 0;

  function box() { return doc.getElementById("camera"); }
  function part(name) { return doc.querySelector("[data-camera-" + name + "]"); }
  function show() {
    var button = part("start");
    if (button && navigator.mediaDevices) button.hidden = Boolean(stream);
  }
  function say(what) {
    var line = part("says");
    if (!line) return;
    line.hidden = !what;
    line.querySelector("p").textContent = what ? box().getAttribute("data-" + what) : "";
  }

  // --- on and off ---
  function start() {
    if (stream || starting) return;
    var turn = starting = Date.now() + Math.random();
    say("");
    var wanted = { facingMode: { ideal: "environment" }, width: { ideal: 1280 }, height: { ideal: 720 } };
    navigator.mediaDevices.getUserMedia({ audio: false, video: wanted }).then(function (found) {
      if (starting !== turn || !box()) { end(found); return; } // turned off or left meanwhile
      stream = found;
      starting = 0;
      var video = part("video");
      video.srcObject = found;
      box().hidden = false;
      part("light").hidden = !canLight();
      found.getVideoTracks()[0].addEventListener("ended", function () { if (stream === found) { stop(); say("busy"); } });
      show();
      return video.play().then(pickReader).then(function () { look(found); });
    }).catch(function (error) {
      if (starting === turn) starting = 0;
      stop();
      say((error && Object.hasOwn(REASONS, error.name) && REASONS[error.name]) || "broken");
    });
  }
  var REASONS = {
    NotAllowedError: "denied", SecurityError: "denied", NotFoundError: "missing", OverconstrainedError: "missing",
    NotReadableError: "busy", AbortError: "busy", NoReader: "unread"
  };
  function end(found) { found.getTracks().forEach(function (track) { track.stop(); }); }
  function stop() {
    clearTimeout(timer);
    starting = 0;
    if (stream) end(stream);
    stream = null;
    last = "";
    if (box()) part("light").setAttribute("aria-pressed", "false");
    if (reader && reader.close) reader.close();
    reader = null;
    if (box()) {
      part("video").srcObject = null;
      box().hidden = true;
    }
    show();
  }
  function track() { return stream.getVideoTracks()[0]; }
  function canLight() {
    var able = track().getCapabilities ? track().getCapabilities() : {};
    return Boolean(able.torch);
  }
  function light(button) {
    var on = button.getAttribute("aria-pressed") !== "true";
    track().applyConstraints({ advanced: [{ torch: on }] }).then(function () {
      button.setAttribute("aria-pressed", String(on));
    }, function () { button.hidden = true; });
  }

  // --- readers: read(video) promises the text of a code, or "" ---
  function pickReader() {
    if (!("BarcodeDetector" in window)) return loadReader();
    return window.BarcodeDetector.getSupportedFormats().then(function (formats) {
      if (formats.indexOf("qr_code") < 0) return loadReader();
      var detector = new window.BarcodeDetector({ formats: ["qr_code"] });
      reader = {
        read: function (video) {
          return detector.detect(video).then(function (codes) { return codes.length ? codes[0].rawValue : ""; });
        }
      };
    }, loadReader);
  }
  function loadReader() {
    return Promise.resolve().then(inWorker).catch(inPage).catch(function () { throw { name: "NoReader" }; });
  }
  function address(name) { return box().getAttribute("data-" + name); }
  function frameOf(video) {
    var scale = Math.min(1, LONGEST_SIDE / Math.max(video.videoWidth, video.videoHeight));
    var canvas = frameOf.canvas = frameOf.canvas || doc.createElement("canvas");
    canvas.width = Math.round(video.videoWidth * scale);
    canvas.height = Math.round(video.videoHeight * scale);
    var pen = canvas.getContext("2d", { willReadFrequently: true });
    pen.drawImage(video, 0, 0, canvas.width, canvas.height);
    return pen.getImageData(0, 0, canvas.width, canvas.height);
  }
  function inWorker() {
    // resolved by the first answer, to an empty frame: only then a browser has shown that its workers can import
    var worker = new Worker(address("worker"), { type: "module" });
    function ask(frame) {
      return new Promise(function (answered, failed) {
        var late = setTimeout(function () { failed(new Error("late")); }, PATIENCE);
        worker.onmessage = function (event) {
          clearTimeout(late);
          if (event.data.broken) failed(new Error("not loaded")); else answered(event.data.text);
        };
        worker.onerror = function (error) { clearTimeout(late); failed(error); };
        var pixels = frame.data.buffer;
        worker.postMessage(
          { reader: address("reader"), width: frame.width, height: frame.height, pixels: pixels }, [pixels]);
      });
    }
    return ask(new ImageData(32, 32)).then(function () {
      reader = { read: function (video) { return ask(frameOf(video)); }, close: function () { worker.terminate(); } };
    }, function (error) {
      worker.terminate();
      throw error;
    });
  }
  function inPage() {
    return import(address("reader")).then(function (module) {
      reader = {
        read: function (video) {
          return Promise.resolve(frameOf(video)).then(module.default).catch(function () { return ""; });
        }
      };
    });
  }

  // --- looking, again and again; a frame that cannot be read is followed by the next one ---
  function look(mine) {
    if (stream !== mine || !reader) return;
    var video = part("video");
    if (!video || video.srcObject !== mine) { stop(); return; } // another page was opened in this one
    var begun = Date.now();
    var looked = video.videoWidth ? reader.read(video).then(heard) : Promise.resolve();
    looked.catch(function () {
      if (stream !== mine || Date.now() - begun < PATIENCE) return;
      if (reader && reader.close) reader.close();
      return loadReader();
    }).catch(function () {
      if (stream === mine) { stop(); say("unread"); }
    }).then(function () {
      timer = setTimeout(function () { look(mine); }, EVERY);
    });
  }
  function heard(text) {
    var now = Date.now();
    var form = doc.getElementById("scan-form");
    if (!text || !form || !stream) return;
    var again = text === last && now - lastAt < GONE;
    if (again) lastAt = now;
    if (again || form.hasAttribute("aria-busy")) return;
    last = text;
    lastAt = now;
    form.querySelector("[name=text]").value = text;
    form.requestSubmit();
  }

  doc.addEventListener("click", function (event) {
    var button = event.target.closest && event.target.closest("button");
    if (!button) return;
    if (button.hasAttribute("data-camera-start")) start();
    if (button.hasAttribute("data-camera-stop")) stop();
    if (button.hasAttribute("data-camera-light") && stream) light(button);
  });
  doc.addEventListener("visibilitychange", function () { if (doc.hidden) stop(); });
  window.addEventListener("pagehide", stop);
  doc.addEventListener("htmx:historyRestore", show);
  show();
})();
