"""The door of a rush: whoever presses, alone or among others, gets what the own account may have and nothing else."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from uuid import UUID, uuid4

from django.conf import settings

from lianfang.base import clock
from lianfang.domains.accounts.rules import Ticket, session_stamp, ticket_text
from lianfang.domains.calls.models import Claim
from lianfang.domains.privacy.queries import site_key
from lianfang.web.rush import Heard, Reply, heard, take_presses
from tests.matrix.attempts import Attacker
from tests.matrix.people import Post
from tests.matrix.routes import BATCHED

REFUSALS = {"calls.off_area", "calls.not_registered", "calls.not_asked"}


def session_of(a: Attacker, post: Post) -> str:
    return a.browser(post).cookies[settings.SESSION_COOKIE_NAME].value


def pressed(a: Attacker, post: Post, shift_id: UUID, *, in_session_of: Post | None = None) -> Heard | Reply:
    """A press of a post, read as the door reads it; the ticket may be carried into another's browser."""
    own = post.account
    ticket = Ticket(own.id, session_stamp(own.password, own.session_round), "", None, int(clock.now().timestamp()) + 60)
    text = ticket_text(ticket, session=session_of(a, post), key=site_key())
    body = json.dumps({"ticket": text, "id": str(uuid4()), "shift": str(shift_id), "waits": True}).encode()
    return heard(body, session=session_of(a, in_session_of or post), at=clock.now())


def may_take(post: Post) -> bool:
    """The oracle: by the catalogue's own words, and by where a post serves: the call asks one committee."""
    return "calls.claim" in post.rights and not post.is_outsider


def fate(reply: Reply) -> str:
    told = json.loads(reply.body)
    return str(told["code"] or told["state"])


def everybody(a: Attacker) -> list[Post]:
    return list(a.town.posts.values())


def test_every_door_that_batches_is_attacked_by_a_file_of_its_own() -> None:
    assert {v for v in BATCHED.values() if not (Path(__file__).parent / f"{v}.py").exists()} == set()


def test_each_alone_gets_what_the_own_account_may_have(attacker: Attacker) -> None:
    shift, wrong = attacker.town.sides["A1"].ids["shift"], []
    for post in everybody(attacker):
        press = pressed(attacker, post, shift)
        assert isinstance(press, Heard)
        with attacker.undone() as changed:
            said = fate(take_presses([press], at=clock.now())[0])
        attacker.count("outside" if post.is_outsider else "inside")
        if may_take(post) != (said in ("claimed", "waiting", "repeated")):
            wrong.append(f"{post.name}: {said}")
        if not may_take(post) and (changed or said not in REFUSALS):
            wrong.append(f"{post.name}: {said} {sorted(changed)}")
    assert wrong == []


def test_among_others_in_one_batch_it_is_the_same(attacker: Attacker) -> None:
    shift, posts = attacker.town.sides["A1"].ids["shift"], everybody(attacker)
    batch = [p for post in posts if isinstance(p := pressed(attacker, post, shift), Heard)]
    assert len(batch) == len(posts)
    with attacker.undone():
        fates = dict(zip([p.name for p in posts], map(fate, take_presses(batch, at=clock.now())), strict=True))
        held = set(Claim.objects.filter(shift_id=shift).values_list("account_id", flat=True))
        assert not {p.name for p in posts if p.account.id in held and not may_take(p)}
    attacker.made["outside"] = attacker.made.get("outside", 0) + len(posts)
    assert {n for n, f in fates.items() if f in REFUSALS} == {p.name for p in posts if not may_take(p)}


def test_nobody_presses_by_anothers_ticket_or_for_anothers_account(attacker: Attacker) -> None:
    shift = attacker.town.sides["A1"].ids["shift"]
    inside = next(p for p in everybody(attacker) if may_take(p) and p.stands == "inside")
    for post in everybody(attacker):
        if post.name == inside.name:
            continue
        told = pressed(attacker, inside, shift, in_session_of=post)
        assert isinstance(told, Reply) and fate(told) == "accounts.ticket_over", post.name
        own = pressed(attacker, post, shift)
        assert isinstance(own, Heard)
        # Even with the proof passed, one account with the session and stamp of another stands for nobody.
        lent = Heard(own.id, own.shift, True, "", replace(own.ticket, account_id=inside.account.id), "x", own.at)
        with attacker.undone() as changed:
            assert fate(take_presses([lent], at=clock.now())[0]) == "accounts.ticket_over"
        assert changed == {}
        attacker.count("outside")
