"""What leaves the house on published pages: small counts are withheld with what would give them away."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest
from django.test import Client
from django.utils.translation import override

from lianfang.domains.editions.models import Kind
from lianfang.domains.work.models import Item
from lianfang.domains.work.services import NewItem, open_items
from lianfang.web.released import column_shown, count_shown, smallest_shown
from tests.factories.place import Place
from tests.web.pages import client_of, text_of


@pytest.fixture
def chinese() -> Iterator[None]:
    """Words in Chinese, whatever a page before left active."""
    with override("zh-hans"):
        yield


def test_a_lone_small_count_is_a_bound_and_nobody_is_said(chinese: None) -> None:
    assert [count_shown(n, below=5) for n in (0, 1, 4, 5, 1234)] == ["0", "不到 5", "不到 5", "5", "1,234"]


def test_a_column_withholds_a_second_one_where_its_total_would_tell(chinese: None) -> None:
    cells, total = column_shown([3, 40, 9, 0], below=5)
    assert (cells, total) == (["不公布", "40", "不公布", "0"], "52")
    assert column_shown([], below=5) == ([], "0") and column_shown([2], below=5) == (["不公布"], "不公布")


def test_the_threshold_is_the_editions(place: Place) -> None:
    assert smallest_shown(None, at=place.at) == smallest_shown(place.area["committee"], at=place.at) == 5


@pytest.fixture
def counted(place: Place) -> Place:
    """Three estates whose kind publishes a count of households."""
    row = Kind.objects.filter(name="estate-award").order_by("-version").first()
    assert row
    row.id, row.version, row._state.adding = uuid4(), 97, True  # a version of its own: one never changes
    row.body |= {"public": [*row.body["public"], "households_known"], "version": 97}
    row.save(force_insert=True)
    for n, area in ((3, "committee"), (41, "committee2"), (9, "committee3")):
        new = NewItem(uuid4(), place.area[area], "area", place.area[area])
        open_items(kind_name="estate-award", items=[new], area_id=new.area_id, incident_id=None, by=place.system,
                   at=place.at)  # fmt: skip
        Item.objects.filter(id=new.id).update(values={"households_known": n})
    return place


def test_what_is_published_tells_no_small_count_and_the_command_reads_it_exactly(counted: Place) -> None:
    page = text_of(Client(headers={"accept-language": "en"}).get("/published/estate-award")).split("<main")[1]
    assert "Households known, all places together: 53" in page and '<span class="tight">41</span>' in page
    assert page.count('<span class="tight">withheld</span>') == 2
    assert '<span class="tight">3</span>' not in page and '<span class="tight">9</span>' not in page
    item = Item.objects.get(values={"households_known": 3})
    inside = text_of(client_of(counted, "street").get(f"/work/{item.id}"))
    assert "Households known" in inside and ">3" in inside.replace("\n", "").replace(" ", "")
