// Keeps the shell on the phone: with no signal the page opens from here. What it shows is kept by store.mjs.
const CACHE = "field-{{ mark }}";
const FILES = [{% for f in files %}"{{ f|escapejs }}",{% endfor %} "/field/", "/field/sampler/"];
const PATIENCE_MS = 3000;

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(FILES)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches.keys()
      .then((names) => Promise.all(names.filter((n) => n.startsWith("field-") && n !== CACHE).map((n) => caches.delete(n))))
      .then(() => self.clients.claim()),
  );
});

// The newest where there is signal; what is kept where there is none, or where it comes too slowly.
async function newestOrKept(request, name) {
  const cache = await caches.open(CACHE);
  // Answers vary by language and cookie; on this phone there is one of each, so it is found by its address alone.
  const kept = await cache.match(name, { ignoreVary: true });
  const newest = fetch(request).then(async (answer) => {
    if (answer.ok) await cache.put(name, answer.clone());
    return answer;
  });
  if (!kept) return newest;
  const late = new Promise((resolve) => { setTimeout(() => resolve(kept.clone()), PATIENCE_MS); });
  return Promise.race([newest.catch(() => kept), late]);
}

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== location.origin) return;
  if (FILES.includes(url.pathname)) event.respondWith(newestOrKept(event.request, url.pathname));
});
