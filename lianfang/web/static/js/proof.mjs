// Proof of being at the post, asked in an emergency alone: where somebody is goes to the server once, which keeps how
// far that is from the post; a photo is drawn anew on the phone, small and without what it tells of its taking.
const LONGEST_SIDE = 1280;
const QUALITY = 0.7;
const WAIT_MS = 15000;

function shown(form, what) {
  for (const line of form.querySelectorAll("[data-say]")) line.hidden = line.dataset.say !== what;
}

const whereabouts = () => new Promise((found, failed) => {
  navigator.geolocation.getCurrentPosition(found, failed, { enableHighAccuracy: true, timeout: WAIT_MS, maximumAge: 60000 });
});

for (const form of document.querySelectorAll("form[data-proof=place]")) {
  form.hidden = !("geolocation" in navigator);
  form.addEventListener("submit", async (press) => {
    if (form.elements.lon.value) return;
    press.preventDefault();
    shown(form, "looking");
    try {
      const { coords } = await whereabouts();
      form.elements.lon.value = coords.longitude;
      form.elements.lat.value = coords.latitude;
      form.submit();
    } catch { // not allowed, no fix, too long: the page says so, and the lead can see to it
      shown(form, "nowhere");
    }
  });
}

async function smaller(file) {
  const picture = await createImageBitmap(file);
  const part = Math.min(1, LONGEST_SIDE / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(picture.width * part);
  canvas.height = Math.round(picture.height * part);
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => { canvas.toBlob(done, "image/jpeg", QUALITY); });
}

for (const form of document.querySelectorAll("form[data-proof=photo]")) {
  form.elements.photo.addEventListener("change", async () => {
    const [file] = form.elements.photo.files;
    if (!file) return;
    shown(form, "looking");
    try {
      const small = new DataTransfer();
      small.items.add(new File([await smaller(file)], "photo.jpg", { type: "image/jpeg" }));
      form.elements.photo.files = small.files;
      form.submit();
    } catch { // no picture that this phone can read: the page says so
      shown(form, "nowhere");
    }
  });
}
