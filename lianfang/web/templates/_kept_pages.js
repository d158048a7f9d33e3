// The newest where there is signal; what is kept where there is none, or where it comes too slowly.
// keeps: whether an answer may stay on the phone; ends: whether it ends what was kept; shown: a kept copy as it is given
// out; spare: what else will do.
async function newestOrKept(request, name, { keeps = () => true, ends = () => false, shown = (kept) => kept.clone(), spare = name } = {}) {
  const cache = await caches.open(CACHE);
  // Answers vary by language and cookie; on this phone there is one of each, so it is found by its address alone.
  const kept = (await cache.match(name, { ignoreVary: true })) ?? (await cache.match(spare, { ignoreVary: true }));
  const newest = fetch(request).then(async (answer) => {
    if (answer.ok && !answer.redirected && keeps(answer)) await cache.put(name, answer.clone());
    if (ends(answer)) await cache.delete(name, { ignoreVary: true });
    return answer;
  });
  if (!kept) return newest;
  const late = new Promise((resolve) => { setTimeout(() => resolve(shown(kept)), PATIENCE_MS); });
  return Promise.race([newest.catch(() => shown(kept)), late]);
}

// Of what this worker kept before, only the newest stays.
self.addEventListener("activate", (event) => {
  const ours = CACHE.slice(0, CACHE.indexOf("-") + 1);
  event.waitUntil(
    caches.keys()
      .then((names) => Promise.all(names.filter((n) => n.startsWith(ours) && n !== CACHE).map((n) => caches.delete(n))))
      .then(() => self.clients.claim()),
  );
});
