"""Results by a laboratory's own program: taken once, tube by tube, in its area alone."""

from __future__ import annotations

from uuid import uuid4

import pytest

from lianfang.base import clock
from lianfang.domains.sampling.models import LabFile, Tube
from lianfang.domains.sampling.services import Closing, Scan, close_tubes, take_scans
from lianfang.domains.tracing.models import Trace
from tests.factories.rounds import Testing
from tests.web.conftest import Town

pytestmark = pytest.mark.django_db


@pytest.fixture
def tubes(testing: Testing) -> list[str]:
    """Two closed tubes of the first committee, with one person in each."""
    by, at = testing.place.actor("sampler"), clock.now()
    for n, code in enumerate(("SG-1", "SG-2")):
        scan = Scan(uuid4(), testing.desks[0].id, code, by, at, 1, person_id=testing.place.people[n])
        assert take_scans(scans=[scan], by=by, at=at)[0].code == ""
        assert close_tubes(closings=[Closing(uuid4(), code, 1, by, at)], by=by, at=at)[0].code == ""
    return ["SG-1", "SG-2"]


def results(*rows: tuple[str, str]) -> dict:
    """A list of results."""
    return {"id": str(uuid4()), "name": "2026-07-21", "rows": [{"tube": t, "result": r} for t, r in rows]}


def test_as_many_rows_come_out_as_went_in_and_a_repeat_changes_nothing(town: Town, caller, tubes: list[str]) -> None:
    sent = results((tubes[0], "negative"), ("SG-9", "negative"))
    said = [caller.post("/results", sent) for _ in range(2)]
    assert said[0].json() == said[1].json()
    assert said[0].json()["counts"] == {"taken": 1, "repeated": 0, "refused": 1} and said[0].json()["rows"] == 2
    assert said[0].json()["refused"] == [{"row": 2, "tube": "SG-9", "code": "sampling.tube_unknown"}]
    assert LabFile.objects.get(id=sent["id"]).by == caller.id
    assert Tube.objects.get(code=tubes[0]).result == "negative"


def test_a_positive_tube_has_its_consequences(town: Town, caller, tubes: list[str]) -> None:
    before = Trace.objects.count()
    assert caller.post("/results", results((tubes[1], "positive"))).json()["counts"]["taken"] == 1
    assert Trace.objects.count() > before


def test_a_neighbours_laboratory_knows_no_tube_here_and_nobody_elses_list(town, caller, stranger, tubes) -> None:
    said = stranger.post("/results", results((tubes[0], "positive"))).json()
    assert said["counts"] == {"taken": 0, "repeated": 0, "refused": 1}
    assert Tube.objects.get(code=tubes[0]).result == ""
    own = results((tubes[0], "negative"))
    caller.post("/results", own)
    assert stranger.post("/results", own).json()["code"] == "sampling.file_missing"


def test_a_result_that_there_is_not_is_refused_whole(town: Town, caller, tubes: list[str]) -> None:
    said = caller.post("/results", results((tubes[0], "maybe"))).json()
    assert (said["code"], said["field"]) == ("api.unfit", "sent.rows.0.result")
    assert not LabFile.objects.filter(by=caller.id).exists()
