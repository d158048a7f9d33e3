"""The wall of thanks: what residents and colleagues wrote, read by a lead first; and one's own words."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from lianfang.base import clock
from lianfang.base.errors import Invalid
from lianfang.domains.areas.queries import paths_of
from lianfang.domains.editions.queries import kind
from lianfang.domains.needs.queries.hearts import feedback_shown
from lianfang.domains.work.queries.thanks import own_thanks, thanks_shown
from lianfang.domains.work.rules import state_of
from lianfang.flows.thank import write_thanks
from lianfang.web.door import actor_of, home_id, new_id, page, signed_in, uuid_in
from lianfang.web.words import said


@signed_in
def thanks(request: HttpRequest) -> HttpResponse:
    """What stands on the wall here, and my own words; sent, they wait for a lead."""
    by, at = actor_of(request), clock.now()
    home = request.user.area_id or home_id(by)  # type: ignore[union-attr]  # signed in; a resident holds no right
    if request.method == "POST":
        area_id = uuid_in(request.POST.get("area"))
        if area_id is None:
            raise Invalid(field="area", fix="id")
        write_thanks(item_id=new_id(request), area_id=area_id, to=request.POST.get("to", ""),
                     words=request.POST.get("words", ""), by=by, at=at)  # fmt: skip
        return redirect(reverse("thanks") + "?said=work.thanked")
    mine = [{"i": i, "words": said(state_of(kind(i.kind, i.version), i.state)["words"])} for i in own_thanks(by)]
    said_of = feedback_shown(by)
    context = {
        "said_of": said_of,
        "shown": thanks_shown([home], at=at),
        "mine": mine,
        "areas": reversed(paths_of([home])[home]),
    }
    return page(request, "thanks/wall.html", context)
