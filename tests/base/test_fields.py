"""Fields and look-ups that all domains share."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lianfang.domains.accounts.models import Account, RoleGrant
from tests.factories.place import Place


@pytest.mark.parametrize("n", [0, 1, 5])
def test_any_gives_the_rows_that_in_gives_by_one_value(place: Place, n: int) -> None:
    ids = [a.id for a in list(place.accounts.values())[:n]] + [uuid4()]
    assert set(Account.objects.filter(id__any=ids)) == set(Account.objects.filter(id__in=ids))
    with CaptureQueriesContext(connection) as seen:
        held = set(RoleGrant.objects.filter(account_id__any=set(ids)))
    assert held == set(RoleGrant.objects.filter(account_id__in=ids)) and len(held) >= n
    assert seen[0]["sql"].count("ANY") == 1 and "IN (" not in seen[0]["sql"]
    assert set(Account.objects.filter(id__any=[])) == set()
