// What stays on the device: one IndexedDB. Readable in it: settings, rules, verdicts. Codes and cards are encrypted.
const NAME = "door";
const STORES = { kept: null, deltas: "version", queue: "seq", mine: "tag" };
let opened = null;

function asked(request) {
  return new Promise((done, failed) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
  });
}

function open() {
  opened =
    opened ||
    new Promise((done, failed) => {
      const request = indexedDB.open(NAME, 1);
      request.onupgradeneeded = () => {
        for (const [name, key] of Object.entries(STORES)) {
          const made = request.result.createObjectStore(
            name,
            key ? { keyPath: key, autoIncrement: key === "seq" } : undefined,
          );
          if (name === "queue") made.createIndex("nonce", "nonce");
        }
      };
      request.onsuccess = () => {
        request.result.onversionchange = () => {
          request.result.close();
          opened = null;
        };
        request.result.onclose = () => {
          opened = null;
        };
        done(request.result);
      };
      request.onerror = () => {
        opened = null;
        failed(request.error);
      };
    });
  return opened;
}

/** Runs `work(store, ...)` in one transaction; resolved when it is on the disk, not when it was asked for. */
export async function write(names, work) {
  const database = await open();
  return new Promise((done, failed) => {
    let result;
    const act = database.transaction(names, "readwrite", { durability: "strict" });
    act.oncomplete = () => done(result);
    act.onabort = act.onerror = () => failed(act.error || new Error("not written"));
    const given = work(...[].concat(names).map((name) => act.objectStore(name)));
    if (given instanceof IDBRequest)
      given.onsuccess = () => {
        result = given.result;
      };
  });
}

async function reading(name, ask) {
  const database = await open();
  return asked(ask(database.transaction(name).objectStore(name)));
}

export const get = (key) => reading("kept", (store) => store.get(key));
export const put = (key, value) =>
  write("kept", (store) => {
    store.put(value, key);
  });
export const all = (name, limit) => reading(name, (store) => store.getAll(null, limit));
export const count = (name) => reading(name, (store) => store.count());
export const one = (name, key) => reading(name, (store) => store.get(key));
export const clear = (...names) =>
  write(names, (...stores) => {
    stores.forEach((store) => store.clear());
  });

/** Forget what was kept under these names of "kept". */
export const drop = (...keys) =>
  write("kept", (store) => {
    keys.forEach((key) => store.delete(key));
  });

// --- codes at rest: sealed with a key that scripts can use and nobody can read out ---
let sealer = null;
async function sealing() {
  if (sealer) return sealer;
  const kept = await get("sealer");
  if (kept) return (sealer = kept);
  const fresh = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  // two tabs may come here at once: the first key that was kept is everybody's
  await write("kept", (store) => {
    store.get("sealer").onsuccess = (found) => {
      if (!found.target.result) store.put(fresh, "sealer");
    };
  });
  return (sealer = await get("sealer"));
}

export async function seal(value) {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const plain = new TextEncoder().encode(JSON.stringify(value));
  return { iv, sealed: await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await sealing(), plain) };
}

export async function unseal({ iv, sealed }) {
  const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv }, await sealing(), sealed);
  return JSON.parse(new TextDecoder().decode(plain));
}
