"""Every address x every role x inside, neighbour, above, below: what is not one's own is neither shown nor changed."""

from __future__ import annotations

import time
from collections import Counter

from tests.matrix.attempts import Attacker, touched
from tests.matrix.routes import SEARCHES, form_of, questions, routes


def test_get(attacker: Attacker) -> None:
    t = attacker.town
    every = list(routes())
    s = t.sides["A1"]
    missing = []
    for r in every:
        try: r.address(s)
        except Exception as e: missing.append((r.name, repr(e)))
    print("MISSING", missing)
    t0 = time.time(); n = 0
    bad = Counter(); sts = {}
    for r in every:
        a = r.address(s)
        t1=time.time()
        for post in [None, *t.posts.values()]:
            for asked in questions(t, "A1")[:1] + questions(t, "A1")[2:]:
                told = attacker.opens(post, a, asked); n += 1
                sts.setdefault(r.name, Counter())[told.status] += 1
                if told.status >= 500: bad[(r.name, "500", bool(asked))] += 1
                for m in told.leaks: bad[(r.name, m.side, m.sort, post.name if post else "-", bool(asked))] += 1
                if told.status == 405: break
            if told.status == 405: break
    print("N", n, time.time()-t0)
    for k, v in sorted(bad.items(), key=str): print("BAD", k, v)
    for k, v in sts.items(): print("ST", k, dict(v))
