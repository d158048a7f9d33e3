"""What changes about areas, by the command."""

from __future__ import annotations

from datetime import date

import pytest

from lianfang.cli.main import main
from lianfang.domains.areas.errors import AreaMissing
from lianfang.domains.areas.queries import area_of_code, areas_named, ids_below
from tests.conftest import T0
from tests.factories.place import small_place


def test_an_alias_a_new_code_and_another_area_above_hold_from_their_day(
    own_database: None, capsys: pytest.CaptureFixture[str]
) -> None:
    place = small_place(at=T0)
    assert main(["area", "alias", "990101001", "老东街"]) == 0
    assert [a.id for a in areas_named("老东街")] == [place.area["street"]]
    assert main(["area", "code", "990101001", "990101009", "--on", "2026-07-01"]) == 0
    assert area_of_code("990101009").id == place.area["street"]
    assert area_of_code("990101001", on=date(2026, 6, 1)).id == place.area["street"]  # papers of before still find it
    with pytest.raises(AreaMissing):
        area_of_code("990101001", on=date(2026, 8, 1))
    assert main(["area", "code", "990101002", "990101009"]) == 2
    assert main(["area", "move", "990101001002", "990101002", "--on", "2026-07-01"]) == 0
    assert place.area["committee2"] in set(ids_below(place.area["street2"]))
    assert place.area["committee2"] not in set(ids_below(place.area["street"]))
    assert main(["area", "move", "990101", "990101002"]) == 2  # an area does not lie in a part of itself
    assert main(["area", "alias", "123456", "nowhere"]) == 2
    assert main(["area", "alias", "990101", "x", "--on", "yesterday"]) == 2
    said = capsys.readouterr()
    assert "东街道: 990101001 is 990101009 from 2026-07-01" in said.out and "areas.ring" in said.err.replace("_", ".")
