"""Whose token it is, and what happens to a call that is not to be answered."""

from __future__ import annotations

import hmac
import logging
from datetime import datetime, timedelta
from unittest.mock import patch
from uuid import uuid4

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext

from lianfang.api.door import after, cursor_of
from lianfang.api.errors import CursorUnfit
from lianfang.base import clock
from lianfang.base.actor import Actor
from lianfang.base.models import LogEntry
from lianfang.base.roles import name_actor
from lianfang.base.suites import suite_of
from lianfang.cli.up import system_actor
from lianfang.domains.accounts.models import Account, ProgramSecret, RoleGrant
from lianfang.domains.accounts.services import revoke_program
from lianfang.domains.audit.models import PersonRead
from tests.factories.programs import PURPOSE, Caller, Signer, client, program_in, renewed, sent, signing
from tests.web.conftest import Town
from tests.web.pages import BACKEND, client_of, refusal, text_of

pytestmark = pytest.mark.django_db


def refused(answer: HttpResponse, status: int, code: str) -> dict:
    """Hold an answer to be a refusal in JSON."""
    assert answer.headers["Content-Type"] == "application/json"
    said = answer.json()
    assert (answer.status_code, said["status"], said["code"]) == (status, status, code), said
    return said


def calls_of(caller: Caller) -> list[dict]:
    """What the log holds of a program's calls."""
    rows = LogEntry.objects.filter(service="audit.record_call", actor_id=caller.id).order_by("id")
    return list(rows.values_list("told", flat=True))


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch):
    """Let some time pass for whoever asks the clock."""

    def pass_by(**time: float) -> datetime:
        then = clock.now() + timedelta(**time)
        monkeypatch.setattr(clock, "now", lambda: then)
        return then

    return pass_by


def test_a_token_opens_what_its_scopes_name_and_says_who_it_is(town: Town, caller: Caller) -> None:
    said = caller.get("/me").json()
    assert (said["id"], said["purpose"], said["areas"]) == (
        str(caller.id),
        PURPOSE,
        [str(town.place.area["committee"])],
    )
    assert "grid.read" in said["scopes"] and "grid.read_full" not in said["scopes"]
    assert caller.get("/incidents").status_code == 200


def test_a_scope_that_was_not_given_is_missing_and_the_call_is_on_record(town: Town) -> None:
    only = program_in(town.place.area["committee"], ["areas.read"])
    assert only.get("/areas").status_code == 200
    said = refused(only.get(f"/people/{town.place.people[0]}"), 403, "accounts.right_missing")
    assert said["values"]["right"] == "grid.read"
    refused(only.post("/work-items", {"id": str(uuid4()), "kind": "errand"}), 403, "accounts.right_missing")
    assert [(c["door_name"], c["status"], c["code"]) for c in calls_of(only)] == [
        ("GET api-areas", 200, ""), ("GET api-person", 403, "accounts.right_missing"),
        ("POST api-work-items", 403, "accounts.right_missing"),
    ]  # fmt: skip


def test_the_second_wall_gives_a_program_nobody_beyond_its_scopes(town: Town) -> None:
    """Under the request role the database itself decides by the grant's scopes, whatever a query forgot."""
    person = town.place.people[0]
    for scopes, seen in ((["areas.read"], 0), (["grid.read"], 1)):
        by = program_in(town.place.area["committee"], scopes)
        with connection.cursor() as c:
            name_actor(Actor(by.id))
            c.execute("SET LOCAL ROLE lianfang_request")
            c.execute("SELECT count(*) FROM grid_person WHERE id = %s", [person])
            assert c.fetchone()[0] == seen, scopes
            c.execute("SET LOCAL ROLE lianfang_job")


def test_without_a_token_or_with_a_wrong_one_the_answer_is_the_same(town: Town, caller: Caller) -> None:
    wrong = f"lf_{caller.id.hex}_{'0' * 64}"
    nobody = f"lf_{uuid4().hex}_{caller.secret}"
    said = [refused(caller.get("/me", token=t), 401, "accounts.token_unknown") for t in (wrong, nobody, "lf_", "x y")]
    said.append(refused(Client().get("/api/v1/me"), 401, "accounts.token_unknown"))
    said.append(refused(Client(headers={"authorization": "Basic eDp5"}).get("/api/v1/me"), 401,
                        "accounts.token_unknown"))  # fmt: skip
    assert all(s == said[0] for s in said)
    assert caller.get("/me", token=wrong).headers["WWW-Authenticate"] == "Bearer"


def test_a_wrong_secret_takes_the_same_steps_as_an_unknown_program(town: Town, caller: Caller) -> None:
    """The same statements, and one comparison of whole digests, which does not stop at the first wrong byte."""
    steps = []
    for token in (f"lf_{caller.id.hex}_{'0' * 64}", f"lf_{uuid4().hex}_{'0' * 64}", "no token at all"):
        with CaptureQueriesContext(connection) as seen, patch("hmac.compare_digest", wraps=hmac.compare_digest) as same:
            caller.get("/me", token=token)
        ours = [c for c in same.call_args_list if isinstance(c.args[0], bytes) and len(c.args[0]) == 32]
        steps.append(([q["sql"].split("WHERE")[0] for q in seen if q["sql"].startswith("SELECT")], len(ours)))
    assert steps[0] == steps[1] == steps[2]
    assert steps[0][1] == 1


def test_a_token_in_an_address_a_form_or_a_cookie_is_not_taken(town: Town, caller: Caller) -> None:
    plain, with_token = Client(), client(caller.token)
    assert with_token.get("/api/v1/me", {"token": caller.token}).json()["field"] == "query"  # a slip is told
    for name in ("token", "access_token", "authorization", "Authorization"):
        refused(plain.get("/api/v1/me", {name: caller.token}), 401, "accounts.token_unknown")
        refused(plain.get("/api/v1/me", {name: f"Bearer {caller.token}"}), 401, "accounts.token_unknown")
    plain.cookies["Authorization"] = f"Bearer {caller.token}"
    refused(plain.get("/api/v1/me"), 401, "accounts.token_unknown")
    refused(plain.post("/api/v1/results", {"token": caller.token}), 401, "accounts.token_unknown")


def test_a_session_of_a_post_opens_no_address_of_programs_and_a_token_no_page(town: Town, caller: Caller) -> None:
    browser = Client()
    browser.force_login(town.place.accounts["command"], BACKEND)
    refused(browser.get("/api/v1/incidents"), 401, "accounts.token_unknown")
    assert client(caller.token).get("/register").status_code == 302  # to the sign-in page


def test_a_hostile_page_gains_nothing_by_sending_a_form_with_the_visitors_cookies(town: Town, caller: Caller) -> None:
    """Addresses of programs need no form token, since a session opens none of them."""
    browser = Client(enforce_csrf_checks=True, raise_request_exception=False)
    browser.force_login(town.place.accounts["command"], BACKEND)
    for path in ("work-items", "results"):
        refused(browser.post(f"/api/v1/{path}", "{}", content_type="text/plain"), 401, "accounts.token_unknown")
    refused(browser.post("/api/v1/nothing", {}), 404, "api.address_unknown")
    program = Client(enforce_csrf_checks=True, headers={"authorization": f"Bearer {caller.token}"})
    sent = {"id": str(uuid4()), "rows": []}
    assert program.post("/api/v1/results", sent, content_type="application/json").status_code == 200


def test_revoked_a_second_ago_is_over(town: Town, caller: Caller, later) -> None:
    assert caller.get("/me").status_code == 200
    revoke_program(program_id=caller.id, by=system_actor(), at=clock.now())
    refused(caller.get("/me"), 401, "accounts.program_over")
    later(seconds=1)
    refused(caller.get("/incidents"), 401, "accounts.program_over")
    refused(caller.get("/me", token=f"lf_{caller.id.hex}_{'0' * 64}"), 401, "accounts.token_unknown")


def test_it_ends_on_its_day(town: Town, later) -> None:
    short = program_in(town.place.area["committee"], days=1)
    later(hours=23, minutes=59)
    assert short.get("/areas").status_code == 200
    later(minutes=2)
    refused(short.get("/areas"), 401, "accounts.program_over")


def test_an_old_secret_serves_beside_the_new_one_until_its_time_and_no_longer(
    town: Town, caller: Caller, later
) -> None:
    new = renewed(caller, hours=1)
    assert caller.get("/me").status_code == new.get("/me").status_code == 200
    later(minutes=61)
    refused(caller.get("/me"), 401, "accounts.token_unknown")
    newest = renewed(new, hours=0)
    refused(new.get("/me"), 401, "accounts.token_unknown")
    assert newest.get("/me").status_code == 200


def test_a_role_that_ended_in_the_middle_leaves_the_token_and_nothing_to_see(town: Town, caller: Caller) -> None:
    assert caller.get("/incidents").json()["items"]
    RoleGrant.objects.filter(account_id=caller.id).update(to_at=clock.now())
    refused(caller.get("/incidents"), 403, "accounts.right_missing")
    assert caller.get("/me").json()["scopes"] == []


def test_a_closed_account_is_over(town: Town, caller: Caller) -> None:
    Account.objects.filter(id=caller.id).update(is_active=False)
    refused(caller.get("/me"), 401, "accounts.program_over")


def test_the_secret_is_in_no_table_no_log_and_no_report(
    town: Town, caller: Caller, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.INFO), patch("lianfang.api.areas.account_at", side_effect=ZeroDivisionError("x")):
        said = refused(caller.get("/me"), 500, "api.broken")
    caller.get("/me", token=caller.token[:-1] + "z")
    out = capsys.readouterr()
    assert "ZeroDivisionError" in caplog.text + out.err + str([r.exc_info for r in caplog.records])
    formatted = "".join(h.format(r) for r in caplog.records for h in logging.getLogger().handlers if h.formatter)
    for text in (caplog.text, out.out, out.err, formatted, str(said)):
        assert caller.secret not in text
    with connection.cursor() as c:
        for table in connection.introspection.table_names(c):
            c.execute(f'SELECT count(*) FROM "{table}" t WHERE t::text LIKE %s', [f"%{caller.secret[:40]}%"])
            assert c.fetchone()[0] == 0, table
    kept = bytes(ProgramSecret.objects.get(program_id=caller.id).digest)
    assert len(kept) == 32 and kept != bytes.fromhex(caller.secret)


def test_a_fault_writes_nothing_but_that_there_was_a_call(town: Town, caller: Caller) -> None:
    with patch("lianfang.api.work.open_item", side_effect=ZeroDivisionError):
        sent = {"id": str(uuid4()), "kind": "household-need", "unit_id": str(town.place.households[0])}
        refused(caller.post("/work-items", sent), 500, "api.broken")


@override_settings(PROGRAM_CALLS=3)
def test_whoever_calls_too_often_is_told_how_long_to_wait(town: Town, caller: Caller, stranger: Caller, later) -> None:
    assert [caller.get("/me").status_code for _ in range(5)] == [200, 200, 200, 429, 429]
    answer = caller.get("/me")
    refused(answer, 429, "api.too_many_calls")
    assert 0 < int(answer.headers["Retry-After"]) <= 60
    assert stranger.get("/me").status_code == 200
    assert len(calls_of(caller)) == 3  # a flood leaves no flood in the log
    later(seconds=61)
    assert caller.get("/me").status_code == 200


def test_every_read_of_a_person_is_written_down_under_the_programs_purpose(town: Town, caller: Caller) -> None:
    person = town.place.people[0]
    answer = client(caller.token).get(f"/api/v1/people/{person}", headers={"x-purpose": "another"})
    assert answer.status_code == 200
    row = PersonRead.objects.get(actor_id=caller.id)
    assert (row.door, row.purpose, row.subjects) == ("api-person", PURPOSE, [person])
    assert set(row.fields) == {"name", "phone"}


def test_what_the_frame_refuses_is_json_too(town: Town, caller: Caller) -> None:
    refused(caller.get("/nothing/here"), 404, "api.address_unknown")
    refused(caller.get("/incidents/no-uuid"), 404, "api.address_unknown")
    answer = client(caller.token).delete("/api/v1/incidents")
    refused(answer, 405, "api.method_unfit")
    assert answer.headers["Allow"] == "GET"
    refused(caller.get("/incidents", limit=1000), 422, "api.unfit")
    assert caller.get("/incidents", limit="many").json()["field"] == "limit"
    raw = client(caller.token).post("/api/v1/results", "{", content_type="application/json")
    refused(raw, 400, "api.unfit")
    nul = client(caller.token).post("/api/v1/results", r'{"id": "a\u0000"}', content_type="application/json")
    refused(nul, 400, "api.unfit")
    with override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=10):
        assert caller.post("/results", {"id": "x" * 20}).json()["code"] == "api.too_large"


@pytest.mark.parametrize("cursor", ["x", "%", "MjAyNg", "IA", "MDAwMS0wMS0wMVQwMDowMDowMCBh", "a" * 199])
def test_a_cursor_that_no_list_gave_is_refused(cursor: str) -> None:
    with pytest.raises(CursorUnfit):
        after(cursor)


def test_a_cursor_comes_back_as_it_was_given() -> None:
    at, row = clock.now(), uuid4()
    assert after(cursor_of(at, row)) == (at, row)
    assert after(cursor_of(None, row)) == (None, row)
    assert after("") is None


@pytest.mark.parametrize("suite", ["world", "sm"])
def test_a_server_signs_each_call_by_its_own_key_and_its_token_serves_no_more(
    town: Town, caller: Caller, suite: str
) -> None:
    server = signing(caller, suite)
    refused(caller.get("/me"), 401, "accounts.token_unknown")
    answer = server.get("/areas", "limit=1")
    assert answer.status_code == 200 and len(answer.json()["items"]) == 1
    assert calls_of(caller)[-1]["status"] == 200
    listened = server.headers("GET", "/api/v1/areas", "limit=1")
    assert sent("/api/v1/areas?limit=1", listened).status_code == 200
    refused(sent("/api/v1/areas?limit=1", listened), 401, "api.call_replayed")
    fresh = server.headers("GET", "/api/v1/areas", "limit=1")
    refused(sent("/api/v1/areas?limit=2", fresh), 401, "accounts.token_unknown")  # another query than was signed
    refused(sent("/api/v1/incidents", fresh), 401, "accounts.token_unknown")
    refused(server.get("/me", at=clock.now() - timedelta(minutes=2)), 401, "accounts.token_unknown")
    broken = fresh | {"signature": "sig1=:A:"}
    assert refused(sent("/api/v1/areas?limit=1", broken), 401, "api.signature_unfit")["field"] == "Signature"


def test_a_stranger_and_a_revoked_server_sign_in_vain(town: Town, caller: Caller) -> None:
    server, other = signing(caller, "sm"), suite_of("sm").new_signing_key()
    for stranger in (Signer(caller.id, other), Signer(uuid4(), server.key)):
        refused(stranger.get("/me"), 401, "accounts.token_unknown")
    tokened = program_in(town.place.area["district"])
    refused(Signer(tokened.id, server.key).get("/me"), 401, "accounts.token_unknown")  # it has no key: none fits
    revoke_program(program_id=caller.id, by=system_actor(), at=clock.now())
    refused(server.get("/me"), 401, "accounts.program_over")


def test_a_key_is_given_on_its_page_once_it_is_a_point_of_its_curve(town: Town, caller: Caller) -> None:
    admin, key = client_of(town.place, "admin"), suite_of("sm").new_signing_key()
    address = f"/programs/{caller.id}/key"
    for typed in ("", "zz", "00" * 64, key.public.hex()[:-2]):
        refusal(admin.post(address, {"suite": "sm", "key": typed}), 422, "accounts.program_unfit")
    refusal(client_of(town.place, "neighbour").post(address, {"suite": "sm", "key": key.public.hex()}), 404,
            "accounts.program_missing")  # fmt: skip
    assert admin.post(address, {"suite": "sm", "key": key.public.hex()}).status_code == 302
    assert "SM2" in text_of(admin.get(f"/programs/{caller.id}"))
    assert Signer(caller.id, key).get("/me").status_code == 200
    refusal(admin.post(f"/programs/{caller.id}/secret", {"hours": "1"}), 422, "accounts.program_unfit")
