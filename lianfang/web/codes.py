"""Test codes: a resident's own, and those of a door for who may address its people; drawn here, read at a desk."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import segno
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from lianfang.base import clock
from lianfang.domains.accounts.queries import require
from lianfang.domains.grid.queries import household_seen, members_of, own_record
from lianfang.domains.sampling.queries import code_of, code_until
from lianfang.domains.work.queries import door_label
from lianfang.web.door import actor_of, home_id, page, signed_in
from lianfang.web.words import sex_words

QUIET = 4  # modules of white round the drawing: without them a worn camera does not find it


def drawn(person_id: UUID, name: str, tail: str, *, at: datetime, until: datetime) -> dict[str, str]:
    """A person's code: what a scanner reads, and the drawing of it."""
    text = code_of(person_id, name=name, tail=tail, at=at, until=until)
    return {"text": text, "image": segno.make_qr(text, error="m").svg_data_uri(scale=8, border=QUIET)}


@signed_in
def mine(request: HttpRequest) -> HttpResponse:
    """A resident's own code: the drawing, the text below, whose it is and until when."""
    by, at = actor_of(request), clock.now()
    own: UUID | None = getattr(request.user, "person_id", None)
    if own is None:
        return redirect("day")
    known = own_record(by)
    home = next((s.area_id for s in known["stays"] if s.to_on is None), None)
    until = code_until(home or home_id(by), at=at)
    code = drawn(own, known["name"], known["id_number"], at=at, until=until)
    return page(request, "rounds/code.html", known | {"until": until, "code": code})


@signed_in
def family(request: HttpRequest, household_id: UUID) -> HttpResponse:
    """Codes of all behind a door, for paper: who has no phone shows the sheet."""
    by, at = actor_of(request), clock.now()
    door = household_seen(household_id, by=by, at=at)
    require(by, "grid.read_full", area_id=door.area_id)
    until = code_until(door.area_id, at=at)
    rows: list[dict[str, Any]] = [
        m | {"sex_words": sex_words(m["sex"]), "code": drawn(m["id"], m["name"], m["id_tail"], at=at, until=until)}
        for m in members_of(door, by=by, at=at)
    ]
    return page(request, "rounds/codes.html", {"label": door_label(door), "rows": rows, "until": until, "door": door})
