"""Offline pages: a shell that works without signal, the bundle it takes along, the door that takes what it noted."""

from __future__ import annotations

from typing import Any
from uuid import UUID
from zlib import crc32

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.utils.translation import get_language, gettext, gettext_noop
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_GET, require_POST

from lianfang.base import clock
from lianfang.base.envelopes import read_batch, settle_envelope, to_settle
from lianfang.base.errors import Refused
from lianfang.domains.editions.queries import kind
from lianfang.domains.privacy.queries import opened
from lianfang.domains.work.models import Item
from lianfang.domains.work.queries import items_seen, my_items, unit_labels
from lianfang.field.door import NEEDS_CODE, actor_at, sent_away, wipe_at
from lianfang.field.kinds import run_envelopes, runs_of
from lianfang.flows.take_envelopes import keep_late_envelopes, take_envelopes

SHELL = (
    "field/sampler.css",
    "field/sampler.mjs",
    "field/codes.mjs",
    "js/token.mjs",
    "js/camera.mjs",
    "css/tokens.css",
    "css/field.css",
    "field/field.css",
    "field/app.mjs",
    "field/store.mjs",
    "field/sync.mjs",
    "field/draw.mjs",
    "field/keys.mjs",
    "tile.svg",
)
WHYS = {
    "work.move_unfit": gettext_noop("The item has moved on since."),
    "work.item_missing": gettext_noop("The item is not yours any more."),
    "work.move_not_yours": gettext_noop("The item was given to somebody else."),
    "work.needs_another": gettext_noop("Another person must do this step."),
    "work.field_missing": gettext_noop("A value is missing."),
    "work.criterion_unmet": gettext_noop("A criterion is not met."),
    "work.kit_missing": gettext_noop("Pieces of the protective kit are missing."),
    "work.bound_passed": gettext_noop("It is more than the rule allows."),
    "work.not_listed": gettext_noop("The register lists nobody under this number."),
    "work.listing_over": gettext_noop("The licence has run out."),
    "work.field_unfit": gettext_noop("A value does not fit."),
    "sampling.already_sampled": gettext_noop("The person was sampled in this round before; it counts once."),
    "sampling.code_unknown": gettext_noop("The code was none of ours."),
    "sampling.code_expired": gettext_noop("The code was too old."),
    "sampling.tube_full": gettext_noop("The tube was full."),
    "sampling.tube_closed": gettext_noop("The tube had been closed."),
    "sampling.tube_elsewhere": gettext_noop("The tube belongs to another desk."),
    "sampling.tube_unfit": gettext_noop("What was read is no tube's code."),
    "sampling.tube_unknown": gettext_noop("Nobody is in such a tube."),
    "sampling.tube_differs": gettext_noop("Counted and scanned are not the same."),
    "rounds.desk_missing": gettext_noop("The desk is not yours."),
    "rounds.unit_missing": gettext_noop("The person is not on the list, or not in your area."),
    "rounds.closed": gettext_noop("The round takes no notes any more."),
    "rounds.ended_otherwise": gettext_noop("The person has another state already."),
    "rounds.reason_missing": gettext_noop("The reason is missing."),
    "field.body_unreadable": gettext_noop("The note cannot be read."),
    "field.other_actor": gettext_noop("It was noted by somebody else on this phone."),
    "field.kind_unknown": gettext_noop("This kind of note is not known here yet; it is kept."),
    "field.seq_taken": gettext_noop("This phone sent another note under the same number."),
    "field.envelope_differs": gettext_noop("This note came before with other content."),
}
LATE_BYTES = 1_000_000  # of one upload nobody is signed in for: a hundred notes are a tenth of it
MOST_ITEMS = 400  # what a phone takes along: a stairwell's day, not a district


def _words() -> dict[str, str]:
    return {
        "empty": gettext("Nothing waits for you here."),
        "offline": gettext("No signal. Your notes are kept on this phone."),
        "unsent": gettext("Not yet sent"),
        "settle": gettext("To settle"),
        "send": gettext("Send now"),
        "sent": gettext("All sent."),
        "save": gettext("Save"),
        "back": gettext("Back"),
        "kept": gettext("Kept on this phone."),
        "keep": gettext("Leave it as it stands"),
        "again": gettext("Open the item"),
        "due": gettext("due"),
        "yes": gettext("Yes"),
        "no": gettext("No"),
        "signin": gettext("Sign in again to send. Nothing is lost."),
        "needed": gettext("Still needed:"),
        "left": gettext("to do"),
        "yours": gettext("You noted"),
        "choose": gettext("Choose"),
        "all": gettext("All"),
        "more": gettext("Note more"),
        "over": gettext("The mission is over. This phone has forgotten its list; notes not yet sent are kept."),
    }


@require_GET
@ensure_csrf_cookie
def shell(request: HttpRequest) -> HttpResponse:
    """The page that stays on the phone; it holds no person's data, the bundle does."""
    return render(request, "field/shell.html", {"shell": [static(s) for s in SHELL]})


@require_GET
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker, served below the pages it keeps."""
    # A module names another by its plain address, whatever fingerprint the page's own tag bears.
    plain = (f"{settings.STATIC_URL}{s}" for s in SHELL if s.endswith(".mjs"))
    files = list(dict.fromkeys([*(static(s) for s in SHELL), *plain]))
    return render(
        request, "field/sw.js", {"files": files, "mark": crc32("".join(files).encode())}, content_type="text/javascript"
    )


@require_GET
def bundle(request: HttpRequest) -> HttpResponse:
    """What the phone takes along: my open items of kinds that work offline, with their forms and units in words."""
    by = actor_at(request)
    if by is None:
        return sent_away(request)
    items = [i for i in my_items(by, limit=MOST_ITEMS) if kind(i.kind, i.version).get("offline")]
    if items and by.device and request.session["strength"] == "device":
        return sent_away(request, NEEDS_CODE)
    labels = unit_labels(items, by=by, at=clock.now(), whole=True)
    kinds = {f"{i.kind} {i.version}": kind(i.kind, i.version) for i in items}
    return JsonResponse(
        {
            "actor": str(by.id),
            "label": by.name,
            "lang": "en" if get_language() == "en" else "zh",
            "words": _words(),
            "made_at": clock.now().isoformat(),
            "to_settle": len(to_settle(by.id)),
            "wipe_at": wipe_at(request),
            "kinds": kinds,
            "items": [
                {
                    "id": str(i.id),
                    "kind": f"{i.kind} {i.version}",
                    "state": i.state,
                    "unit": labels.get(i.unit_id, "") if i.unit_id else "",
                    "title": (i.title_en if get_language() == "en" else "") or i.title,
                    "area": i.area.name,
                    "due_at": i.due_at.isoformat() if i.due_at else None,
                    "values": i.values,
                }
                for i in items
            ],
        }
    )


@require_POST
def upload(request: HttpRequest) -> HttpResponse:
    """Envelopes in, one answer each; what cannot be read is said and nothing of it is kept, so the phone keeps it.

    From a phone whose access has ended, signed by its key, they are kept too, and wait for a lead.
    """
    by, at = actor_at(request), clock.now()
    if by is None and int(request.headers.get("Content-Length") or 0) > LATE_BYTES:
        return sent_away(request)
    try:
        reading = read_batch(request.body, at=at)
    except RequestDataTooBig:
        return JsonResponse({"code": "field.batch_too_large"}, status=413) if by else sent_away(request)
    except Refused as refused:
        said = {"code": refused.code, "values": refused.values}
        return JsonResponse(said, status=refused.status) if by else sent_away(request)
    if by is None:
        late = keep_late_envelopes(reading=reading, at=at)
        return JsonResponse({"answers": late}) if late else sent_away(request)
    answers = take_envelopes(
        reading=reading,
        by=by,
        at=at,
        runs=runs_of,
        handle=lambda name, sent: run_envelopes(name, sent, clock_off=reading.clock_off, by=by, at=at),
    )
    return JsonResponse({"answers": answers})


@require_GET
def unsettled(request: HttpRequest) -> HttpResponse:
    """Refused notes of mine with what I noted and why it was refused."""
    by = actor_at(request)
    if by is None:
        return sent_away(request)
    rows = to_settle(by.id)
    sealed = opened(rows, by=by, fields=("body",), whole=True, subject="actor_id")
    bodies = {r.id: sealed[r.id]["body"] or {} for r in rows}
    asked = {i for b in bodies.values() if (i := uuid_or_none(b.get("item")))}
    about = {i.id: i for i in items_seen(by).filter(id__in=asked)}
    labels = unit_labels(list(about.values()), by=by, at=clock.now(), whole=True)
    shown = [_row(r, bodies[r.id], about.get(uuid_or_none(bodies[r.id].get("item"))), labels) for r in rows]
    return JsonResponse({"rows": shown})


def uuid_or_none(text: Any) -> UUID | None:
    """An id that a phone sent; None for what is none."""
    try:
        return UUID(str(text))
    except ValueError:
        return None


def _row(envelope: Any, body: dict[str, Any], about: Item | None, labels: dict[UUID, str]) -> dict[str, Any]:
    words = kind(about.kind, about.version) if about else {}
    return {
        "id": str(envelope.id),
        "code": envelope.code,
        "values": envelope.values,
        "made_at": envelope.made_at.isoformat(),
        "body": body,
        "kind": said_of(words.get("words")),
        "unit": (labels.get(about.unit_id, "") if about.unit_id else about.title) if about else "",
        "said": noted(body, words),
        "why": gettext(WHYS.get(envelope.code, "It could not be taken.")),
    }


def said_of(text: Any) -> str:
    """A text of data in the reader's language."""
    return str((text or {}).get("en" if get_language() == "en" else "zh", ""))


def noted(body: dict[str, Any], words: dict[str, Any]) -> str:
    """What was noted, in words: the move, then each value with its field; as sent where the item is out of sight."""
    move = next(
        (said_of(m["words"]) for m in words.get("moves", []) if m["name"] == body.get("move")), body.get("move")
    )
    fields = {f["name"]: f for f in words.get("fields", [])}
    if body.get("tube"):
        return f"{gettext('Tube')} {body['tube']}"
    parts = [f"{said_of(fields.get(k, {}).get('words')) or k} {_value(fields.get(k, {}), v)}" for k, v in
             (body.get("values") or {}).items()]  # fmt: skip
    return " · ".join([str(move or ""), *parts])


def _value(field: dict[str, Any], value: Any) -> str:
    if isinstance(value, bool):
        return gettext("Yes") if value else gettext("No")
    return next((said_of(c) for c in field.get("choices", []) if c["value"] == value), str(value))


@require_POST
def settle(request: HttpRequest, envelope_id: UUID) -> HttpResponse:
    """A refused note was looked at."""
    by = actor_at(request)
    if by is None:
        return sent_away(request)
    settle_envelope(envelope_id=envelope_id, how=request.POST.get("how", "left")[:20], by=by, at=clock.now())
    return JsonResponse({"code": ""})
