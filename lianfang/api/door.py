"""The door of programs: who calls by which token, refusals as JSON, every call in the log, pages by cursor."""

from __future__ import annotations

import base64
import inspect
import json
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja import NinjaAPI, Schema
from ninja.errors import HttpError, ValidationError
from ninja.parser import Parser
from ninja.security import HttpBearer
from pydantic import ConfigDict, Field, StringConstraints

from lianfang.api import errors
from lianfang.base import clock
from lianfang.base.actor import Actor
from lianfang.base.errors import Refused
from lianfang.base.http_signatures import GOOD, Unsigned, read_signature
from lianfang.base.roles import name_actor
from lianfang.base.service import canonical
from lianfang.domains.accounts.errors import TokenUnknown
from lianfang.domains.accounts.models import Program
from lianfang.domains.accounts.queries import program_actor, program_of, program_signing, require
from lianfang.domains.audit.queries import is_replayed, wait_of
from lianfang.domains.audit.services import record_call

PREFIX = "/api/v1/"
VERSION = "1.0.0"
REFUSED = frozenset({400, 401, 403, 404, 409, 413, 422, 429, 503})
Word = Annotated[str, StringConstraints(max_length=60, pattern=r"^[A-Za-z0-9._-]*$")]  # a name of ours: kind, state
Line = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00-\x1f]*$")]
Cursor = Annotated[str, StringConstraints(max_length=200), Field(description="`next` of the page before")]
Limit = Annotated[int, Field(ge=1, le=200)]


class Problem(Schema):
    """Why a call was refused. `code` is stable; `values` are what the code is about, never a person's."""

    code: str
    status: int
    field: str = ""
    fix: str = ""
    values: dict[str, Any] = {}


class Sent(Schema):
    """What a program sends: a field that is not known is refused, not passed over."""

    model_config = ConfigDict(extra="forbid")


class StrictParser(Parser):
    """Bodies as they can be kept: no half of a surrogate pair, no NUL, no number that is none."""

    def parse_body(self, request: HttpRequest) -> Any:
        """The body's content. Raises ValueError."""
        found = msgspec.json.decode(request.body)
        if "\\u0000" in json.dumps(found):
            raise ValueError("NUL")
        return found


api = NinjaAPI(
    title="lianfang", version=VERSION, openapi_url=None, docs_url=None, parser=StrictParser(),
    description="Reading and reporting by programs, within the scopes and the area each was given. See docs/manual.md.",
)  # fmt: skip


class Bearer(HttpBearer):
    """A program's token in the header `Authorization`, or its signature of the call; no cookie, no address."""

    def __init__(self, scopes: Sequence[str], known: frozenset[str]) -> None:
        super().__init__()
        self.scopes, self.known = scopes, known

    def __call__(self, request: HttpRequest) -> Actor:
        """As HttpBearer, refused by our code where no token was sent."""
        if "Signature-Input" in request.headers:
            return self.signed(request)
        found: Actor | None = super().__call__(request)
        if found is None:
            raise TokenUnknown()
        return found

    def signed(self, request: HttpRequest) -> Actor:
        """The program that signed this call, for the first time. Raises SignatureUnfit, CallReplayed, and as below."""
        at = clock.now()
        try:
            said = read_signature(request.headers)
        except Unsigned as unfit_part:
            raise errors.SignatureUnfit(field=unfit_part.why) from None
        query = request.META.get("QUERY_STRING", "")
        program = program_signing(said, method=str(request.method), path=request.path, query=query, body=request.body,
                                  at=at)  # fmt: skip
        by = self.admitted(request, program, at)
        if is_replayed(by.id, said.nonce, at=at, within=2 * GOOD):
            raise errors.CallReplayed()
        request.nonce = said.nonce  # type: ignore[attr-defined]  # kept with the call's record
        return by

    def authenticate(self, request: HttpRequest, token: str) -> Actor:
        """The program as an actor, told to the database. Raises TokenUnknown, ProgramOver, TooManyCalls,
        RightMissing.
        """
        at = clock.now()
        return self.admitted(request, program_of(token, at=at), at)

    def admitted(self, request: HttpRequest, program: Program, at: datetime) -> Actor:
        """A known program, if it has not called too often and holds what the address asks for."""
        by = program_actor(program, at=at)
        name_actor(by)
        wait = wait_of(by.id, most=settings.PROGRAM_CALLS, at=at)
        if wait:
            raise errors.TooManyCalls(retry_seconds=wait)
        request.actor = by  # type: ignore[attr-defined]  # the door's own mark: from here on the call is on record
        for scope in self.scopes:
            require(by, scope)
        # A filter that is not known is not passed over: the answer would be wider than what was asked.
        if set(request.GET) - self.known:
            raise errors.Unfit(field="query", fix=", ".join(sorted(self.known)))
        return by


def route(method: str, path: str, *, scopes: Sequence[str], gives: Any, name: str) -> Callable[[Any], Any]:
    """An address of the interface with the scopes it asks for; its docstring is its text in the document."""

    def add(view: Any) -> Any:
        known = frozenset(inspect.signature(view).parameters) - {"request", "sent"} - set(re.findall(r"(\w+)}", path))
        return api.api_operation(
            [method], path, auth=Bearer(scopes, known), response={200: gives, REFUSED: Problem}, url_name=f"api-{name}",
            operation_id=f"{method.lower()}-{name}", summary=name, openapi_extra={"x-scopes": list(scopes)},
        )(view)  # fmt: skip

    return add


def problem(error: Refused, status: int = 0) -> HttpResponse:
    """A refusal as JSON; where one has to wait, for how long."""
    status, values = status or error.status, json.loads(canonical(error.values))
    said = {"code": error.code, "status": status, "field": str(values.get("field", "")),
            "fix": str(values.get("fix", "")), "values": values}  # fmt: skip
    response = JsonResponse(said, status=status)
    if status in (429, 503):
        response.headers["Retry-After"] = str(error.values.get("retry_seconds", 20))
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


@api.exception_handler(Refused)
def refused(request: HttpRequest, error: Refused) -> HttpResponse:
    """What a service, a query or the door refused."""
    return problem(error)


@api.exception_handler(ValidationError)
def unfit(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """The first field that is not as the document says; what was sent in it is not said back."""
    first = error.errors[0]
    return problem(errors.Unfit(field=".".join(str(p) for p in first["loc"][1:]), fix=str(first["type"])))


@api.exception_handler(HttpError)
def unread(request: HttpRequest, error: HttpError) -> HttpResponse:
    """A body that cannot be read."""
    return problem(errors.Unfit(field="body", fix="json"), status=error.status_code)


class ProgramCalls:
    """Around every address of the interface: refused calls leave nothing but their record, and all answers are JSON.

    Inside the door's one transaction, whose role it keeps.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith("/api/"):
            return self.get_response(request)
        with transaction.atomic():
            response = in_json(self.get_response(request))
            if response.status_code >= 400:
                transaction.set_rollback(True)
        by: Actor | None = getattr(request, "actor", None)
        if by is not None:
            match = request.resolver_match
            code = json.loads(response.content)["code"] if response.status_code >= 400 else ""
            door_name = f"{request.method} {match.view_name if match else request.path[:80]}"
            record_call(door_name=door_name, status=response.status_code, code=code,
                        nonce=getattr(request, "nonce", ""), by=by, at=clock.now())  # fmt: skip
        return response


def in_json(response: HttpResponse) -> HttpResponse:
    """An answer that the frame gave instead of us (no such address, another method, a fault), in our words."""
    if response.headers.get("Content-Type", "").startswith("application/json"):
        return response
    known: dict[int, type[Refused]] = {404: errors.AddressUnknown, 405: errors.MethodUnfit, 500: errors.Broken}
    # Only what is no address asks for a page's form token (403): no other takes a cookie.
    status = 404 if response.status_code == 403 else response.status_code
    said = problem(known.get(status, errors.Unfit)(), status=status)
    if "Allow" in response.headers:
        said.headers["Allow"] = response.headers["Allow"]
    return said


def actor_of(request: HttpRequest) -> Actor:
    """The program that calls."""
    found: Actor = request.actor  # type: ignore[attr-defined]  # set by Bearer
    return found


def cursor_of(key: datetime | None, row_id: UUID) -> str:
    """Where a page ended, as the next one is asked for."""
    text = f"{key.isoformat() if key else ''} {row_id}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def after(cursor: str) -> tuple[datetime | None, UUID] | None:
    """What a cursor says; nothing for the first page. Raises CursorUnfit."""
    if not cursor:
        return None
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        moment, _, row = text.partition(" ")
        key = datetime.fromisoformat(moment) if moment else None
        if key is not None and (key.tzinfo is None or not 2000 <= key.year < 2200):
            raise ValueError(moment)
        return key, UUID(row)
    except ValueError:
        raise errors.CursorUnfit(field="cursor", fix="next") from None


def newest_first(rows: QuerySet[Any], key: str, cursor: str, limit: int) -> tuple[list[Any], str]:
    """One page of rows by a time, the newest first, and the cursor of the next ("" after the last)."""
    start = after(cursor)
    if start:
        moment, row_id = start
        if moment is None:
            raise errors.CursorUnfit(field="cursor", fix="next")
        rows = rows.filter(Q(**{f"{key}__lt": moment}) | Q(**{key: moment, "id__lt": row_id}))
    found = list(rows.order_by(f"-{key}", "-id")[: limit + 1])
    return _cut(found, limit, lambda r: cursor_of(getattr(r, key), r.id))


def by_id(rows: QuerySet[Any], cursor: str, limit: int) -> tuple[list[Any], str]:
    """One page of rows by id, and the cursor of the next."""
    start = after(cursor)
    found = list((rows.filter(id__gt=start[1]) if start else rows).order_by("id")[: limit + 1])
    return _cut(found, limit, lambda r: cursor_of(None, r.id))


def _cut(found: list[Any], limit: int, cursor: Callable[[Any], str]) -> tuple[list[Any], str]:
    return (found[:limit], cursor(found[limit - 1])) if len(found) > limit else (found, "")


def told(row: object, names: Iterable[str]) -> dict[str, Any]:
    """Attributes of a row by name."""
    return {n: getattr(row, n) for n in names}
