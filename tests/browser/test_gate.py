"""A guard's phone without signal: it reads squares as the site does, keeps what was pressed, and loses nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any
from uuid import uuid4, uuid5

import cbor2
import pytest
from playwright.sync_api import Locator, Page, expect

from lianfang.base import clock
from lianfang.base.suites import SigningKey, suite_of
from lianfang.base.tokens import KID, Untrusted, kid_of, make_token, read_token, token_bytes, token_text
from lianfang.domains.devices.queries import token_key, token_keys
from lianfang.domains.gates.models import Crossing, Passage, Permit
from lianfang.domains.gates.queries import PASS, pass_text
from lianfang.domains.gates.queries.permits import EVER
from lianfang.domains.gates.rules import EARLY, STATES, WAYS, convoy_verdict, verdict
from lianfang.domains.gates.services import (
    announce_convoy,
    apply_permit,
    call_back_permit,
    decide_permit,
    pass_gate,
)
from tests.browser.serving import COMES_MS, console_errors, cut_off
from tests.factories.place import Place

pytestmark = pytest.mark.browser
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
UNTRUSTED = {"malformed", "algorithm", "key", "forged", "audience", "expired", "early"}


def granted(town: Place, *, begins: timedelta = -HOUR, ends: timedelta = 2 * HOUR) -> Permit:
    """A pass for a vehicle on a task, from now on granted."""
    now, area = clock.now(), town.area["committee"]
    asked = apply_permit(
        permit_id=uuid4(), kind="vehicle", person_id=None, account_id=None, plea_id=None, area_id=area,
        purpose="送药", where="市一医院", plate="粤F67890", mode="car", from_at=now + begins, until_at=now + ends,
        deadline_at=None, is_fast=False, fast_why="", incident_id=None, by=town.actor("grid"),
        at=min(now, now + ends - MINUTE),
    )  # fmt: skip
    assert asked.decision_id is not None
    return decide_permit(decision_id=asked.decision_id, says="grant", reason="", by=town.actor("street"),
                         at=asked.asked_at)  # fmt: skip


def square(town: Place, permit: Permit) -> str:
    return pass_text(permit, by=town.actor("grid"), at=clock.now())


def scan(page: Page, text: str) -> None:
    """What a scanner at the gate types, and its return."""
    page.locator("#pass").fill(text)
    page.keyboard.press("Enter")


def says(page: Page) -> Locator:
    return page.locator("#verdict .says")


def press(page: Page, name: str) -> None:
    page.locator("#verdict").get_by_role("button", name=name).click()


READ = """async ({texts, keys, audience, at, shown}) => {
  const { readToken } = await import("/static/js/token.mjs");
  const shownAt = shown ?? -Infinity;
  return Promise.all(texts.map((t) => readToken(t, keys, { audience, at, shownAt })
    .then(({ claims }) => [...claims].map(([k, v]) => `${k} ${v}`).sort().join("; "), (no) => no.why ?? `${no}`)));
}"""


def as_js(value: Any) -> str:
    return ",".join(str(b) for b in value) if isinstance(value, bytes) else str(value)


def read_here(text: str, keys: Mapping[bytes, bytes], at: datetime, shown: datetime | None) -> str:
    """What the site says of a text, as the page tells it."""
    try:
        told = read_token(token_bytes(text), audience=PASS, keys=keys, at=at, shown_at=shown or EVER)
    except Untrusted as no:
        return no.why
    return "; ".join(sorted(f"{k} {as_js(v)}" for k, v in told.claims.items()))


def crafted(text: str, at: datetime) -> dict[str, str]:
    """Texts that are wrong in one way each, by the way."""
    key, raw = token_key(), token_bytes(text)
    head, bare, payload, signature = cbor2.loads(raw).value

    def signed(head: bytes, payload: bytes, by: SigningKey = key) -> str:
        said = cbor2.dumps(["Signature1", head, b"", payload])
        whole = [head, bare, payload, suite_of("world").sign(by, said)]
        return token_text(cbor2.dumps(cbor2.CBORTag(18, whole)))

    def made(by: SigningKey = key, audience: str = PASS, start: timedelta = -HOUR, end: timedelta = HOUR) -> str:
        return token_text(make_token({34: 7}, audience=audience, at=at + start, until_at=at + end, key=by))

    stranger = suite_of("world").new_signing_key()
    return {
        "": text, "as typed": f" {text[:9].lower()} {text[9:]}\n", "key": made(stranger),
        "forged": signed(cbor2.dumps({1: -7, KID: kid_of(key.public)}), payload, stranger),
        "audience": made(audience="sampling"), "expired": made(end=-MINUTE), "early": made(start=11 * MINUTE),
        "algorithm": signed(cbor2.dumps({1: -8, KID: kid_of(key.public)}), payload),
        "no tag": token_text(cbor2.dumps([head, bare, payload, signature])),
        "another tag": token_text(cbor2.dumps(cbor2.CBORTag(17, [head, bare, payload, signature]))),
        "no list": signed(head, cbor2.dumps([1, 2])), "no times": signed(head, cbor2.dumps({3: PASS})),
        "a far time": signed(head, cbor2.dumps({3: PASS, 4: 10**30, 6: 1})), "a letter too many": text + "A",
        "no prefix": text[3:], "nothing": "LF2", "a number": "17", "strange letters": "LF2" + "1890", "long": text * 9,
    }  # fmt: skip


def test_the_phone_reads_every_square_as_the_site_does(town: Place, person) -> None:
    page: Page = person("volunteer", "/gate")
    now, text = clock.now(), square(town, granted(town))
    raw = token_bytes(text)
    keys = {k.hex(): v.hex() for k, v in token_keys().items()}
    told = {"keys": keys, "audience": PASS, "at": now.timestamp() * 1000}
    wrong = crafted(text, now)
    for shown in (None, now):
        seen = page.evaluate(READ, told | {"texts": list(wrong.values()), "shown": shown and now.timestamp() * 1000})
        here = {k: read_here(t, token_keys(), now, shown) for k, t in wrong.items()}
        assert dict(zip(wrong, seen, strict=True)) == here
    assert {k: here[k] for k in UNTRUSTED & here.keys()} == {k: k for k in UNTRUSTED & here.keys()}
    assert here[""] == here["as typed"] and here["no tag"] == here["no prefix"] == "malformed"
    # Every bit of it turned: whatever is not signed aside, both refuse, and neither reads anything else.
    turned = [bytes((*raw[:n], raw[n] ^ (1 << bit), *raw[n + 1 :])) for n in range(len(raw)) for bit in range(8)]
    seen = page.evaluate(READ, told | {"texts": [token_text(t) for t in turned], "shown": now.timestamp() * 1000})
    whole = read_here(text, token_keys(), now, now)
    assert {s for s in seen if s not in UNTRUSTED} <= {whole}
    assert [s == whole for s in seen] == [read_here(token_text(t), token_keys(), now, now) == whole for t in turned]
    assert page.evaluate(READ, told | {"texts": [text], "keys": {}, "shown": None}) == ["key"]  # its key was revoked


def test_the_phone_says_of_a_permit_what_the_site_says(town: Place, person) -> None:
    page: Page = person("volunteer", "/gate")
    start = datetime(2026, 3, 1, 8, tzinfo=UTC)
    end = start + 4 * HOUR
    second = timedelta(seconds=1)
    times = [start - EARLY - second, start - EARLY, start, end - second, end, end + HOUR]
    cases = list(product(STATES, WAYS, times, (False, True)))
    ask = """async (cases) => { const { verdict, convoyVerdict } = await import("/static/js/permit.mjs");
      return cases.map((c) => [verdict(c.state, c.way, c), convoyVerdict(c.state, c)]); }"""
    told = [
        {"state": s, "way": w, "isOneWay": o, "at": at.timestamp(), "from": start.timestamp(),
         "until": end.timestamp(), "early": EARLY.total_seconds()}
        for s, w, at, o in cases
    ]  # fmt: skip
    seen = page.evaluate(ask, told)
    here = [
        [verdict(s, w, from_at=start, until_at=end, at=at, is_one_way=o), convoy_verdict(s, until_at=end, at=at)]
        for s, w, at, o in cases
    ]
    assert seen == here and {v for pair in here for v in pair} >= {"", "over", "early", "is_out", "is_back", "not_out"}


def convoy_at(town: Place) -> Crossing:
    """A convoy cleared to come by the committee's gate."""
    now = clock.now()
    made = announce_convoy(permit_id=uuid4(), area_id=town.area["committee"], goods="口罩", where="市一医院",
                           plates="粤F12345", vehicles=3, from_at=now - HOUR, until_at=now + 9 * HOUR,
                           gates=[(town.area["committee"], "北门", now)], why="断货", incident_id=None,
                           by=town.actor("street"), at=now - MINUTE)  # fmt: skip
    decide_permit(decision_id=uuid5(made.id, "decision"), says="grant", reason="", by=town.actor("command"), at=now)
    return Crossing.objects.get(permit=made)


def test_a_guard_without_signal_lets_out_and_in_turns_back_and_frees_and_all_of_it_arrives_once(
    town: Place, person
) -> None:
    good, over, early, called, out = (
        granted(town), granted(town, begins=-3 * HOUR, ends=-MINUTE), granted(town, begins=HOUR), granted(town),
        granted(town, begins=-3 * HOUR, ends=MINUTE / 60),
    )  # fmt: skip
    crossing, gate = convoy_at(town), town.actor("volunteer")
    call_back_permit(permit_id=called.id, why="不用去了", by=town.actor("grid"), at=clock.now())
    pass_gate(passage_id=uuid4(), permit_id=out.id, way="out", place_id=None, area_id=town.area["committee"], by=gate,
              at=clock.now() - HOUR)  # fmt: skip
    page: Page = person("volunteer", "/gate")
    errors = console_errors(page)
    expect(page.get_by_text("2 permits called back or used")).to_be_visible()
    cut_off(page)
    began = clock.now()

    scan(page, square(town, good))
    expect(says(page)).to_have_text("May pass")
    expect(page.locator("#verdict .held")).to_contain_text(f"№{good.number} · Pass for a vehicle · by car · 粤F67890")
    expect(page.locator("#verdict .held")).to_contain_text("Checked on this phone, by what was known at")
    press(page, "Lets out")
    expect(page.locator("#verdict .note")).to_contain_text(f"Noted on this phone: Lets out · №{good.number}")
    expect(page.locator("#kept")).to_contain_text("sent by itself once there is signal: 1")
    page.reload()  # put away, and taken out again: it is still known as out
    scan(page, square(town, good).lower())
    expect(says(page)).to_have_text("Out: lets in")
    assert page.locator("#verdict").get_by_role("button", name="Lets out").count() == 0

    text = square(town, good)
    forged = token_text(bytes((*token_bytes(text)[:-1], token_bytes(text)[-1] ^ 1)))
    other = make_token({34: 7}, audience="sampling", at=began, until_at=began + HOUR, key=token_key())
    for shown, why in ((forged, "Its signature is wrong: it is forged or damaged."),
                       (token_text(other), "It is a square of ours, but no permit."),
                       ("LF2ABC", "This square is damaged, or none of ours.")):  # fmt: skip
        scan(page, shown)
        expect(page.locator("#verdict")).to_contain_text(f"{why} Ask for it at the community")
        expect(says(page)).to_have_text("May not pass")
        assert page.locator("#verdict button").count() == 0
    for permit, why in ((over, "Its time is over."), (early, "Its time has not come."), (called, "It holds no more.")):
        scan(page, square(town, permit))
        expect(page.locator("#verdict")).to_contain_text(f"№{permit.number}")
        expect(page.locator("#verdict")).to_contain_text(f"{why} Ask for it at the community")
    press(page, "Turned back: note it")
    scan(page, f"№{good.number}")
    expect(says(page)).to_have_text("Cannot be checked without signal")
    expect(page.locator("#verdict")).to_contain_text("Ask for the square; danger to life goes at once.")
    scan(page, square(town, out))  # out before the phone lost its signal, and his time is over
    expect(says(page)).to_have_text("Out: lets in")
    expect(page.locator("#verdict .held b")).to_have_text("late")
    press(page, "Is back")

    page.get_by_role("button", name="Lets it through").click()
    release = page.locator("#release").get_by_role("button", name="Danger to life: out at once")
    release.click()  # one tap
    page.get_by_text("Who and what, if there is time").click()
    page.locator("#words").fill("产妇，要生了")
    expect(release).to_be_enabled(timeout=5000)
    release.click()  # another life, another press
    expect(page.locator("#kept")).to_contain_text("sent by itself once there is signal: 6")
    assert not Passage.objects.exclude(permit=out).exists()
    # Meanwhile the first permit is called back: he is out all the same, and somebody looks at it.
    call_back_permit(permit_id=good.id, why="取消", by=town.actor("grid"), at=clock.now())
    ended = clock.now()
    page.context.set_offline(False)
    expect(page.locator("#kept-answers .note.warn")).to_contain_text("It passed without signal", timeout=2 * COMES_MS)
    expect(page.locator("#kept-answers .note.warn")).to_contain_text("It holds no more.")
    expect(page.locator("#kept-answers .note")).to_have_count(1)
    expect(page.locator("#kept")).to_be_hidden(timeout=COMES_MS)

    rows = Passage.objects.filter(at__gte=began)
    expected = [(good.id, "out", "slipped", "void"), (called.id, "out", "refuse", "void"), (out.id, "in", "pass", ""),
                (crossing.permit_id, "in", "pass", ""), *[(None, "out", "release", "")] * 2]  # fmt: skip
    assert sorted(rows.values_list("permit_id", "way", "verdict", "reason"), key=str) == sorted(expected, key=str)
    assert all(began <= at <= ended for at in rows.values_list("at", flat=True))
    assert {p.id: p.state for p in Permit.objects.filter(id__in=(good.id, called.id, out.id))} == {
        good.id: "out", called.id: "void", out.id: "back"}  # fmt: skip
    crossing.refresh_from_db()
    assert crossing.passed_at is not None and began <= crossing.passed_at <= ended and crossing.vehicles == 3
    page.locator("#kept-answers").get_by_role("button", name="I have read it").click()
    page.reload()  # nothing is sent again
    expect(page.locator("#kept-answers")).to_be_empty()
    assert rows.count() == 6
    lead: Page = person("lead", "/permits", size=(1366, 768))
    expect(lead.get_by_text(f"Passed without signal: №{good.number}")).to_be_visible()
    expect(lead.get_by_text("产妇，要生了")).to_be_visible()
    # With signal the site answers, on the same screen.
    scan(page, str(over.number))
    expect(page.locator("#verdict")).to_contain_text("Its time is over.")
    assert page.get_by_text("Checked on this phone, by").count() == 0
    scan(page, square(town, good))
    expect(says(page)).to_have_text("Out: lets in")
    press(page, "Is back")
    expect(page.locator("#main > .note.done")).to_contain_text("Back. Noted with the time.")
    assert Permit.objects.get(id=good.id).state == "back", [
        list(rows.order_by("at").values_list("permit_id", "id", "way", "verdict", "reason", "at")),
        page.url,
        good.id,
    ]
    assert [e for e in errors if not re.search(r"ERR_INTERNET_DISCONNECTED|Failed to", e)] == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth + 1")
