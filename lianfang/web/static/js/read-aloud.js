// Reads a page's main sentences aloud, where the phone can; the button appears only then.
const button = document.querySelector("[data-read]");
if (button && "speechSynthesis" in window) {
  button.hidden = false;
  button.addEventListener("click", () => {
    speechSynthesis.cancel();
    const text = [...document.querySelectorAll("[data-spoken]")].map((part) => part.textContent.trim()).join("。");
    const speech = new SpeechSynthesisUtterance(text);
    speech.lang = document.documentElement.lang;
    speech.rate = 0.9;
    speechSynthesis.speak(speech);
  });
}
