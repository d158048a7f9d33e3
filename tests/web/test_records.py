"""My record of service on pages: hours and who signed, a paper that anybody checks, tampered, revoked; strangers."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.test import Client
from pypdf import PdfReader

from lianfang.base import clock, throttle
from lianfang.domains.accounts.models import Account
from lianfang.domains.calls.models import Claim, ServiceRecord, Shift
from lianfang.domains.calls.queries import record_text
from lianfang.domains.calls.services import Presence, check_in, check_out, claim_shift, confirm_turnout
from tests.factories.call import HOUR, acting, called, shift_of, volunteers
from tests.factories.people import serving
from tests.factories.place import Place
from tests.web.pages import BACKEND, client_of, inline_in, refusal, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def here(place: Place) -> Place:
    """The small place two days ago: what is served there lies behind pages, which read the clock."""
    place.at = clock.now() - timedelta(days=2)
    return place


def browser_of(who: Account, language: str = "en") -> Client:
    client = Client()
    client.force_login(who, BACKEND)
    client.cookies["django_language"] = language
    return client


def served(place: Place, who: Account, hours: float = 4, *, signed: bool = True, **more: object) -> Claim:
    """A turn of so many hours, from claim to leaving, the turnout confirmed by the committee's lead or not at all."""
    shift = shift_of(called(place, 3, **more))  # type: ignore[arg-type]  # a test's own mixture
    return turn_on(place, shift, who, hours, signed=signed)


def turn_on(place: Place, shift: Shift, who: Account, hours: float, *, signed: bool = True) -> Claim:
    at = min(place.at, shift.starts_at)
    claim = claim_shift(claim_id=uuid4(), shift_id=shift.id, account_id=who.id, by=acting(who, at), at=at)
    gone = shift.starts_at + timedelta(hours=hours)
    check_in(presences=[Presence(claim.id, shift.starts_at, place.system)], by=place.system, at=shift.starts_at)
    check_out(presences=[Presence(claim.id, gone, place.system)], by=place.system, at=gone)
    if signed:
        confirm_turnout(shift_id=shift.id, by=place.actor("lead", shift.ends_at), at=shift.ends_at)
    return Claim.objects.get(id=claim.id)


def made(client: Client, first: str, last: str) -> ServiceRecord:
    """Hand out a record by its page."""
    sent = {"id": uuid4(), "from": first, "until": last}
    answer = client.post("/calls/record/make", sent)
    assert answer.status_code == 302, text_of(answer)
    return ServiceRecord.objects.get(id=sent["id"])


def whole_span() -> tuple[str, str]:
    now = clock.now()
    return (now - timedelta(days=4)).date().isoformat(), (now + timedelta(days=1)).date().isoformat()


def words_of(pdf: bytes) -> str:
    """What a paper says to a reader of files, blanks aside: a line may break anywhere in Chinese."""
    return re.sub(r"\s", "", "".join(p.extract_text() for p in PdfReader(io.BytesIO(pdf)).pages))


def test_my_record_says_hours_by_month_task_and_host_and_which_are_confirmed_by_whom(here: Place) -> None:
    [who] = volunteers(here, 1)
    served(here, who, 4)
    served(here, who, 1.5, signed=False, begins=6 * HOUR, where="committee2")
    page = text_of(browser_of(who).get("/calls/record"))
    assert "<b>4</b> confirmed hours" in page and "1.5 h not confirmed yet" in page
    assert f"confirmed by {here.accounts['lead'].label}" in page and page.count("not confirmed yet") >= 2
    assert re.search(r"<b>5.5</b> hours · 2 turns · <span class=\"late\">1.5 h open", page)
    hosts = re.search(r"Hours by host</h2>.*?</section>", page, re.S)
    assert hosts and hosts.group(0).count("<li>") == 2


def test_the_paper_holds_what_is_confirmed_and_anybody_checks_it_without_signing_in(here: Place) -> None:
    [who] = volunteers(here, 1)
    serving(here, who, name="张伟国")
    served(here, who, 4)
    served(here, who, 2, signed=False, begins=6 * HOUR)
    own = browser_of(who)
    record = made(own, *whole_span())
    answer = own.get(f"/calls/records/{record.id}/paper")
    assert answer.headers["Content-Type"] == "application/pdf" and answer.content.startswith(b"%PDF-")
    said = words_of(answer.content)
    token = record_text(record)
    for part in ("服务记录", "Recordofservice", "张伟国", who.label.replace(" ", ""), "扫码登记Registration",
                 "沙洲社区居委会", "4.0" if "4.0" in said else "4", f"/record/{token}"):  # fmt: skip
        assert part in said, (part, said)
    assert len(record.lines) == 1  # what nobody has confirmed is on no paper
    reader = PdfReader(io.BytesIO(answer.content))
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]  # a screen reader can read it
    fonts = [f.get_object() for p in reader.pages for f in p["/Resources"]["/Font"].values()]
    within = [f["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object() for f in fonts]
    assert fonts and all(any(k.startswith("/FontFile") for k in d) for d in within)  # its letters are in it

    stranger = Client(HTTP_ACCEPT_LANGUAGE="en")
    shown = stranger.get(f"/record/{token}")
    page = text_of(shown)
    assert "Genuine" in page and "<b>4</b> confirmed hours" in page and inline_in(shown) == []
    assert "张" not in page.replace("张开", "") and who.label not in page and str(who.id) not in page
    assert "made out to this name." in text_of(stranger.post(f"/record/{token}", {"name": "张伟国"}))
    assert "It was not made out" in text_of(stranger.post(f"/record/{token}", {"name": "李伟国"}))


def test_names_cannot_be_tried_one_after_another(here: Place) -> None:
    [who] = volunteers(here, 1)
    serving(here, who, name="张伟国")
    served(here, who)
    token, stranger = record_text(made(browser_of(who), *whole_span())), Client(HTTP_ACCEPT_LANGUAGE="en")
    throttle.forget_tries(by=here.system, at=clock.now())
    for _ in range(8):
        assert stranger.post(f"/record/{token}", {"name": "王某"}).status_code == 200
    page = text_of(stranger.post(f"/record/{token}", {"name": "张伟国"}))
    assert "Too many names were tried" in page and "made out to this name" not in page
    assert "Genuine" in text_of(stranger.get(f"/record/{token}"))


@pytest.mark.parametrize("what", ["letter", "lines", "days", "name", "other"])
def test_what_was_tampered_with_is_no_record(here: Place, what: str) -> None:
    [who] = volunteers(here, 1)
    serving(here, who, name="张伟国")
    served(here, who)
    record = made(browser_of(who), *whole_span())
    token, rows = record_text(record), ServiceRecord.objects.filter(id=record.id)
    stranger = Client(HTTP_ACCEPT_LANGUAGE="en")
    assert stranger.get(f"/record/{token}").status_code == 200
    if what == "letter":
        token = token[:-2] + ("A" if token[-2] != "A" else "B") + token[-1]
    elif what == "lines":
        rows.update(lines=[record.lines[0] | {"minutes": 9000}])
    elif what == "days":
        rows.update(from_on=record.from_on - timedelta(days=300))
    elif what == "name":
        rows.update(name_proof="0" * 64)
    else:
        token = token[:26] + record_text(made(browser_of(who), *whole_span()))[26:]
    refusal(stranger.get(f"/record/{token}"), 404, "calls.record_missing")


def test_a_revoked_record_says_so_and_nothing_more(here: Place) -> None:
    [who, other] = volunteers(here, 2)
    served(here, who)
    own = browser_of(who)
    record = made(own, *whole_span())
    token = record_text(record)
    refusal(browser_of(other).post(f"/calls/records/{record.id}/revoke", {"why": "x"}), 404, "calls.record_missing")
    refusal(own.post(f"/calls/records/{record.id}/revoke", {"why": " "}), 422, "calls.reason_missing")
    assert own.post(f"/calls/records/{record.id}/revoke", {"why": "made twice"}).status_code == 302
    page = text_of(Client(HTTP_ACCEPT_LANGUAGE="en").get(f"/record/{token}"))
    assert "Void" in page and "Genuine" not in page and "confirmed hours" not in page and "made twice" not in page


def test_nobody_else_prints_a_record_and_without_confirmed_hours_there_is_none(here: Place) -> None:
    [who, other] = volunteers(here, 2)
    served(here, who)
    record = made(browser_of(who), *whole_span())
    for stranger in (browser_of(other), client_of(here, "lead"), client_of(here, "neighbour")):
        refusal(stranger.get(f"/calls/records/{record.id}/paper"), 404, "calls.record_missing")
    served(here, other, signed=False, begins=12 * HOUR)
    sent = {"id": uuid4(), "from": whole_span()[0], "until": whole_span()[1]}
    refusal(browser_of(other).post("/calls/record/make", sent), 409, "calls.nothing_signed")
    assert not ServiceRecord.objects.filter(id=sent["id"]).exists()


def test_a_turn_is_spoken_of_once_and_its_lead_reads_it_without_a_name(here: Place) -> None:
    [who, other] = volunteers(here, 2)
    claim = served(here, who)
    assert claim.shift_id
    own, address = browser_of(who), f"/calls/claims/{claim.id}/say"
    assert "A word to the lead" in text_of(own.get("/calls/record"))
    refusal(browser_of(other).post(address, {"id": uuid4(), "words": "x"}), 403, "accounts.right_missing")
    refusal(own.post(address, {"id": uuid4(), "words": "  "}), 422, "calls.unfit")
    for words in ("水不够喝", "second"):
        assert own.post(address, {"id": uuid4(), "words": words}).status_code == 302
    assert "A word to the lead" not in text_of(own.get("/calls/record"))
    call_id: UUID = Shift.objects.get(id=claim.shift_id).call_id
    board = text_of(client_of(here, "lead").get(f"/calls/{call_id}"))
    said = re.search(r"1 word on this shift</summary>.*?</details>", board, re.S)
    assert said and "水不够喝" in said.group(0) and who.label not in said.group(0) and "second" not in board
    assert "水不够喝" not in text_of(own.get(f"/calls/{call_id}"))
    refusal(client_of(here, "neighbour").get(f"/calls/{call_id}"), 404, "calls.missing")
