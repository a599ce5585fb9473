// The service worker of the door: keeps the page on the device, whole and of one version, so that it starts without a
// network. It never touches the API: what is asked there goes to the server or nowhere. DOOR stands above this file.
const CACHE = `door-${DOOR.version}`;
const MINE = /^door-/;
const paths = new Set([...DOOR.shell, ...DOOR.later]);
const addressOf = (url) => url.pathname + url.search;

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches
      .open(CACHE)
      .then((cache) =>
        cache.addAll(DOOR.shell.map((path) => new Request(path, { cache: "reload", credentials: "omit" }))),
      ),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    (async () => {
      for (const name of await caches.keys()) if (MINE.test(name) && name !== CACHE) await caches.delete(name);
      await self.clients.claim();
    })(),
  );
});

self.addEventListener("message", (event) => {
  if (event.data === "take over") self.skipWaiting();
});

async function kept(request, path, slow = false) {
  const cache = await caches.open(CACHE);
  const found = await cache.match(path, { ignoreVary: true });
  if (found) return found;
  const answer = await fetch(request);
  if (answer.ok && !slow) await cache.put(path, answer.clone());
  return answer;
}

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== self.location.origin) return;
  if (event.request.mode === "navigate") {
    if (url.pathname === "/door" && !url.search) event.respondWith(kept(event.request, "/door", true));
  } else if (paths.has(addressOf(url))) {
    event.respondWith(kept(event.request, addressOf(url)));
  }
});
