"""Breaking the glass before a search by name without a task, and reviewing who did."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from lianfang.base import clock
from lianfang.domains.privacy.services import break_glass, review_glass
from lianfang.web.door import actor_of, home_id, new_id, signed_in


@signed_in
@require_POST
def glass(request: HttpRequest) -> HttpResponse:
    """Say why, and search for some minutes; the auditor reads it tomorrow."""
    by = actor_of(request)
    break_glass(glass_id=new_id(request), area_id=home_id(by), why=request.POST.get("why", ""), by=by,
                at=clock.now())  # fmt: skip
    return redirect(f"{reverse('register')}?said=privacy.glass_broken")


@signed_in
@require_POST
def review(request: HttpRequest, glass_id: UUID) -> HttpResponse:
    """A look at one: it fits its reason, or not."""
    review_glass(glass_id=glass_id, finding=request.POST.get("finding", ""), by=actor_of(request), at=clock.now())
    return redirect(f"{reverse('reads')}?said=privacy.glass_reviewed")
