"""Prepared questions: what they answer is what the question itself answers, for each value and in each thread."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet, Value

from lianfang.base.fields import braced
from lianfang.base.prepared import Prepared
from lianfang.domains.accounts.models import Account, RoleGrant
from tests.factories.place import Place, small_place


def held(*, account_id: UUID, at: datetime) -> QuerySet[RoleGrant]:
    """Grants with their area, and whether their holder is somebody: joins, annotations and deferred columns."""
    rows = RoleGrant.objects.filter(Q(to_at=None) | Q(to_at__gt=at), from_at__lte=at, account_id=account_id)
    somebody = Exists(Account.objects.filter(id=OuterRef("account_id")))
    return rows.annotate(is_somebody=somebody, word=Value("5")).select_related("area").defer("area__outline")


def told(rows: list[RoleGrant]) -> list[tuple[object, ...]]:
    return [(g.id, g.role, g.from_at, g.area.name, g.area.get_deferred_fields(), g.is_somebody, g.word) for g in rows]  # type: ignore[attr-defined]  # annotated


def test_it_answers_what_the_question_answers_for_each_value_with_one_statement(
    place: Place, django_assert_num_queries: pytest.FixtureRequest
) -> None:
    asked = Prepared(held, account_id=UUID, at=datetime)
    ids = [a.id for a in place.accounts.values()] + [uuid4()]
    found = 0
    for i in ids:
        for at in (place.at - timedelta(days=1), place.at, place.at + timedelta(days=400)):
            with django_assert_num_queries(1):  # type: ignore[operator]  # a fixture that is called
                answer = told(asked(account_id=i, at=at))
            assert answer == told(list(held(account_id=i, at=at)))
            found += len(answer)
    assert found == 2 * len(place.accounts)


def test_a_value_that_does_not_reach_the_statement_cannot_be_prepared(place: Place) -> None:
    with pytest.raises(TypeError, match="at"):
        Prepared(lambda *, at: RoleGrant.objects.filter(role=str(at)), at=datetime)(at=place.at)
    with pytest.raises(TypeError, match="at"):
        Prepared(lambda *, at: RoleGrant.objects.all(), at=datetime)(at=place.at)
    with pytest.raises(TypeError, match="one"):  # it reaches it once as given, and once as something made of it
        Prepared(
            lambda *, at: RoleGrant.objects.filter(from_at__lte=at, to_at__gt=at - timedelta(days=1)), at=datetime
        )(at=place.at)


def test_ids_braced_once_are_asked_as_a_list_of_them_is_and_values_come_as_values(place: Place) -> None:
    asked = Prepared(
        lambda *, ids: Account.objects.filter(id__any=ids).order_by("id").values_list("id", "label"), ids=str
    )
    ids = sorted(a.id for a in place.accounts.values())
    for some in (ids[:3], [], [uuid4()], ids):
        plain = Account.objects.filter(id__in=some).order_by("id").values_list("id", "label")
        assert (
            asked(ids=braced(some))
            == list(plain)
            == list(Account.objects.filter(id__any=some).order_by("id").values_list("id", "label"))
        )


@pytest.mark.usefixtures("own_database")
def test_each_thread_asks_by_its_own_connection() -> None:
    place = small_place(at=datetime.fromisoformat("2026-07-21T01:00:00Z"))
    asked = Prepared(held, account_id=UUID, at=datetime)

    def ask(account: Account) -> tuple[UUID, list[UUID]]:
        try:
            return account.id, [g.account_id for g in asked(account_id=account.id, at=place.at)]
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as many:
        answers = list(many.map(ask, [*place.accounts.values()] * 4))
    assert len(answers) == 4 * len(place.accounts) and all(mine == [who] for who, mine in answers)
