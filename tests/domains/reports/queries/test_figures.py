"""One figure asked alone is the line of the sheet, at any cut-off and for any incident; no other is computed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lianfang.base import clock
from lianfang.domains.reports.errors import FigureMissing, SheetMissing
from lianfang.domains.reports.queries import Scope, figure, first_stays, lines_of, rows_of
from tests.web.conftest import Town, town  # noqa: F401  a fixture

pytestmark = pytest.mark.database


def test_each_figure_alone_is_its_line_on_the_sheet(town: Town) -> None:  # noqa: F811
    by, now = town.place.actor("county", clock.now()), clock.now()
    area = town.place.area["district"]
    for at in (now, now + timedelta(days=2)):
        for incident in (None, town.incident):
            scope = Scope(area, at, incident)
            lines = lines_of(scope, by=by)
            assert {line.group for line in lines} >= {"register", "holds", "work", "messages"}
            assert [figure(line.name, scope, by=by) for line in lines] == lines


def test_a_figure_asks_for_its_own_records_only(town: Town) -> None:  # noqa: F811
    by, scope = town.place.actor("county", clock.now()), Scope(town.place.area["district"], clock.now(), town.incident)
    with CaptureQueriesContext(connection) as seen:
        assert figure("register.lives", scope, by=by, child_of={}).value == 72
    assert [q["sql"] for q in seen if "work_item" in q["sql"] or "messages_message" in q["sql"]] == []


def test_a_figure_nobody_knows_and_an_area_not_ones_own_are_refused(town: Town) -> None:  # noqa: F811
    scope = Scope(town.place.area["district"], clock.now())
    for name in ("no.such", "figures.none", "work.none.open", "register.none", ""):
        with pytest.raises(FigureMissing):
            figure(name, scope, by=town.place.actor("county", clock.now()))
    with pytest.raises(SheetMissing):
        figure("register.lives", scope, by=town.place.actor("neighbour", clock.now()))


def test_the_first_rows_are_the_first_of_all_in_the_order_of_areas(town: Town) -> None:  # noqa: F811
    by, area = town.place.actor("county", clock.now()), town.place.area["district"]
    scope = Scope(area, clock.now(), town.incident)
    for name in ("register.lives", "holds.persons"):
        found = rows_of(figure(name, scope, by=by), scope, by=by)
        every = [p.id for p in found.order_by("area__position", "id")]
        for limit in (1, 5, 20, 100):
            assert every and [p.id for p in first_stays(found, area, limit=limit)] == every[:limit]
    doors = rows_of(figure("register.households", scope, by=by), scope, by=by)
    assert len({p.household_id for p in first_stays(doors, area, limit=20)}) == 20
