"""What I wish of rosters, on my card: days off, no nights, hours of the day."""

from __future__ import annotations

from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from lianfang.base import clock
from lianfang.base.errors import Invalid
from lianfang.domains.responders.services import state_wishes
from lianfang.web.door import actor_of, signed_in


@require_POST
@signed_in
def keep(request: HttpRequest) -> HttpResponse:
    """What I wish of rosters takes the place of what I wished before."""
    sent = request.POST
    hours = [sent.get("wish_from", "").strip(), sent.get("wish_until", "").strip()]
    try:
        days = [date.fromisoformat(d) for d in sent.get("days_off", "").replace(",", " ").split()]
    except ValueError:
        raise Invalid(field="day", fix="2027-03-01 2027-03-02") from None
    state_wishes(days_off=days, no_nights=sent.get("no_nights") == "1", hours=hours if any(hours) else [],
                 by=actor_of(request), at=clock.now())  # fmt: skip
    return redirect(reverse("people-card") + "?said=responders.kept")
