// Reads QR codes out of the camera's frames beside the page, so that the desk never stutters. Knows nothing of tickets.
let read = null;
self.onmessage = async function (event) {
  const frame = event.data;
  if (!read) {
    try {
      read = (await import(frame.reader)).default;
    } catch (_notLoaded) {
      self.postMessage({ broken: true });
      return;
    }
  }
  let text = "";
  try {
    text = read({ width: frame.width, height: frame.height, data: new Uint8ClampedArray(frame.pixels) });
  } catch (_noCodeInIt) { /* the next frame follows */ }
  self.postMessage({ text: text });
};
