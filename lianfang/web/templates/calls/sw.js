// Keeps my shifts on the phone as they were last seen: with no signal the page opens from here.
const CACHE = "mine-{{ mark }}";
const PAGE = "/calls/mine";
const FILES = [{% for f in files %}"{{ f|escapejs }}",{% endfor %}];
const PATIENCE_MS = 4000;

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll([...FILES, PAGE])).then(() => self.skipWaiting()));
});

{% include "_kept_pages.js" %}
self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== location.origin) return;
  // What was said of a press is of that moment: only the page without it is kept.
  if (url.pathname === PAGE) event.respondWith(newestOrKept(event.request, PAGE, !url.search));
  else if (FILES.includes(url.pathname)) event.respondWith(newestOrKept(event.request, url.pathname, true));
});
