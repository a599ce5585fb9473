// The camera: on, off, its light, and the loop that looks for codes. A bad code or a bad frame never stops the loop.
const LONGEST_SIDE = 960;
const EVERY = 40;
const PATIENCE = 4000;
const GONE = 2500; // a code counts as shown again when it was out of sight for so long

const REASONS = {
  NotAllowedError: "denied",
  SecurityError: "denied",
  NotFoundError: "missing",
  OverconstrainedError: "missing",
  NotReadableError: "busy",
  AbortError: "busy",
  NoReader: "unread",
};

let canvas = null;
/** The pixels of what a video (or any picture) shows now, no larger than is worth looking at. */
export function frameOf(source) {
  const wide = source.videoWidth || source.width;
  const high = source.videoHeight || source.height;
  const scale = Math.min(1, LONGEST_SIDE / Math.max(wide, high));
  canvas = canvas || document.createElement("canvas");
  canvas.width = Math.round(wide * scale);
  canvas.height = Math.round(high * scale);
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  pen.drawImage(source, 0, 0, canvas.width, canvas.height);
  return pen.getImageData(0, 0, canvas.width, canvas.height);
}

let nativeFails = false;
/** What reads codes here: `{name, read(source), close()}`; read promises a text, or "". */
export async function pickReader(addresses) {
  if ("BarcodeDetector" in window && !nativeFails) {
    try {
      if ((await window.BarcodeDetector.getSupportedFormats()).includes("qr_code")) {
        const detector = new window.BarcodeDetector({ formats: ["qr_code"] });
        await detector.detect(new ImageData(32, 32)); // some say that they can, and have nothing behind it
        const read = async (source) => ((await detector.detect(source))[0] || { rawValue: "" }).rawValue;
        return { name: "native", read, close() {} };
      }
    } catch (_without) {
      /* says it can and cannot: the next one */
    }
  }
  return inWorker(addresses);
}

async function inWorker(addresses) {
  const worker = new Worker(addresses.reader);
  const waiting = new Map();
  let number = 0;
  const fail = (error) => {
    waiting.forEach((one) => one.failed(error));
    waiting.clear();
  };
  worker.onerror = (event) => {
    event.preventDefault();
    fail(new Error("worker"));
  };
  worker.onmessage = ({ data }) => {
    const one = waiting.get(data.number);
    waiting.delete(data.number);
    if (one && data.broken) one.failed(new Error("not loaded"));
    else if (one) one.done(data.text);
  };
  const ask = (frame) =>
    new Promise((done, failed) => {
      const mine = ++number;
      const late = setTimeout(() => {
        waiting.delete(mine);
        failed(new Error("late"));
      }, PATIENCE);
      const over = (then) => (value) => {
        clearTimeout(late);
        then(value);
      };
      waiting.set(mine, { done: over(done), failed: over(failed) });
      const pixels = frame.data.buffer;
      const { width, height } = frame;
      worker.postMessage({ number: mine, width, height, pixels, from: addresses }, [pixels]);
    });
  try {
    await ask(new ImageData(32, 32)); // an empty frame answered: the decoder is loaded
  } catch (_broken) {
    worker.terminate();
    throw Object.assign(new Error("no reader"), { name: "NoReader" });
  }
  return { name: "worker", read: async (source) => ask(frameOf(source)), close: () => worker.terminate() };
}

export class Camera {
  /** `heard(text)` for each code that comes into sight, `said(what)` when it goes on, off or cannot. */
  constructor({ video, addresses, heard, said }) {
    Object.assign(this, { video, addresses, heard, said, stream: null, reader: null, turn: 0, last: "", lastAt: 0 });
  }

  get on() {
    return Boolean(this.stream);
  }
  get track() {
    return this.stream && this.stream.getVideoTracks()[0];
  }
  get hasLight() {
    return Boolean(this.track && this.track.getCapabilities && this.track.getCapabilities().torch);
  }

  async start(facing = "environment") {
    if (this.stream) return;
    const turn = ++this.turn;
    try {
      if (!navigator.mediaDevices) throw Object.assign(new Error("none"), { name: "NotFoundError" });
      const wanted = { facingMode: { ideal: facing }, width: { ideal: 1280 }, height: { ideal: 720 } };
      const stream = await navigator.mediaDevices.getUserMedia({ audio: false, video: wanted });
      if (turn !== this.turn) {
        stream.getTracks().forEach((track) => track.stop());
        return;
      }
      this.stream = stream;
      this.track.addEventListener("ended", () => {
        if (this.stream === stream) {
          this.stop();
          this.said("busy");
        }
      });
      this.video.muted = true; // what is not muted may not start by itself
      this.video.srcObject = stream;
      await this.video.play();
      this.reader = this.reader || (await pickReader(this.addresses));
      if (turn !== this.turn) return;
      this.said("on");
      this.look(turn);
    } catch (error) {
      if (turn !== this.turn) return;
      this.stop();
      this.said(REASONS[error && error.name] || "broken");
    }
  }

  stop() {
    this.turn++;
    if (this.stream) this.stream.getTracks().forEach((track) => track.stop());
    this.stream = null;
    this.last = "";
    this.video.srcObject = null;
    this.said("off");
  }

  async light(on) {
    await this.track.applyConstraints({ advanced: [{ torch: on }] });
  }

  async look(turn) {
    while (turn === this.turn && this.stream) {
      try {
        if (this.video.videoWidth) this.show(await this.reader.read(this.video));
      } catch (_oneFrame) {
        await this.mend(turn);
      }
      await new Promise((done) => setTimeout(done, EVERY));
    }
  }

  /** A reader that failed is replaced; only when none can be had the camera goes off. */
  async mend(turn) {
    if (!this.video.videoWidth) return;
    if (this.reader.name === "native") nativeFails = true;
    this.reader.close();
    try {
      this.reader = await pickReader(this.addresses);
    } catch (_none) {
      if (turn === this.turn) {
        this.stop();
        this.said("unread");
      }
    }
  }

  show(text) {
    if (!text) return;
    const now = performance.now();
    const again = text === this.last && now - this.lastAt < GONE;
    this.last = text;
    this.lastAt = now;
    if (!again) this.heard(text);
  }
}
