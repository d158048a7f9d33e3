"""What phones sent under doubt, for the lead who settles it: taken under his own name, or left."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.http import require_POST

from lianfang.base import clock
from lianfang.base.errors import Refused
from lianfang.domains.accounts.queries import labels_of
from lianfang.domains.devices.queries import VOUCH, quarantined
from lianfang.domains.editions.queries import kind
from lianfang.domains.privacy.queries import opened
from lianfang.domains.work.queries import items_seen, unit_labels
from lianfang.field.door import NEEDS_CODE, TOO_WEAK, actor_at, away_of
from lianfang.field.kinds import run_envelopes
from lianfang.field.views import WHYS, noted, said_of, uuid_or_none
from lianfang.flows.quarantine import settle_doubtful

SHOWN = 50
WAYS = {TOO_WEAK: "mfa_index", NEEDS_CODE: "field-code"}
WHYS_DOUBTED = {
    "devices.revoked": gettext_noop("The phone's access had ended when it sent this."),
    "devices.signature_wrong": gettext_noop("The signature is not of this phone's key, or the note was changed."),
    "devices.signature_missing": gettext_noop("An enrolled phone signs what it sends; this came unsigned."),
    "devices.key_unknown": gettext_noop("It names a key that nobody took in."),
}


def doubtful(request: HttpRequest) -> HttpResponse:
    """What came under doubt in my areas, oldest first, with what was noted and why it waits."""
    by, at = actor_at(request), clock.now()
    if by is None:
        return redirect(f"{reverse(WAYS.get(away_of(request), 'sign-in'))}?{urlencode({'next': request.path})}")
    if not by.grants_with(VOUCH):
        return redirect("day")
    rows = list(quarantined(by)[: SHOWN + 1])
    bodies = opened(rows[:SHOWN], by=by, fields=("body",), whole=True, subject="actor_id")
    posts = labels_of({r.actor_id for r in rows})
    asked = {i for b in bodies.values() if (i := uuid_or_none((b["body"] or {}).get("item")))}
    items = {i.id: i for i in items_seen(by).filter(id__in=asked)}
    units = unit_labels(list(items.values()), by=by, at=at, whole=True)
    lines = [_line(r, bodies[r.id]["body"] or {}, items, units, posts) for r in rows[:SHOWN]]
    context = {"lines": lines, "is_cut": len(rows) > SHOWN, "refused": _why(request.GET.get("refused", ""))}
    return render(request, "field/quarantine.html", context)


def _line(
    row: Any, body: dict[str, Any], items: dict[UUID, Any], units: dict[UUID, str], posts: dict[UUID, str]
) -> dict[str, Any]:
    item = items.get(uuid_or_none(body.get("item")) or UUID(int=0))
    words = kind(item.kind, item.version) if item else {}
    unit = units.get(item.unit_id, "") if item and item.unit_id else ""
    return {"row": row, "post": posts.get(row.actor_id, ""), "why": _why(row.code), "unit": unit,
            "kind": said_of(words.get("words")) or row.kind, "said": noted(body, words)}  # fmt: skip


def _why(code: str) -> str:
    return gettext({**WHYS, **WHYS_DOUBTED}.get(code, "It could not be taken.")) if code else ""


@require_POST
def settle(request: HttpRequest, envelope_id: UUID) -> HttpResponse:
    """Take it as my own note, or leave it as it stands; what its service refuses waits on."""
    by, at = actor_at(request), clock.now()
    if by is None:
        return redirect("sign-in")
    take = request.POST.get("how") == "take"

    def handle(name: str, sent: Any) -> Any:
        return run_envelopes(name, sent, clock_off=timedelta(), by=by, at=at)

    try:
        done = settle_doubtful(envelope_id=envelope_id, take=take, handle=handle, by=by, at=at)
    except Refused as refused:
        return redirect(reverse("field-quarantine") + f"?refused={refused.code}")
    return redirect(reverse("field-quarantine") + (f"?refused={done.code}" if done.code else ""))
