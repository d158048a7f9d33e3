"""Messages: no holes, quiet hours, a cap, retries that end, answers that are offered."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from uuid import UUID, uuid4

import pytest

from lianfang.domains.editions.queries import value
from lianfang.domains.messages.errors import AnsweredOtherwise, AnswerUnknown, BlankMissing, MessageMissing
from lianfang.domains.messages.models import Message
from lianfang.domains.messages.queries import in_words, inbox
from lianfang.domains.messages.services import Writing, mark_read, take_answer, write_messages
from lianfang.flows.run_due import send_due
from tests.factories.place import Place

NIGHT = datetime(2026, 7, 21, 14, 0, tzinfo=UTC)  # 22:00 in Asia/Shanghai
BLANKS = {"area": "沙洲社区", "phone": "0751-0000000", "sender": "网格员"}


def written(
    place: Place,
    at: datetime,
    template: str = "welfare",
    *,
    channel: str = "page",
    values: dict[str, Any] | None = None,
    to: UUID | None = None,
) -> Message:
    w = Writing(uuid4(), "person", to or place.people[0], BLANKS if values is None else values, channel=channel)
    write_messages(
        writings=[w], edition="cn-heat-1", template=template, incident_id=None, by=place.actor("publicity"), at=at
    )
    return Message.objects.get(id=w.id)


def test_a_message_at_night_waits_for_the_morning_and_a_warning_does_not(place: Place) -> None:
    asks = written(place, NIGHT)
    assert asks.due_at == datetime(2026, 7, 21, 23, 30, tzinfo=UTC) and asks.why == "messages.quiet_hours"
    warns = written(
        place,
        NIGHT,
        "duty-alert",
        values={"class": "橙色", "minutes": "15", "place": "甲区", "signal": "高温", "time": NIGHT.isoformat()},
    )
    assert warns.due_at == NIGHT
    assert place.system
    assert send_due(channels={}, by=place.system, at=NIGHT) == 1
    assert send_due(channels={}, by=place.system, at=NIGHT + timedelta(hours=9, minutes=30)) == 1


def test_a_message_with_a_hole_is_not_written(place: Place) -> None:
    with pytest.raises(BlankMissing) as refused:
        written(place, place.at, values={"area": "沙洲社区"})
    assert refused.value.values["blanks"] == ["phone", "sender"] and not Message.objects.exists()


def test_moments_and_words_read_in_each_language(place: Place) -> None:
    m = written(
        place,
        place.at,
        "duty-alert",
        values={
            "class": {"zh": "橙色", "en": "orange"},
            "minutes": "15",
            "place": "甲区",
            "signal": {"zh": "高温预警", "en": "heat alert"},
            "time": NIGHT.isoformat(),
        },
    )
    (said,) = in_words([m], by=place.actor("officer"))
    assert "橙色" in said["zh"] and "7月21日 22:00" in said["zh"]
    assert "orange" in said["en"] and "21 Jul 22:00" in said["en"] and "{" not in said["zh"] + said["en"]


def test_beyond_the_cap_a_message_stays_on_the_page(place: Place) -> None:
    most = value("cn-heat-1", "messages_a_day", area_id=None, at=place.at)
    fates = [written(place, place.at).fate for _ in range(most + 1)]
    assert fates.count("waiting") == most and fates[-1] == "capped"
    assert written(place, place.at, to=place.people[1]).fate == "waiting"
    assert written(place, place.at + timedelta(days=1, minutes=1)).fate == "waiting"


def test_an_answer_is_one_of_those_offered_once_and_by_the_recipient(place: Place) -> None:
    m, me = written(place, place.at), [place.people[0]]
    ask = {"message_id": m.id, "by": place.actor("volunteer"), "at": place.at}
    with pytest.raises(AnswerUnknown):
        take_answer(answer="perhaps", recipient_ids=me, **ask)
    with pytest.raises(MessageMissing):
        take_answer(answer="well", recipient_ids=[place.people[1]], **ask)
    with pytest.raises(MessageMissing):
        take_answer(answer="well", recipient_ids=me, **{**ask, "message_id": uuid4()})
    take_answer(answer="well", recipient_ids=me, **ask)
    assert take_answer(answer="well", recipient_ids=me, **ask).fate == "answered"
    with pytest.raises(AnsweredOtherwise):
        take_answer(answer="need", recipient_ids=me, **ask)


def test_read_is_noted_once(place: Place) -> None:
    m = written(place, place.at)
    assert place.system
    send_due(channels={}, by=place.system, at=place.at)
    assert mark_read(message_ids=[m.id], recipient_ids=[place.people[0]], by=place.actor("volunteer"), at=place.at) == 1
    assert mark_read(message_ids=[m.id], recipient_ids=[place.people[0]], by=place.actor("volunteer"), at=place.at) == 0
    assert [x.id for x in inbox([place.people[0]])] == [m.id]


class Receiver(BaseHTTPRequestHandler):
    """A local stand-in for a channel: takes what comes, or fails."""

    got: list[str] = []
    status = 200

    def do_POST(self) -> None:
        Receiver.got.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.send_response(Receiver.status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def channel() -> Any:
    """The address of a local receiver, in apprise's words."""
    Receiver.got, Receiver.status = [], 200
    server = HTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"json://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_message_leaves_through_its_channel_and_a_failing_one_is_tried_five_times(place: Place, channel: str) -> None:
    assert place.system
    m = written(place, place.at, channel="desk")
    send_due(channels={"desk": channel}, by=place.system, at=place.at)
    m.refresh_from_db()
    assert (
        m.fate == "sent"
        and "沙洲社区" in Receiver.got[0].encode().decode("unicode_escape", errors="ignore") + Receiver.got[0]
    )
    Receiver.status = 500
    failing, at = written(place, place.at, channel="desk"), place.at
    tried = 0
    while failing.fate == "waiting":
        tried += send_due(channels={"desk": channel}, by=place.system, at=at)
        failing.refresh_from_db()
        at = failing.due_at
    assert (failing.fate, failing.why, tried) == ("failed", "messages.channel_failed", 5)


def test_a_channel_nobody_set_up_fails_with_its_reason(place: Place) -> None:
    assert place.system
    m = written(place, place.at, channel="nowhere")
    for k in range(6):
        send_due(channels={}, by=place.system, at=place.at + timedelta(hours=k))
    m.refresh_from_db()
    assert (m.fate, m.why) == ("failed", "messages.channel_unknown")


def test_a_warning_to_many_is_on_all_their_pages_with_one_run(place: Place) -> None:
    made = [
        Message(id=uuid4(), recipient_kind="person", recipient_id=uuid4(), channel="page", purpose="warn",
                template="zone-end", edition="common-1", due_at=place.at, made_at=place.at)
        for _ in range(5000)
    ]  # fmt: skip
    late = Message(id=uuid4(), recipient_kind="person", recipient_id=uuid4(), channel="page", purpose="tell",
                   template="zone-end", edition="common-1", due_at=place.at + timedelta(hours=1),
                   made_at=place.at)  # fmt: skip
    Message.objects.bulk_create([*made, late])
    assert place.system
    assert send_due(channels={}, by=place.system, at=place.at) == 5000
    assert Message.objects.filter(fate="waiting").get().id == late.id
    assert send_due(channels={}, by=place.system, at=place.at) == 0
