// QR codes from a photo or the camera: by the browser's own BarcodeDetector where it reads QR codes, else by a vendored reader
// that is loaded only then. Nothing leaves the device.

const SIDE_MAX = 2000;
const LOOK_EVERY_MS = 250;

/**
 * @param {string} vendored address of the vendored reader
 * @returns {Promise<(picture: ImageBitmap|HTMLVideoElement) => Promise<string|null>>} a reader: the text of a code, or null
 */
export async function makeReader(vendored) {
  const formats = (await globalThis.BarcodeDetector?.getSupportedFormats?.().catch(() => [])) ?? [];
  if (formats.includes("qr_code")) {
    const detector = new globalThis.BarcodeDetector({ formats: ["qr_code"] });
    return async (picture) => (await detector.detect(picture))[0]?.rawValue ?? null;
  }
  const { decodeQR } = await import(vendored);
  return async (picture) => {
    try {
      return decodeQR(pixels(picture));
    } catch {
      return null; // it throws when there is no code to see
    }
  };
}

/** Smaller than a phone's photo: more pixels cost time and memory and show no more of a code. */
function pixels(picture) {
  const width = picture.videoWidth ?? picture.width;
  const height = picture.videoHeight ?? picture.height;
  const scale = Math.min(1, SIDE_MAX / Math.max(width, height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return context.getImageData(0, 0, canvas.width, canvas.height);
}

/**
 * @param {Blob} photo
 * @param {string} vendored
 * @returns {Promise<string|null>}
 */
export async function readPhoto(photo, vendored) {
  const read = await makeReader(vendored);
  const picture = await createImageBitmap(photo);
  try {
    return await read(picture);
  } finally {
    picture.close();
  }
}

/** @returns {boolean} cameras are given to secure pages only */
export function hasCamera() {
  return Boolean(navigator.mediaDevices?.getUserMedia);
}

/**
 * Look through the camera until a code is seen.
 * @param {HTMLVideoElement} video
 * @param {string} vendored
 * @param {AbortSignal} signal stops it
 * @returns {Promise<string|null>} null when stopped
 */
export async function readCamera(video, vendored, signal) {
  const read = await makeReader(vendored);
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 1280 } } });
  try {
    video.srcObject = stream;
    await video.play();
    while (!signal.aborted) {
      const text = video.videoWidth ? await read(video) : null;
      if (text) return text;
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
    return null;
  } finally {
    for (const track of stream.getTracks()) track.stop();
    video.srcObject = null;
  }
}
