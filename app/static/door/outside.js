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

export async function serve(device, address) {
  if (!("serviceWorker" in navigator)) return;
  const kept = await navigator.serviceWorker
    .register(address, { scope: "/door", updateViaCache: "none" })
    .catch(() => null);
  // a newer page that was loaded meanwhile takes over now, before anything is shown; never in the middle of work
  if (kept && kept.waiting && navigator.serviceWorker.controller) {
    navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
    kept.waiting.postMessage("take over");
  }
  kept?.addEventListener("updatefound", () => {
    if (navigator.serviceWorker.controller) {
      device.newer = true;
      device.say("cards");
    }
  });
}
