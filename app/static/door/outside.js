// What the browser lends the page: a worker that keeps it on the device, and the state of the battery.

export async function battery(device) {
  const found = await navigator.getBattery?.().catch(() => null);
  if (!found) return;
  const read = () => {
    device.battery = Math.round(found.level * 100);
    device.say("cards");
  };
  found.addEventListener("levelchange", read);
  read();
}

/** `idle()`: whether the page may start anew without being in anybody's way. */
export async function serve(device, address, idle) {
  if (!("serviceWorker" in navigator)) return;
  const before = navigator.serviceWorker.controller;
  // a newer page that was loaded meanwhile takes over now, before anything is shown; never in the middle of work
  navigator.serviceWorker.addEventListener("controllerchange", () => {
    if (before && idle()) location.reload();
  });
  const kept = await navigator.serviceWorker
    .register(address, { scope: "/door", updateViaCache: "none" })
    .catch(() => null);
  if (kept && kept.waiting && before) kept.waiting.postMessage("take over");
  else if (before && (await overtaken()) && idle()) location.reload();
  kept?.addEventListener("updatefound", () => {
    if (navigator.serviceWorker.controller) {
      device.newer = true;
      device.say("cards");
    }
  });
}

/** Whether the worker became a newer one while this page was on its way: its own files are gone. Told once. */
async function overtaken() {
  const { version } = document.getElementById("door").dataset;
  const names = await caches.keys();
  if (names.includes(`door-${version}`) || !names.length || sessionStorage.getItem("overtaken") === version) return false;
  sessionStorage.setItem("overtaken", version);
  return true;
}
