// Keeps the shell on the phone: with no signal the page opens from here. What it shows is kept by store.mjs.
const CACHE = "field-{{ mark }}";
const FILES = [{% for f in files %}"{{ f|escapejs }}",{% endfor %} "/field/", "/field/sampler/"];
const PATIENCE_MS = 3000;

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(FILES)).then(() => self.skipWaiting()));
});

{% include "_kept_pages.js" %}
self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== location.origin) return;
  if (FILES.includes(url.pathname)) event.respondWith(newestOrKept(event.request, url.pathname));
});
