"""The last two wards count zero at once: the day is flagged once; judged side by side it would not be flagged."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import transaction

from lianfang.cli.up import system_actor
from lianfang.domains.incidents.models import Incident, Milestone
from lianfang.domains.incidents.services import report_signal
from lianfang.flows import count_cases as flow
from lianfang.flows.count_cases import count_cases
from lianfang.flows.open_incident import open_incident
from tests.conftest import T0
from tests.factories.place import small_place
from tests.races.test_places import at_once, placed


def counted(ward: UUID, active: int, *, days_ago: int = 0) -> None:
    on = T0.date() - timedelta(days=days_ago)
    count_cases(day_id=uuid4(), place_id=ward, on=on, admitted=0, discharged=0, moved=0, died=0, active=active,
                by=system_actor(), at=T0)  # fmt: skip


def two_wards() -> list[UUID]:
    """An open incident with two wards that had a case each yesterday."""
    with transaction.atomic():
        small = small_place(at=T0)
        signal = report_signal(signal_id=uuid4(), kind="case", case_class="confirmed", edition_code="cn-covid-8",
                               area_id=small.area["committee"], building_id=None, count=1, source="lab", found_at=T0,
                               by=small.actor("officer"), at=T0)  # fmt: skip
        open_incident(incident_id=uuid4(), signal_id=signal.id, area_id=small.area["district"], is_drill=False,
                      by=small.actor("command"), at=T0)  # fmt: skip
    wards = [placed(small.area[a], "hospital-ward", {"bed": 9}) for a in ("committee", "committee3")]
    for ward in wards:
        counted(ward, 1, days_ago=1)
    return wards


def each(wards: list[UUID]) -> Callable[[], object]:
    left = list(wards)
    return lambda: counted(left.pop(), 0)


@pytest.mark.race
@pytest.mark.database
def test_the_last_two_counts_at_once_flag_the_zero_day_once(own_database: None) -> None:
    assert at_once(each(two_wards())) == ["ok", "ok"]
    assert list(Milestone.objects.values_list("on", flat=True)) == [T0.date()]


@pytest.mark.race
@pytest.mark.database
def test_without_the_lock_neither_sees_the_other_and_the_day_is_lost(
    own_database: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    wards, both = two_wards(), threading.Barrier(2)
    judge = flow._judge

    def unlocked(area_id: UUID) -> list[Incident]:
        return list(Incident.objects.filter(closed_at=None))

    def together(*given: object, **more: object) -> None:
        judge(*given, **more)  # type: ignore[arg-type]  # passed through as it came
        both.wait(10)  # neither has committed before both have judged

    monkeypatch.setattr(flow, "locked_over", unlocked)
    monkeypatch.setattr(flow, "_judge", together)
    assert at_once(each(wards)) == ["ok", "ok"]
    assert not Milestone.objects.exists()
