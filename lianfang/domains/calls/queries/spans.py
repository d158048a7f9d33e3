"""When people serve in truth: from check-in to check-out where they are known, by the plan where they are not yet."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, DateTimeField, F, QuerySet, Value, When
from django.db.models.functions import Coalesce, Greatest, Least

from lianfang.domains.calls.models import Claim

FORGOTTEN = timedelta(hours=12)  # after the planned end nobody is taken to serve on because he did not check out


def with_spans(rows: QuerySet[Claim, Any], at: datetime) -> QuerySet[Claim, Any]:
    """Claims with `begins` and `ends`: who is in after the end serves until now, who has left left when he did."""
    planned = F("shift__ends_at")
    still = Least(Greatest(planned, Value(at, DateTimeField())), planned + Value(FORGOTTEN))
    ends = Case(When(state="checked_in", then=still), default=planned, output_field=DateTimeField())
    return rows.annotate(begins=Coalesce("checked_in_at", "shift__starts_at"), ends=Coalesce("checked_out_at", ends))
