// What stays on the phone: the bundle as last seen, notes not yet sent, and the phone's own number for each note.
const NAME = "lianfang-field";
let opening;

function open() {
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("notes", { keyPath: "id" });
      request.result.createObjectStore("kept", { keyPath: "name" });
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return opening;
}

async function run(store, mode, work) {
  const database = await open();
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(store, mode);
    const request = work(transaction.objectStore(store));
    transaction.oncomplete = () => resolve(request?.result);
    transaction.onerror = () => reject(transaction.error);
  });
}

export const unsent = () => run("notes", "readonly", (s) => s.getAll());
export const forget = (id) => run("notes", "readwrite", (s) => s.delete(id));
export const put = (made) => run("notes", "readwrite", (s) => s.put(made));
export const drop = (name) => run("kept", "readwrite", (s) => s.delete(name));
export const keep = (name, value) => run("kept", "readwrite", (s) => s.put({ name, value }));
export const kept = async (name) => (await run("kept", "readonly", (s) => s.get(name)))?.value;

export async function device() {
  let id = await kept("device");
  if (!id) {
    id = crypto.randomUUID();
    await keep("device", id);
  }
  return id;
}

// The number and the note are written in one transaction: two notes never share a number, none is without one.
export async function note(kind, actor, body) {
  const database = await open();
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(["notes", "kept"], "readwrite");
    const numbers = transaction.objectStore("kept");
    let made;
    numbers.get("seq").onsuccess = (event) => {
      const seq = (event.target.result?.value ?? 0) + 1;
      numbers.put({ name: "seq", value: seq });
      // The key that was here when it was noted signs it before it is sent.
      numbers.get("key").onsuccess = (found) => {
        const key = found.target.result?.value;
        const keyId = key?.enrolled ? key.device : "";
        made = { version: 1, id: crypto.randomUUID(), kind, made_at: new Date().toISOString(), seq, actor, body, key_id: keyId, signature: "" };
        transaction.objectStore("notes").put(made);
      };
    };
    transaction.oncomplete = () => resolve(made);
    transaction.onerror = () => reject(transaction.error);
  });
}
