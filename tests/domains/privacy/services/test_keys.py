"""Keys: made once a class, gone from every reader when destroyed, and no restored database brings one back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from lianfang.base.keystore import key_store
from lianfang.domains.accounts.errors import RightMissing
from lianfang.domains.grid.models import Person
from lianfang.domains.privacy.errors import (
    CertificateMissing,
    HeldByLaw,
    KeyGone,
    LegalHoldUnfit,
    NothingToDestroy,
    WitnessTheSame,
)
from lianfang.domains.privacy.models import DataKey, Destruction
from lianfang.domains.privacy.queries import opened, sealed
from lianfang.domains.privacy.services import (
    CLASSES,
    finish_destructions,
    lift_legal_hold,
    make_keys,
    order_destruction,
    place_legal_hold,
    witness_destruction,
)
from tests.factories.place import Place

pytestmark = pytest.mark.database


@pytest.fixture(params=["world", "sm"])
def scope(place: Place, settings: Any, request: pytest.FixtureRequest) -> UUID:
    """An incident's keys, of each suite."""
    scope, settings.SUITE = uuid4(), request.param
    make_keys(scope="incident", scope_id=scope, by=place.actor("admin"), at=place.at)
    return scope


def ordered(place: Place, scope: UUID, *classes: str) -> Destruction:
    """An order to destroy classes."""
    about = {"title": {}, "area_id": place.area["district"], "held": {}, "copies": {}}
    return order_destruction(destruction_id=uuid4(), scope="incident", scope_id=scope, classes=classes, why="its date",
                             about=about, by=place.actor("admin"), at=place.at)  # fmt: skip


def test_a_scope_may_hold_keys_of_both_suites_and_each_opens_what_it_sealed(place: Place, settings: Any) -> None:
    by, records = place.actor("admin"), []
    for suite in ("world", "sm"):
        settings.SUITE, scope = suite, uuid4()
        make_keys(scope="incident", scope_id=scope, by=by, at=place.at)
        assert set(DataKey.objects.filter(scope_id=scope).values_list("suite", flat=True)) == {suite}
        records.append(a_record(scope))
    told = opened(records, by=by, whole=True)
    assert [told[r.id]["name"] for r in records] == ["王小明", "王小明"]


def a_record(scope: UUID) -> Person:
    """A record sealed under the scope's pleas."""
    row = uuid4()
    return Person(
        id=row, sealed=sealed([(row, {"name": "王小明"})], scope="incident", scope_id=scope, retention="plea")[0]
    )


def test_keys_are_made_once_and_differ_by_class(place: Place, scope: UUID) -> None:
    assert make_keys(scope="incident", scope_id=scope, by=place.actor("admin"), at=place.at) == 0
    files = {key_store().get(k) for k in DataKey.objects.filter(scope_id=scope).values_list("id", flat=True)}
    assert len(files) == len(CLASSES) == 8 and None not in files


def test_a_destroyed_key_opens_for_nobody_and_seals_no_more(place: Place, scope: UUID) -> None:
    by, record = place.actor("admin"), a_record(scope)
    assert opened([record], by=by, whole=True)[record.id]["name"] == "王小明"
    order = ordered(place, scope, "plea")
    assert opened([record], by=by, whole=True)[record.id]["name"] == ""  # from the order on, before the file is gone
    assert key_store().has(order.keys[0])
    assert [d.id for d in finish_destructions(by=by, at=place.at)] == [order.id]
    assert not key_store().has(order.keys[0]) and Destruction.objects.get(id=order.id).done_at == place.at
    with pytest.raises(KeyGone):
        sealed([(uuid4(), {"name": "x"})], scope="incident", scope_id=scope, retention="plea")
    assert sealed([(uuid4(), {"name": "x"})], scope="incident", scope_id=scope, retention="dose") != [b""]


def test_a_restored_database_that_thinks_the_key_lives_opens_nothing(place: Place, scope: UUID) -> None:
    by, record = place.actor("admin"), a_record(scope)
    opened([record], by=by, whole=True)  # this process has the key in memory
    ordered(place, scope, "plea")
    finish_destructions(by=by, at=place.at)
    DataKey.objects.filter(scope_id=scope).update(destroyed_at=None)  # as a backup from before has it
    assert opened([record], by=by, whole=True)[record.id]["name"] == ""
    with pytest.raises(KeyGone):
        sealed([(uuid4(), {"name": "x"})], scope="incident", scope_id=scope, retention="plea")


def test_what_cannot_be_reached_stays_ordered_and_is_done_the_next_time(place: Place, scope: UUID) -> None:
    order, folder = ordered(place, scope, "track"), key_store().folders[0]
    away = folder.rename(folder.with_name(f"unplugged-{scope}"))
    assert finish_destructions(by=place.actor("admin"), at=place.at) == []
    away.rename(folder)
    later = place.at + timedelta(hours=1)
    assert [d.done_at for d in finish_destructions(by=place.actor("admin"), at=later)] == [later]
    assert not key_store().has(order.keys[0])


def test_a_class_dies_once(place: Place, scope: UUID) -> None:
    order = ordered(place, scope, "plea", "track")
    assert sorted(order.classes) == ["plea", "track"]
    with pytest.raises(NothingToDestroy):
        ordered(place, scope, "plea")


def test_a_legal_hold_keeps_its_classes_until_it_ends_or_is_lifted(place: Place, scope: UUID) -> None:
    admin, district = place.actor("admin"), place.area["district"]
    hold = {"scope": "incident", "scope_id": scope, "area_id": district, "classes": ["contact"],
            "holder": "区法院 〔2026〕3 号", "why": "诉讼", "until_at": place.at + timedelta(days=30)}  # fmt: skip
    with pytest.raises(RightMissing):
        place_legal_hold(hold_id=uuid4(), **hold, by=place.actor("lead"), at=place.at)
    for field, value in (("classes", []), ("classes", ["all"]), ("holder", " "), ("why", ""), ("until_at", place.at)):
        with pytest.raises(LegalHoldUnfit) as refused:
            place_legal_hold(hold_id=uuid4(), **{**hold, field: value}, by=admin, at=place.at)
        assert refused.value.values == {"field": field}
    first = place_legal_hold(hold_id=uuid4(), **hold, by=admin, at=place.at)
    assert place_legal_hold(hold_id=first.id, **hold, by=admin, at=place.at).id == first.id
    with pytest.raises(HeldByLaw) as held:
        ordered(place, scope, "contact", "plea")
    assert held.value.values == {"classes": ["contact"]}
    ordered(place, scope, "plea")
    lift_legal_hold(hold_id=first.id, area_id=district, by=admin, at=place.at)
    ordered(place, scope, "contact")


def test_a_witness_is_somebody_else_who_reads_the_log_there(place: Place, scope: UUID) -> None:
    order = ordered(place, scope, "plea")
    said = {"destruction_id": order.id, "at": place.at}
    with pytest.raises(CertificateMissing):
        witness_destruction(**said, by=place.actor("auditor"))
    finish_destructions(by=place.actor("admin"), at=place.at)
    with pytest.raises(RightMissing):
        witness_destruction(**said, by=place.actor("lead"))
    assert witness_destruction(**said, by=place.actor("auditor")).witnessed_by == place.actor("auditor").id
    Destruction.objects.filter(id=order.id).update(ordered_by=place.actor("auditor").id)
    with pytest.raises(WitnessTheSame):
        witness_destruction(**said, by=place.actor("auditor"))
