// Keeps the pages of whoever serves on his phone as they were last seen: with no signal they open from here. Which may
// stay on a phone, the page itself says.
const CACHE = "mine-{{ mark }}";
const PAGE = "/calls/mine";
const FILES = [{% for f in files %}"{{ f|escapejs }}",{% endfor %}];
const PATIENCE_MS = 4000;

// A file that does not come now comes when a page first asks for it.
self.addEventListener("install", (event) => {
  event.waitUntil(
    caches.open(CACHE).then((cache) => Promise.allSettled(FILES.map((f) => cache.add(f)))).then(() => self.skipWaiting()),
  );
});

{% include "_kept_pages.js" %}
const keeps = (answer) => answer.headers.has("{{ header }}");
const ends = (answer) => [403, 404, 410].includes(answer.status); // no longer his to see

// A page from here says so itself, whatever the phone takes for signal.
async function asKept(kept) {
  const text = (await kept.clone().text()).replace("<html ", "<html data-kept ");
  return new Response(text, { status: kept.status, headers: kept.headers });
}

// The page that brought this worker was there before it: it asks to be kept too, and with it the shifts ahead.
self.addEventListener("message", (event) => {
  for (const name of new Set([event.data.keep, PAGE])) {
    event.waitUntil(
      fetch(name).then(async (answer) => {
        if (answer.ok && !answer.redirected && keeps(answer)) await (await caches.open(CACHE)).put(name, answer);
      }).catch(() => {}),
    );
  }
});

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== location.origin) return;
  if (FILES.includes(url.pathname)) event.respondWith(newestOrKept(event.request, url.pathname));
  else if (event.request.mode === "navigate") {
    const tab = url.searchParams.get("tab");
    const name = tab ? `${url.pathname}?tab=${tab}` : url.pathname;
    event.respondWith(newestOrKept(event.request, name, { keeps, ends, shown: asKept, spare: url.pathname }));
  }
});
