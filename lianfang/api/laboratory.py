"""A laboratory's results, tube by tube: as many rows answered as came in."""

from __future__ import annotations

import hashlib
from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Schema
from pydantic import Field

from lianfang.api.door import Line, Sent, Word, actor_of, route
from lianfang.base import clock
from lianfang.base.service import canonical
from lianfang.domains.sampling.queries import file_seen
from lianfang.domains.sampling.rules import ResultRow
from lianfang.flows.lab_results import take_lab_file

MOST_ROWS = 5000  # of one call; a larger file is sent in parts, each with its own id


class ResultIn(Sent):
    """A tube's code as it is printed on it, and its result."""

    tube: Word
    result: Literal["negative", "positive", "invalid"]


class ResultsIn(Sent):
    """A list of results. The same `id` again is the same list: nothing follows twice."""

    id: UUID
    name: Line = ""
    rows: list[ResultIn] = Field(max_length=MOST_ROWS)


class RefusedRow(Schema):
    """A row that was not taken: its number in the list from 1, and the code of its refusal."""

    row: int
    tube: str
    code: str


class ResultsOut(Schema):
    """What became of the rows: taken, repeated, refused, together as many as were sent."""

    id: UUID
    rows: int
    counts: dict[str, int]
    refused: list[RefusedRow]


@route("POST", "/results", scopes=["sampling.result", "incidents.signal"], gives=ResultsOut, name="results")
def results(request: HttpRequest, sent: ResultsIn) -> ResultsOut:
    """Enter results of tubes in the program's area, with all that follows from them. A tube elsewhere is not known.

    A positive result is a signal too: therefore both scopes are asked for, before anything is entered.
    """
    by = actor_of(request)
    rows = [ResultRow(n, r.tube, r.result) for n, r in enumerate(sent.rows, start=1)]
    content: list[Any] = [[r.tube, r.result] for r in rows]
    taken = take_lab_file(file_id=sent.id, file_name=sent.name or "api", rows=rows, by=by, at=clock.now(),
                          digest=hashlib.sha256(canonical(content)).hexdigest())  # fmt: skip
    file = file_seen(taken.id, by=by)  # an id that another sent is not this program's
    refused = [RefusedRow(row=r["row"], tube=r["tube"], code=r["code"]) for r in file.refused]
    return ResultsOut(id=file.id, rows=file.rows, counts=file.counts, refused=refused)
