// What a verdict sounds and feels like: each kind its own tones and its own buzz, so that nobody has to look.
const TONES = {
  ok: [
    [880, 0.09],
    [1320, 0.14],
  ],
  already: [
    [520, 0.16],
    [520, 0.16],
  ],
  refused: [[200, 0.45]],
  ask: [[660, 0.12]],
};
const BUZZ = { ok: [60], already: [80, 60, 80], refused: [300], ask: [60, 50, 60] };
let audio = null;

/** Browsers let a page sound only after a touch: call this from one. */
export function unlock() {
  const Context = window.AudioContext || window.webkitAudioContext;
  if (!audio && Context) audio = new Context();
  if (audio && audio.state === "suspended") audio.resume().catch(() => {});
}

export function signal(kind, { sound = true } = {}) {
  if (navigator.vibrate && navigator.userActivation?.hasBeenActive !== false) navigator.vibrate(BUZZ[kind] || []);
  if (!sound || !audio || audio.state !== "running") return;
  let at = audio.currentTime;
  for (const [pitch, seconds] of TONES[kind] || []) {
    const voice = audio.createOscillator();
    const loud = audio.createGain();
    voice.type = kind === "refused" ? "sawtooth" : "sine";
    voice.frequency.value = pitch;
    loud.gain.setValueAtTime(0.35, at);
    loud.gain.exponentialRampToValueAtTime(0.001, at + seconds);
    voice.connect(loud).connect(audio.destination);
    voice.start(at);
    voice.stop(at + seconds);
    at += seconds + 0.02;
  }
}
