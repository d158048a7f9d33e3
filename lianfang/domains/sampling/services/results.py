"""A laboratory's results: tube by tube, as many out as came in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from lianfang.base.actor import Actor
from lianfang.base.bulk import update_rows
from lianfang.base.service import Outcome, Repeated, service
from lianfang.domains.accounts.queries import reach
from lianfang.domains.sampling.errors import ResultDiffers, ResultUnknown, TubeOpen, TubeUnknown
from lianfang.domains.sampling.models import LabFile, Tube
from lianfang.domains.sampling.rules import RESULTS, ResultRow

KEPT = 500  # refused rows a file keeps to be shown; their count is whole


@service("sampling.take_results", door=False, told=("file_name", "digest"))
def take_results(
    *, file_id: UUID, file_name: str, digest: str, rows: Sequence[ResultRow], by: Actor, at: datetime
) -> LabFile:
    """Enter results by tube; the rows that can be taken are, each other is kept with its number and why.

    Repeat:  same file id: the first; a result the tube has already is counted as repeated.
    Rights:  sampling.result in the tube's area; a tube elsewhere is not known. Locks: the tubes in their order.
    Refused: sampling.tube_unknown, tube_open, result_unknown, result_differs (another result stands, or two rows of
             this file contradict each other: then neither is taken).
    Called by the flow that asks what a positive tube means.
    """
    known = LabFile.objects.filter(id=file_id).first()
    if known:
        raise Repeated(known)
    codes = [r.tube for r in rows if r.tube]
    locked = Tube.objects.select_for_update(of=("self",)).select_related("round").filter(code__in=codes)
    tubes = {t.code: t for t in locked.order_by("code")}
    there = reach(by, "sampling.result", areas={t.area_id for t in tubes.values()})
    seen = {c: t for c, t in tubes.items() if there.has(t.area_id, t.round.incident_id)}
    counts = {"taken": 0, "repeated": 0, "refused": 0}
    refused = []
    file = LabFile(id=file_id, file_name=file_name[:200], digest=digest, rows=len(rows), by=by.id, at=at)
    changed: dict[str, Tube] = {}
    said: dict[str, set[str]] = {}
    for r in rows:
        if r.result in RESULTS:
            said.setdefault(r.tube, set()).add(r.result)
    for r in rows:
        both = len(said.get(r.tube, ())) > 1 and r.tube in seen
        outcome = Outcome(file_id, ResultDiffers.code, {"tube": r.tube}) if both else _enter(
            r, seen.get(r.tube), file, changed, at)  # fmt: skip
        counts["refused" if outcome.code not in ("", "repeated") else outcome.code or "taken"] += 1
        if outcome.code not in ("", "repeated"):
            refused.append({"row": r.number, "tube": r.tube, "code": outcome.code, "values": outcome.values})
    file.counts, file.refused = counts, refused[:KEPT]
    file.save(force_insert=True)
    update_rows(Tube, list(changed.values()), ("state", "result", "resulted_at"))
    Tube.objects.filter(code__in=changed).update(file=file)
    return file


def _enter(r: ResultRow, tube: Tube | None, file: LabFile, changed: dict[str, Tube], at: datetime) -> Outcome:
    if tube is None:
        return Outcome(file.id, TubeUnknown.code, {"tube": r.tube})
    if r.result not in RESULTS:
        return Outcome(file.id, ResultUnknown.code, {"tube": r.tube})
    if tube.state == "open":
        return Outcome(file.id, TubeOpen.code, {"tube": r.tube})
    if tube.result:
        same = tube.result == r.result
        return Outcome(file.id, "repeated" if same else ResultDiffers.code, {} if same else {"tube": r.tube})
    tube.result, tube.resulted_at, tube.state = r.result, at, r.result
    changed[tube.code] = tube
    return Outcome(file.id)
