"""The daily sheet: figures open to parts that add up, it is sent once, judged by the level above."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from lianfang.base import clock
from lianfang.domains.reports.models import Sheet
from lianfang.web.words import local
from tests.web.conftest import Town
from tests.web.pages import client_of, last_entry, refusal, services_since, text_of


def test_a_figure_opens_to_parts_that_add_up_and_to_rows_with_masked_names(town: Town) -> None:
    answer = client_of(town.place, "command").get("/sheet?figure=register.lives")
    figure, parts = answer.context["figure"], answer.context["parts"]
    assert figure.value == 72 and sum(p["value"] for p in parts) == 72
    assert len(answer.context["rows"]) == answer.context["shown"] == 20
    assert all("*" in name for name, _, _ in answer.context["rows"])
    refusal(client_of(town.place, "command").get("/sheet?figure=no.such"), 404, "reports.figure_missing")


def test_an_address_with_a_wrong_or_future_day_shows_today(town: Town) -> None:
    today = local(clock.now()).date()
    for day in ("yesterday", "2026-13-01", (today + timedelta(days=3)).isoformat()):
        assert client_of(town.place, "command").get(f"/sheet?day={day}").context["asked"].day == today


def test_a_sheet_is_sent_once_and_judged_by_the_level_above_only(town: Town) -> None:
    street, mark = client_of(town.place, "street"), last_entry()
    form = {"id": uuid4(), "note": "one late"}
    assert street.post("/sheet/send", form).headers["Location"].endswith("said=reports.sent")
    street.post("/sheet/send", form)
    assert services_since(mark).count("reports.send_sheet") == 1
    sheet = Sheet.objects.get()
    assert (sheet.id, sheet.area_id, sheet.state) == (form["id"], town.place.area["street"], "sent")

    judge = f"/sheet/{sheet.id}/judge"
    neighbour = client_of(town.place, "neighbour").post(judge, {"do": "accept"})
    assert neighbour.status_code in (403, 404)
    assert Sheet.objects.get().state == "sent"
    command = client_of(town.place, "command")
    assert command.post(judge, {"do": "return", "note": "count again"}).headers["Location"].endswith("reports.returned")
    assert Sheet.objects.get().state == "returned"
    assert street.post("/sheet/send", {"id": form["id"]}).status_code == 302
    assert Sheet.objects.get().draft == 2


def test_who_may_not_send_is_refused(town: Town) -> None:
    mark = last_entry()
    refusal(client_of(town.place, "auditor").post("/sheet/send", {"id": uuid4()}), 403, "accounts.right_missing")
    assert services_since(mark) == [] and not Sheet.objects.exists()
    assert "Send the sheet up" not in text_of(client_of(town.place, "auditor").get("/sheet"))
