// Squares read by the phone's camera, in browsers that can.
const EVERY_MS = 150;

export const canLook = "BarcodeDetector" in globalThis && Boolean(navigator.mediaDevices);

/** Look until `seen` answers true, showing what is seen in `video`; `seen` gets each text once as it comes into view. */
export async function lookFor(video, seen) {
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } }).catch(() => null);
  if (!stream) return false;
  video.srcObject = stream;
  video.hidden = false;
  await video.play();
  const reader = new BarcodeDetector();
  for (let last = ""; ;) {
    const found = await reader.detect(video).catch(() => []);
    const text = found[0]?.rawValue ?? "";
    if (text && text !== last && (await seen(text))) break;
    last = text;
    await new Promise((resolve) => { setTimeout(resolve, EVERY_MS); });
  }
  for (const track of stream.getTracks()) track.stop();
  video.hidden = true;
  return true;
}
