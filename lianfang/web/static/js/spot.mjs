// Where the phone stands is written into a field on asking; it goes nowhere until the form is sent.
const WAIT_MS = 15000;
const DIGITS = 6;

for (const button of document.querySelectorAll("button[data-spot]")) {
  button.hidden = !("geolocation" in navigator);
  const field = document.getElementById(button.dataset.spot);
  const nowhere = document.querySelector(`[data-nowhere=${button.dataset.spot}]`);
  button.addEventListener("click", () => {
    button.disabled = true;
    navigator.geolocation.getCurrentPosition(({ coords }) => {
      field.value = `${coords.longitude.toFixed(DIGITS)}, ${coords.latitude.toFixed(DIGITS)}`;
      nowhere.hidden = true;
      button.disabled = false;
    }, () => { // not allowed, no fix, too long: the page says so, and it can be typed
      nowhere.hidden = false;
      button.disabled = false;
    }, { enableHighAccuracy: true, timeout: WAIT_MS, maximumAge: 60000 });
  });
}
