// Reads QR codes out of frames beside the page: the WebAssembly decoder, else the plain one. Knows nothing of tickets.
// Runs as a worker under a policy of its own, the only one that lets WebAssembly be compiled.
let decode = null;

async function wasm(from) {
  importScripts(from.zxing);
  const binary = await (await fetch(from.wasm)).arrayBuffer();
  await self.ZXingWASM.prepareZXingModule({ overrides: { wasmBinary: binary }, fireImmediately: true });
  const options = { formats: ["QRCode"], maxNumberOfSymbols: 1, tryHarder: true };
  return async (frame) => {
    const found = await self.ZXingWASM.readBarcodes(frame, options);
    return found.length && !found[0].error ? found[0].text : "";
  };
}

async function plain(from) {
  const read = (await import(from.qr)).default;
  return async (frame) => read(frame);
}

self.onmessage = async ({ data }) => {
  const answer = { number: data.number, text: "" };
  try {
    decode = decode || (await wasm(data.from).catch(() => plain(data.from)));
  } catch (_notLoaded) {
    answer.broken = true;
  }
  try {
    const frame = new ImageData(new Uint8ClampedArray(data.pixels), data.width, data.height);
    if (decode) answer.text = await decode(frame);
  } catch (_noCodeInIt) {
    /* the next frame follows */
  }
  self.postMessage(answer);
};
