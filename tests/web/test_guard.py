"""Round every door: headers, tokens, sizes, ways back, and what a bug tells."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from types import ModuleType
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, include, path

from lianfang.domains.tracing.errors import VisitUnfit
from lianfang.site.quiet import QuietFormatter
from lianfang.web.guard import FILE_DOORS, POLICY
from lianfang.web.visits import _text
from tests.factories.place import PASSWORD, Place
from tests.factories.workbooks import book, cell
from tests.house.source import ROOT
from tests.web.conftest import Town
from tests.web.pages import BACKEND, client_of, refusal, text_of

BODIES = {"uuid": str(UUID(int=5)), "slug": "door-survey", "int": "1", "str": "x", "uuidstr": str(UUID(int=5))}
REFUSED = 499  # what this file's own view answers where a token is missing
ELSEWHERE = ("https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example", "https:elsewhere.example",
             "javascript:alert(1)", "\thttps://elsewhere.example")  # fmt: skip


def addresses(patterns: list[URLPattern | URLResolver], before: str = "") -> Iterator[tuple[str, str]]:
    """Every route with its name, its parameters filled with something of their sort."""
    for p in patterns:
        here = before + str(p.pattern)
        if isinstance(p, URLResolver):
            yield from addresses(p.url_patterns, here)
        else:
            yield "/" + re.sub(r"<(?:(\w+):)?\w+>", lambda m: BODIES[m.group(1) or "str"], here), p.name or ""


ROUTES = list(addresses(get_resolver().url_patterns))


def no_token(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Where a token is missing."""
    return HttpResponse(status=REFUSED)


def headers_hold(answer: HttpResponse, address: str) -> None:
    """What every answer bears, whoever gave it."""
    h = answer.headers
    assert h["Content-Security-Policy"] == POLICY and "unsafe" not in POLICY, address
    for part in ("default-src 'self'", "object-src 'none'", "base-uri 'none'", "form-action 'self'",
                 "frame-ancestors 'none'", "frame-src 'none'"):  # fmt: skip
        assert part in POLICY
    assert h["X-Frame-Options"] == "DENY" and h["X-Content-Type-Options"] == "nosniff", address
    assert h["Referrer-Policy"] == "same-origin", address
    assert h["Cross-Origin-Opener-Policy"] == h["Cross-Origin-Resource-Policy"] == "same-origin", address
    assert "camera=(self)" in h["Permissions-Policy"] and "microphone=()" in h["Permissions-Policy"], address
    assert {"private", "no-store"} <= set(h["Cache-Control"].split(", ")), address
    assert h["Server"] == "lianfang" and "X-Powered-By" not in h, address


def test_every_route_answers_with_safe_headers_to_a_stranger_and_to_the_command(place: Place) -> None:
    assert len(ROUTES) > 150
    for client in (Client(raise_request_exception=False), client_of(place, "command")):
        client.raise_request_exception = False
        for address, _ in ROUTES:
            answer = client.get(address)
            assert answer.status_code < 500, (address, answer.status_code)
            headers_hold(answer, address)
    headers_hold(client.get("/nothing-here"), "404")
    headers_hold(client.post("/work", b"x", content_type="text/plain", CONTENT_LENGTH=str(10**9)), "413")


def test_no_post_is_taken_without_a_token_at_any_route(town: Town, settings: Any) -> None:
    """The list of routes that need none is empty, and stays so.

    Addresses of programs take no cookie, so that there is nothing for a hostile page to use: tests/api/test_door.py.
    """
    settings.CSRF_FAILURE_VIEW = f"{__name__}.no_token"
    free, pages = [], [a for a, _ in ROUTES if not a.startswith("/api/")]
    for post in ("", "command", "grid"):
        client = Client(enforce_csrf_checks=True, raise_request_exception=False)
        if post:
            client.force_login(town.place.accounts[post], BACKEND)
        for method in (client.post, client.put, client.patch, client.delete):
            free += [(post, a) for a in pages if method(a).status_code != REFUSED]
    assert free == []
    assert not [p for p in (ROOT / "lianfang").rglob("*.py") if "csrf_exempt" in p.read_text(encoding="utf-8")]


def test_cookies_are_of_this_site_and_no_script_reads_the_sessions(place: Place) -> None:
    client = Client()
    client.post("/sign-in", {"login": "grid", "password": PASSWORD})
    session, token = client.cookies["sessionid"], client.cookies["csrftoken"]
    assert session["httponly"] and session["samesite"] == token["samesite"] == "Lax" and session["path"] == "/"
    client.post("/language", {"language": "en", "next": "/"})
    assert client.cookies["django_language"]["httponly"]


# ---- What is sent ---------------------------------------------------------------------------------------------------


def test_a_body_larger_than_its_door_takes_is_not_read(town: Town, settings: Any) -> None:
    settings.MOST_BODY_BYTES, settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 3000, 2000
    client = client_of(town.place, "lead")
    file = SimpleUploadedFile("a.csv", b"x" * 2500)
    assert client.post("/work", {"file": file}).status_code == 413
    file.seek(0)
    assert client.post("/register/import", {"file": file}).status_code != 413
    answer = client.post("/register/import", {"file": SimpleUploadedFile("a.csv", b"x" * 3500)})
    assert answer.status_code == 413 and "Too big" in text_of(answer)
    for stated in ("-1", "1e9", "x"):
        assert client.post("/work", b"x", content_type="text/plain", CONTENT_LENGTH=stated).status_code == 413
    named = {a for a, _ in ROUTES}
    assert set(FILE_DOORS) <= named


def test_every_door_that_reads_a_file_is_on_the_list_of_file_doors() -> None:
    found = {p.stem for p in (ROOT / "lianfang").rglob("*.py") if "request.FILES" in p.read_text(encoding="utf-8")}
    # An office's file of results comes by a link to whoever holds it, a list of candidates is short: both are bounded
    # as any form is.
    short = {"office", "duty", "exams"}
    assert found == {"register_files", "sampling", "visits", "weather"} | short and len(FILE_DOORS) == 4


def test_a_file_that_is_sent_never_lies_on_the_disk(settings: Any) -> None:
    assert settings.FILE_UPLOAD_HANDLERS == ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
    assert settings.FILE_UPLOAD_MAX_MEMORY_SIZE == settings.MOST_BODY_BYTES


FAR = book(f'<row r="1">{cell("A1", "姓名")}{cell("XFD1048576", "x")}</row>')
UNFIT = {
    "far.xlsx": FAR,
    "far.csv": FAR,
    "program.csv": b"MZ\x90\x00" + bytes(300),
    "picture.xlsx": b"\x89PNG\r\n\x1a\n" + bytes(300),
    "page.xlsx": b"PK\x03\x04" + bytes(300),
}


@pytest.mark.parametrize("name", sorted(UNFIT))
def test_each_file_door_judges_by_content_and_refuses_in_words(town: Town, name: str) -> None:
    content = UNFIT[name]

    def send(post: str, address: str) -> HttpResponse:
        file = SimpleUploadedFile(name, content, content_type="text/csv")
        return client_of(town.place, post).post(address, {"file": file, "incident": town.incident.id})

    register = client_of(town.place, "lead").post("/register/import", {"file": SimpleUploadedFile(name, content)})
    page = client_of(town.place, "lead").get(register.headers["Location"]) if register.status_code == 302 else register
    assert page.status_code in (200, 422) and "Take " not in re.sub(r"<[^>]+>", "", text_of(page))
    refusal(send("laboratory", "/sampling/results"), 422, "sampling.file_unreadable")
    assert send("tracer", "/tracing/import").status_code == 422


def test_visits_are_text_of_a_bounded_size() -> None:
    for content in (FAR, b"a,b\0c", b"x" * 20_000_001):
        with pytest.raises(VisitUnfit):
            _text(content)
    table = "姓名,身份证号,场所,从,到\n" * 20
    assert _text(table.encode("gb18030")) == table


# ---- Ways back ------------------------------------------------------------------------------------------------------


def test_no_way_back_leads_off_the_site(town: Town, settings: Any) -> None:
    for bad in ELSEWHERE:
        client = Client()
        signed = client.post("/sign-in", {"login": "grid", "password": PASSWORD, "next": bad})
        known = client_of(town.place, "grid")
        answers = [signed, known.post("/language", {"language": "en", "next": bad})]
        answers += [known.get(f"/sign-in?{_query(bad)}"), known.get(f"/factors?{_query(bad)}")]
        answers += [known.get(f"/field/code?{_query(bad)}"), known.post("/field/code", {"next": bad, "code": "1"})]
        answers += [known.post("/sign-in/again", {"password": PASSWORD, "next": bad})]
        answers += [known.get(f"/sign-in/again?{_query(bad)}"), known.post("/search", {"to": bad, "q": "x"})]
        for answer in answers:
            where = answer.headers.get("Location", "/")
            assert where.startswith("/") and not where.startswith(("//", "/\\")), (bad, answer.request, where)
            links = re.findall(r'(?:href|action)="([^"]*)"', answer.content.decode())
            assert not [x for x in links if "elsewhere" in x.split("?")[0] or x.startswith("javascript")], (bad, links)


def test_every_place_that_takes_a_way_back_is_in_the_test_above() -> None:
    takes = re.compile(r"""(?:GET|POST)(?:\.get\(|\[)"(?:next|to|back|return|url)\"""")
    found = {p.stem for p in (ROOT / "lianfang").rglob("*.py") if takes.search(p.read_text(encoding="utf-8"))}
    assert found == {
        "signin",
        "factors",
        "join",
        "decisions",
        "searches",
        "portals",
        "tracing",
        "answers",
        "call_swaps",
        "thanks",
    }  # the last four: ids and a name


def test_a_portals_way_back_leads_off_the_site_no_more() -> None:
    from django.test import RequestFactory

    from lianfang.web.portals import _where_to

    for bad in ELSEWHERE:
        assert _where_to(RequestFactory().post("/", {"next": bad})) == "/"
    assert _where_to(RequestFactory().post("/", {"next": "/work?owner=none"})) == "/work?owner=none"


def test_a_decisions_way_back_leads_off_the_site_no_more(town: Town) -> None:
    from django.test import RequestFactory

    from lianfang.web.decisions import _next

    for bad in ELSEWHERE:
        assert _next(RequestFactory().post("/", {"next": bad}), "/decisions") == "/decisions"
    assert _next(RequestFactory().post("/", {"next": "/zones/x"}), "/decisions") == "/zones/x"


def _query(bad: str) -> str:
    from urllib.parse import urlencode

    return urlencode({"next": bad})


# ---- Bugs -----------------------------------------------------------------------------------------------------------

NAME, NUMBER, TYPED = "赵国强", "440203198001020117", "typed-into-the-form"


def breaks(request: HttpRequest) -> HttpResponse:
    """A bug with a person at hand: in a local, in its text, in the database's own error."""
    person = {"name": NAME, "id_number": NUMBER}
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT %s::int", [person["name"]])
    except Exception as e:  # whatever it is: a bug reaches the door as another kind
        raise IntegrityError(f"Failing row contains ({NAME}, {NUMBER})") from e
    return HttpResponse("")


@pytest.fixture
def a_bug(settings: Any) -> str:
    """The address of a view that breaks."""
    module = ModuleType("addresses")
    module.urlpatterns = [path("test/breaks", breaks), path("", include("lianfang.site.urls"))]  # type: ignore[attr-defined]  # made here
    settings.ROOT_URLCONF = module
    return "/test/breaks"


def test_a_bugs_page_and_the_log_hold_nobody(own_database: None, a_bug: str) -> None:
    lines: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(self.format(record))

    keep = Keep()
    keep.setFormatter(QuietFormatter())
    logging.getLogger().addHandler(keep)
    try:
        client = Client(raise_request_exception=False)
        answer = client.post(f"{a_bug}?q={NAME}", {"field": TYPED}, headers={"X-Purpose": TYPED})
    finally:
        logging.getLogger().removeHandler(keep)
    told = "\n".join(lines)
    assert answer.status_code == 500 and "IntegrityError" in told and "breaks" in told and a_bug in told
    for secret in (NAME, NUMBER, TYPED, "Failing row", "invalid input syntax"):
        assert secret not in told and secret not in text_of(answer), secret
    headers_hold(answer, a_bug)


def test_the_process_logs_by_the_quiet_formatter_alone_and_no_statements(settings: Any) -> None:
    handlers = settings.LOGGING["handlers"].values()
    assert [h["formatter"] for h in handlers] == ["quiet"] * len(handlers)
    assert settings.LOGGING["formatters"]["quiet"]["()"] == "lianfang.site.quiet.QuietFormatter"
    assert logging.getLogger("django.db.backends").getEffectiveLevel() > logging.DEBUG  # statements are told at DEBUG
    assert not settings.DEBUG and settings.ADMINS == []  # nobody is mailed a page of locals


def test_no_module_logs_a_persons_values() -> None:
    """Two speak at all: one tells a code, one where a bug is, by the quiet formatter."""
    speaks = re.compile(r"\bgetLogger\b|\bwarnings\.warn\b|\blogging\.(?:debug|info|warning|error|exception)\b")
    found = {str(p.relative_to(ROOT)) for p in (ROOT / "lianfang").rglob("*.py")
             if speaks.search(p.read_text(encoding="utf-8"))}  # fmt: skip
    assert found == {"lianfang/web/messages.py", "lianfang/web/rush.py"}


def test_a_phones_bug_is_no_page_of_locals_either(place: Place) -> None:
    client = client_of(place, "grid")
    answer = client.post("/field/envelopes", json.dumps({"envelopes": [{"id": str(uuid4()), "body": NAME}]}),
                         content_type="application/json")  # fmt: skip
    assert answer.status_code < 500 and NAME not in answer.content.decode()
