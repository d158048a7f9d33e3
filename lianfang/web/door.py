"""The door of all pages: one transaction a request under the request role, refusals as pages."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from functools import wraps
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

from django.conf import settings
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import get_language, gettext_lazy
from psycopg.errors import UniqueViolation

from lianfang.base import clock
from lianfang.base.actor import Actor
from lianfang.base.errors import Refused
from lianfang.base.once import remembering
from lianfang.base.roles import REQUEST_ROLE, acting_as, name_actor
from lianfang.domains.accounts.errors import RightMissing
from lianfang.domains.accounts.queries import is_signed_in_enough, must_replace_password
from lianfang.domains.audit.services import record_reads
from lianfang.domains.incidents.queries import Home, actor_at_home, is_exercise
from lianfang.domains.privacy.queries import ReadList, reads
from lianfang.domains.work.queries import my_items
from lianfang.web.messages import sentence

Answer = Callable[[HttpRequest], HttpResponse]
View = Callable[..., HttpResponse]
HEARTS = "needs.counsel needs.counsel_lead needs.mediate needs.mediate_lead needs.take needs.pair"
CALL_PAGES = ("shops", "responses", "calls", "call_board", "call_form", "call_mine", "duty", "records", "record_files")
# Places of the top bar: address name, words, the right that shows it, the pages (modules) that belong to it.
NAV = (
    ("day", gettext_lazy("My day"), "", ("day",)),
    ("map", gettext_lazy("Map"), "areas.read", ("map",)),
    (
        "register",
        gettext_lazy("Register"),
        "grid.read",
        ("register", "doors", "register_files", "answers", "marks", "knock"),
    ),
    ("work", gettext_lazy("Work"), "work.read", ("work", "exports", "calendar", "paper")),
    ("needs", gettext_lazy("Needs"), "needs.read", ("needs", "stranded", "pupils", "exams")),
    ("hearts", gettext_lazy("Hearts"), HEARTS, ("hearts", "pairing")),
    ("permits", gettext_lazy("Permits"), "gates.read", ("permits",)),
    ("trips", gettext_lazy("Cars"), "dispatch.read", ("trips", "rides", "fleet", "replans")),
    ("places", gettext_lazy("Places"), "places.read", ("places", "place", "census")),
    ("calls", gettext_lazy("Shifts"), "calls.read", CALL_PAGES),
    ("people", gettext_lazy("People"), "responders.read", ("people", "teams", "missions", "call_outs")),
    ("rounds", gettext_lazy("Testing"), "rounds.read", ("rounds", "roster", "round_plans", "sampling")),
    ("incidents", gettext_lazy("Incidents"), "incidents.read", ("incidents", "zones", "measures", "phases", "weather")),
    ("tracing", gettext_lazy("Tracing"), "tracing.read", ("tracing", "tracing_brief", "visits")),
    ("watch", gettext_lazy("Watch list"), "watch.read", ("watch",)),
    ("decisions", gettext_lazy("Decisions"), "zones.draft decisions.decide", ("decisions", "editions", "office")),
    ("producers", gettext_lazy("Producers"), "supplies.read", ("producers",)),
    ("sheet", gettext_lazy("Daily sheet"), "reports.read", ("sheet",)),
    ("vouch", gettext_lazy("Phones"), "devices.vouch", ("vouch", "badges")),
    ("accounts", gettext_lazy("Accounts"), "accounts.grant", ("accounts", "programs")),
    ("reads", gettext_lazy("Reads"), "audit.read", ("reads",)),
    ("privacy", gettext_lazy("Kept data"), "accounts.grant audit.read", ("privacy",)),
    ("why", gettext_lazy("Why am I held"), "own", ("why",)),
    ("ask", gettext_lazy("I need"), "own", ("ask",)),
    ("mine", gettext_lazy("About me"), "own", ("mine",)),
    ("code", gettext_lazy("My test code"), "own", ("codes",)),
)


class DoorTransaction:
    """Everything of a request, its session too, in one transaction under the request role; rolled back if refused."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(settings.STATIC_URL) or request.path == "/healthz":
            return self.get_response(request)
        response = self._answered(request)
        return self._answered(request) if getattr(response, "came_twice", False) else response

    def _answered(self, request: HttpRequest) -> HttpResponse:
        noted = ReadList()
        mark = reads.set(noted)
        try:
            memory = remembering() if request.method in ("GET", "HEAD") else nullcontext()
            with acting_as(REQUEST_ROLE), memory:
                response = self.get_response(request)
                if getattr(response, "is_refusal", False) or response.status_code >= 500:
                    transaction.set_rollback(True)
                elif noted.subjects:
                    _keep_reads(request, noted)
                return response
        finally:
            reads.reset(mark)


def _keep_reads(request: HttpRequest, noted: ReadList) -> None:
    by = getattr(request, "actor", None)
    if by is not None:
        match = request.resolver_match
        record_reads(
            door_name=match.view_name if match else request.path[:100],
            fields=sorted(noted.fields),
            subjects=sorted(noted.subjects),
            by=by,
            at=clock.now(),
        )


class Refusals:
    """A refusal becomes a page with what, why, what next; a missing page says so; nothing personal is in it.

    A form that came twice at the same time is answered once more from the start, now that the first is kept: its
    service finds the id known, and the second press leads where the first did.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Turn a Refused into its page; leave bugs to the server's own error page."""
        if isinstance(error, Refused):
            return refusal_page(request, error)
        if request.method == "POST" and _is_same_id(error) and not hasattr(request, "came_twice"):
            request.came_twice = True  # type: ignore[attr-defined]  # the door's own mark: once more, and never again
            response = HttpResponse(status=409)
            response.is_refusal = response.came_twice = True  # type: ignore[attr-defined]  # the door's own marks
            return response
        return None


def _is_same_id(error: Exception) -> bool:
    """Whether somebody else has kept a row of the same id, between our looking for it and our writing."""
    why = error.__cause__
    return isinstance(why, UniqueViolation) and (why.diag.constraint_name or "").endswith("_pkey")


def refusal_page(request: HttpRequest, error: Refused, *, way: tuple[str, str] | None = None) -> HttpResponse:
    """The page of a refusal, whole or as a part for htmx; its transaction is rolled back.

    `way`: address and words of the page where it can be put right.
    """
    said = sentence(error.code, error.values)
    template = "_refusal.html" if request.headers.get("HX-Request") else "refusal.html"
    response = render(request, template, {"said": said, "code": error.code, "way": way}, status=error.status)
    response.is_refusal = True  # type: ignore[attr-defined]  # the door's own mark
    if error.status == 503:
        response.headers["Retry-After"] = str(error.values.get("retry_seconds", 20))
    return response


def actor_of(request: HttpRequest) -> Actor:
    """The actor of a request, with the grants that hold now; asked once a request."""
    found: Actor | None = getattr(request, "actor", None)
    if found is None:
        purpose = request.headers.get("X-Purpose", "")[:120]
        found, home = actor_at_home(request.user, at=clock.now(), purpose=purpose)
        if "device" in request.session:
            found = replace(found, device=UUID(request.session["device"]))
        name_actor(found)
        request.actor, request.home = found, home  # type: ignore[attr-defined]  # door's own marks
    return found


def home_id(by: Actor) -> UUID:
    """The area in which the actor's pages open. Raises RightMissing for one without any area."""
    for g in by.grants:
        if g.area_id:
            return g.area_id
    raise RightMissing(right="areas.read")


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """To the sign-in page and back."""
    return redirect(f"{reverse('sign-in')}?{urlencode({'next': request.get_full_path()})}")


def signed_in(view: View) -> View:
    """Only for somebody signed in, by a password that is the holder's own, and as strongly as his roles demand.

    Else to the page that makes it so.
    """

    @wraps(view)
    def run(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return to_sign_in(request)
        if must_replace_password(request.user, session=request.session):
            return redirect("password")
        if not is_strong_enough(request, actor_of(request)):
            way = "field-code" if "device" in request.session else "mfa_index"
            return redirect(f"{reverse(way)}?{urlencode({'next': request.get_full_path()})}")
        return view(request, *args, **kwargs)

    return run


def is_strong_enough(request: HttpRequest, by: Actor) -> bool:
    """Whether the sign-in was as strong as the roles held now demand; always, where the site does not ask."""
    if request.session.get("device") and request.session["strength"] == "device" and my_items(by, limit=1):
        return False  # who reads assigned doors has typed the lead's code
    return is_signed_in_enough(by, session=request.session)


def page(request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """Answer with a template; to htmx asking for a part, with the template of that part (`part` in the context)."""
    if request.headers.get("HX-Request-Type") == "partial" and context.get("part"):
        template = context["part"]
    return render(request, template, context, status=status)


def new_id(request: HttpRequest) -> UUID:
    """The id of what a form makes: sent by the form itself, so that a second press is a retry and not a second row."""
    given = request.POST.get("id", "")
    try:
        return UUID(given)
    except ValueError:
        return uuid4()


def uuid_in(text: str | None) -> UUID | None:
    """An id given in an address; nothing for what is none."""
    try:
        return UUID(text or "")
    except ValueError:
        return None


def _places(request: HttpRequest, rights: set[str]) -> list[dict[str, Any]]:
    here = getattr(request.resolver_match, "func", None)
    module = getattr(here, "__module__", "").rsplit(".", 1)[-1]
    found = []
    for name, words, right, modules in NAV:
        if right and not rights & set(right.split()):
            continue
        try:
            found.append({"url": reverse(name), "words": words, "is_here": module in modules})
        except NoReverseMatch:
            continue
    return found


def page_frame(request: HttpRequest) -> dict[str, Any]:
    """What every page's frame shows: who is here, where, the language, whether this is an exercise."""
    by: Actor | None = getattr(request, "actor", None)
    usable = connection.connection is not None and not connection.needs_rollback
    home: Home | None = getattr(request, "home", None)
    rights = {r for g in by.grants for r in g.rights} if by else set()
    if by and getattr(request.user, "person_id", None):
        rights.add("own")
    english = get_language() == "en"
    return {
        "actor": by,
        "home": home.area if home else None,
        "rights": rights,
        "lang": "en" if english else "zh",
        "html_lang": "en" if english else "zh-Hans",
        "nav": _places(request, rights) if by else [],
        "sandbox": home.is_drill if home else usable and is_exercise(),
        "now": clock.now(),
        "fresh_id": uuid4(),
    }
