"""A hundred thousand envelopes broken in every way we know, through the device door: each answered, none breaks it."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from benchmarks.frame import Bench, p95, start, timed


def prepared() -> tuple[Any, list[tuple[str, dict[str, Any]]], UUID]:
    """A small district with a round open: its grid worker signed in, a whole body of every kind, and who sends."""
    from django.test import Client

    from lianfang.base import clock
    from lianfang.domains.work.services import NewItem, open_items
    from tests.factories.place import PASSWORD, small_place
    from tests.factories.rounds import round_in
    from tests.scenarios.test_malformed import bodies_of

    place = small_place(at=clock.now())
    testing = round_in(place, at=clock.now())
    survey = NewItem(UUID(int=7), place.area["committee"], "household", place.households[0])
    open_items(kind_name="door-survey", items=[survey], area_id=survey.area_id, incident_id=None,
               by=place.actor("lead"), at=clock.now())  # fmt: skip
    client = Client(raise_request_exception=False)
    assert client.login(username="grid", password=PASSWORD)
    return client, bodies_of(testing, survey.id), place.accounts["grid"].id


def main(bench: Bench, quick: bool) -> None:
    """Send them all; count what the door said."""
    from lianfang.base import clock
    from lianfang.base.models import Envelope
    from tests.factories.malformed import stream

    client, bodies, actor = prepared()
    n, errors, unanswered, refused, times = 5_000 if quick else 100_000, 0, 0, 0, []
    kept = []
    for raw in stream(bodies, actor=actor, at=clock.now(), n=n, seed=11):
        seconds, answer = timed(lambda r=raw: client.post("/field/envelopes", r, content_type="application/json"))  # type: ignore[misc]  # as it is now
        times.append(seconds)
        if answer.status_code != 200:
            errors += 1
            continue
        sent, answers = json.loads(raw)["envelopes"], answer.json()["answers"]
        told = {a["id"]: a["code"] for a in answers}
        # One without an id that can be read is answered by its place among the torn.
        nameless = sum(1 for e in sent if str(e.get("id", "")) not in told)
        unanswered += max(0, nameless - sum(1 for a in answers if a["id"] not in {str(e.get("id")) for e in sent}))
        refused += sum(1 for a in answers if a["code"] not in ("", "repeated"))
        kept.append(sent[-1]["id"])
    sound = Envelope.objects.filter(id__in=kept).count()
    bench.row("broken envelopes sent", n)
    bench.row("refused with a code", refused)
    bench.row("an upload of a hundred, p95 ms", p95(times))
    bench.goal("uploads that the server could not answer", errors, errors == 0)
    bench.goal("envelopes without an answer", unanswered, unanswered == 0)
    bench.goal("sound envelopes among them that were lost", len(kept) - sound, sound == len(kept))


if __name__ == "__main__":
    benchmark, asked = start("malformed")
    main(benchmark, asked.quick)
    benchmark.show(asked.json)
