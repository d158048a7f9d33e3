"""Many rows written at once."""

from __future__ import annotations

from datetime import UTC, timedelta
from decimal import Decimal
from uuid import uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lianfang.base.bulk import insert_rows, update_rows
from lianfang.domains.work.models import Item
from lianfang.domains.work.services import NewItem, open_items
from tests.factories.place import Place

TEXT = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\x00"), max_size=30)
FIELDS = ["state", "closed_at", "values", "words", "counted", "sealed", "attempts", "owner_id", "is_closed"]


def items(place: Place, n: int) -> list[Item]:
    """Some open items at doors."""
    # Asked anew in each example, as a door never is on one day without a reason.
    new = [NewItem(uuid4(), place.area["committee"], "household", h, again="changed") for h in place.households[:n]]
    open_items(kind_name="door-survey", items=new, area_id=place.area["committee"], incident_id=None,
               by=place.actor("lead"), at=place.at)  # fmt: skip
    return list(Item.objects.filter(id__in=[n.id for n in new]).order_by("id"))


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(
        st.tuples(
            st.dictionaries(TEXT, st.one_of(TEXT, st.integers(-(2**40), 2**40), st.booleans(), st.none()), max_size=4),
            st.lists(TEXT.map(lambda t: t[:30]), max_size=4),
            st.binary(max_size=40),
            st.one_of(st.none(), st.decimals(-(10**9), 10**9, places=3)),
            st.one_of(st.none(), st.datetimes(timezones=st.just(UTC))),
        ),
        min_size=1,
        max_size=3,
    )
)
def test_every_type_comes_back_as_it_was_written(place: Place, given_rows: list[tuple]) -> None:
    rows = items(place, len(given_rows))
    for row, (values, words, sealed, counted, when) in zip(rows, given_rows, strict=True):
        row.values, row.words, row.sealed = values, words, sealed
        row.counted, row.closed_at = counted, when
        row.owner_id, row.attempts, row.is_closed = uuid4(), 7, True
    assert update_rows(Item, rows, FIELDS) == len(rows)
    for row, kept in zip(rows, Item.objects.filter(id__in=[r.id for r in rows]).order_by("id"), strict=True):
        assert bytes(kept.sealed) == row.sealed
        for f in FIELDS:
            if f != "sealed":
                assert getattr(kept, f) == getattr(row, f), f


def test_only_the_named_fields_of_the_given_rows_change_and_a_row_that_is_gone_counts_for_none(place: Place) -> None:
    first, second = items(place, 2)
    first.state, first.title, first.counted = "done", "not written", Decimal("1.5")
    ghost = Item(id=uuid4(), state="done", changed_at=place.at + timedelta(days=1))
    assert update_rows(Item, [first, ghost], ["state", "counted"]) == 1
    assert update_rows(Item, [], ["state"]) == 0
    kept = Item.objects.get(id=first.id)
    assert (kept.state, kept.title, kept.counted) == ("done", "", Decimal("1.5"))
    assert Item.objects.get(id=second.id).state == "to-visit"


def test_rows_inserted_at_once_are_as_django_would_have_inserted_them_and_known_ones_are_left(place: Place) -> None:
    first, second, third = items(place, 3)
    for row in (first, second, third):
        row.values, row.words, row.sealed = {"甲": [1, None, {"b": '引"号\\'}]}, ["甲", "b c"], b"\x00\xff"
        row.counted, row.owner_id, row.slot_at, row.is_priority = Decimal("1.250"), uuid4(), place.at, True
    kept = {r.id: r for r in (first, second, third)}
    Item.objects.filter(id__in=[second.id, third.id]).delete()
    first.title = "not written"
    assert insert_rows(Item, [first, second]) == {second.id}
    Item.objects.bulk_create([third])  # the oracle
    assert insert_rows(Item, [first, second]) == set() == insert_rows(Item, [])
    assert Item.objects.get(id=first.id).title == ""
    ours, django = Item.objects.get(id=second.id), Item.objects.get(id=third.id)
    for f in Item._meta.concrete_fields:
        if f.name not in ("id", "unit_id", "owner_id"):
            assert getattr(ours, f.attname) == getattr(django, f.attname) == getattr(kept[ours.id], f.attname), f
