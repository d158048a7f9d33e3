"""Every address x every role x inside, neighbour, above, below: what is not one's own is neither shown nor changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from django.urls import NoReverseMatch

from lianfang.web.searches import seal_search
from tests.matrix.attempts import Attacker, Told, touched
from tests.matrix.people import Post
from tests.matrix.routes import (
    BATCHED,
    CLOSED,
    FOR_ANYBODY,
    OPEN,
    UNPROVED,
    WHOLE,
    Route,
    form_of,
    questions,
    routes,
    takes_forms,
)

Asked = Mapping[str, Any]


def posts(a: Attacker, *stands: str) -> list[Post | None]:
    """Posts by where they stand; nobody signed in is an outsider too."""
    found: list[Post | None] = [p for p in a.town.posts.values() if p.stands in stands]
    return [None, *found] if "neighbour" in stands else found


OUTSIDE = ("neighbour", "beside", "below")


def in_turn(found: list[Post | None], r: Route, every: int) -> list[Post | None]:
    """So many of the posts, other ones at the next address: the suite has minutes, not hours. All, where asked for."""
    turn = sum(map(ord, r.name))
    return found if WHOLE else [p for n, p in enumerate(found) if n % every == turn % every]


def visits(a: Attacker, r: Route) -> Iterator[tuple[Post | None, Asked]]:
    """Who opens an address, asking what. Lists are opened bare by neighbours; rows by id, with all that may be asked.

    From above all is one's own, so that only masking is at stake there: in the lists, unless the whole is asked for.
    """
    bare, area, every = questions(a.town, "A1")
    if r.name in CLOSED and not WHOLE:
        yield from ((p, every) for p in posts(a, "neighbour")[:4])
    elif WHOLE or not r.pattern.pattern.converters:
        near = in_turn(posts(a, "beside", "below"), r, 2)
        yield from ((p, bare) for p in posts(a, "neighbour") + near + in_turn(posts(a, "inside", "above"), r, 4))
        yield from ((p, q) for p in in_turn(posts(a, *OUTSIDE), r, 2) for q in ([area, every] if WHOLE else [every]))
    else:
        who = in_turn(posts(a, "neighbour"), r, 2) + in_turn(posts(a, "beside", "below"), r, 3)
        who += in_turn(posts(a, "inside"), r, 3)
        yield from ((p, every) for p in who)


def fault(a: Attacker, r: Route, post: Post | None, told: Told) -> list[str]:
    """What is wrong with an answer, in words."""
    who = post.name if post else "nobody"
    found = [f"{r.name} {who}: {m.side} {m.sort} {m.text}" for m in told.leaks]
    if told.status >= 500:
        found.append(f"{r.name} {who}: {told.status}")
    if post is None and told.status == 200 and r.name not in OPEN:
        found.append(f"{r.name}: open to nobody in particular")
    return found


def opened(a: Attacker, only: str = "") -> list[str]:
    """Every address opened by everybody; what was leaked."""
    found = []
    for r in routes():
        if only and r.name not in only.split():
            continue
        address, *further = r.addresses(a.town.sides["A1"])
        for post, asked in visits(a, r):
            told = a.opens(post, address, asked)
            if told.status == 405:
                break
            for one in [told, *(a.opens(post, f, asked) for f in further)]:
                a.count("outside" if post is None or post.is_outsider else "inside")
                found += fault(a, r, post, one)
        for post in posts(a, "inside", "neighbour", "above", "beside") if r.name in a.searches else []:
            for asked in a.searches[r.name]:
                a.count("outside" if post is None or post.is_outsider else "inside")
                told = a.opens(post, address, typed(post, asked))
                # What one typed stands in the box again: it is no news to him.
                leaks = [m for m in told.leaks if m.text not in asked.values()]
                found += fault(a, r, post, replace(told, leaks=leaks))
    return found


def typed(post: Post | None, asked: dict[str, Any]) -> dict[str, Any]:
    """What somebody typed into a search, as it stands in an address."""
    return {k: seal_search(v, by_id=post.account.id) if post and k in ("q", "text") else v for k, v in asked.items()}


def sent(a: Attacker, only: str = "") -> list[str]:
    """Every form sent by outsiders, as plausible and empty; what leaked or changed."""
    found = []
    for r in routes():
        if (only and r.name not in only.split()) or r.name in BATCHED:
            continue
        address = r.address(a.town.sides["A1"])
        who = in_turn(posts(a, "neighbour"), r, 2) + in_turn(posts(a, "beside", "below"), r, 3)
        for post in who if WHOLE or takes_forms(r) else who[:5]:
            told = a.sends(post, address, form_of(a.town, "A1", r))
            if told.status == 405:
                break
            a.count("outside")
            changed = [] if r.name in FOR_ANYBODY else touched(a.town, post, told)
            found += fault(a, r, post, told) + [f"{r.name} {post and post.name}: {x}" for x in changed]
    return found


def test_every_address_has_its_example(attacker: Attacker) -> None:
    """A new address must be put into the table."""
    without = []
    for r in routes():
        try:
            r.address(attacker.town.sides["A1"])
        except (KeyError, NoReverseMatch):
            without.append(r.name)
    assert without == []


def test_no_page_shows_to_anybody_what_is_not_his(attacker: Attacker) -> None:
    found = opened(attacker)
    assert not found, "\n".join(found)


def test_opening_pages_changed_nothing(attacker: Attacker) -> None:
    assert [t for t in attacker.base if attacker._changed(t)] == []


def test_no_form_of_an_outsider_changes_or_shows_anything(attacker: Attacker) -> None:
    found = sent(attacker)
    assert not found, "\n".join(found)


def test_no_form_breaks_and_nearly_each_works_for_somebody_inside(attacker: Attacker) -> None:
    """A form that nobody can send proves nothing about those who may not: the list of such forms is closed."""
    broken, unproved = [], set()
    for r in routes():
        if r.name in BATCHED or r.name in CLOSED or not takes_forms(r):
            continue
        address, is_form = r.address(attacker.town.sides["A1"]), True
        inside = sorted(posts(attacker, "inside"), key=lambda p: -len(p.rights) if p else 0)
        for n, post in enumerate(inside[:2] if r.name in UNPROVED else inside):
            forms = [form_of(attacker.town, "A1", r)] + ([{}] if n < 2 else [])
            tolds = [attacker.sends(post, address, f) for f in forms]
            attacker.made["inside"] = attacker.made.get("inside", 0) + len(forms)
            broken += [f"{r.name} {post.name if post else ''}" for t in tolds if t.status >= 500]
            is_form = tolds[0].status != 405
            if not is_form or tolds[0].changed:
                break
        else:
            unproved.add(r.name)
    assert broken == []
    assert unproved == set(UNPROVED), unproved ^ set(UNPROVED)
