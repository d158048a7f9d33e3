// Nobody is signed in: the names that a phone took along go. Notes not yet sent stay, and go up after the next sign-in.
const opening = indexedDB.open("lianfang-field");
opening.onupgradeneeded = () => opening.transaction.abort(); // this phone took nothing along
opening.onsuccess = () => {
  const database = opening.result;
  if (database.objectStoreNames.contains("kept")) {
    const change = database.transaction("kept", "readwrite");
    change.objectStore("kept").delete("bundle");
    change.objectStore("kept").delete("sampler");
    change.oncomplete = () => { document.documentElement.dataset.forgotten = "1"; };
  }
  database.close();
};
// So do the pages of whoever serves as they were last seen, and the answers he has read. What was noted without signal
// stays, and goes up after the next sign-in; an answer nobody has seen yet stays for whom it is.
globalThis.caches?.keys().then((names) => names.filter((n) => n.startsWith("mine-")).forEach((n) => caches.delete(n)));
const answers = JSON.parse(localStorage.getItem("lianfang-answered") || "[]").filter((a) => !a.shown);
localStorage.setItem("lianfang-answered", JSON.stringify(answers));
