"""Results as the laboratory sends them, and test codes: as many out as in, each for who may."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from urllib.parse import unquote

import segno
from django.core.files.uploadedfile import SimpleUploadedFile

from lianfang.base import clock
from lianfang.domains.audit.models import PersonRead
from lianfang.domains.sampling.models import Tube
from lianfang.domains.sampling.queries import persons_of
from tests.factories.rounds import Testing
from tests.web.pages import (
    client_of,
    refusal,
    text_of,
)
from tests.web.round_pages import close_tube, sample, upload


def test_as_many_rows_go_out_as_came_in_and_refused_ones_are_named_and_downloaded(testing: Testing) -> None:
    sample(testing, [0, 1], tube="SG-0001")
    sample(testing, [2], tube="SG-0002")
    close_tube(testing, "SG-0001", 2)
    rows = [("SG-0001", "阴性"), ("SG-0001", "阴性"), ("SG-0002", "阴性"), ("SG-9999", "阴性"), ("SG-0001", "?")]
    answer = upload(testing, rows)
    assert answer.status_code == 302
    lab = client_of(testing.place, "laboratory")
    page = lab.get(answer.headers["Location"])
    file = page.context["chosen"]
    assert file.counts == {"taken": 1, "repeated": 1, "refused": 3} and file.rows == 5
    assert [(r["row"], r["tube"], r["code"]) for r in page.context["refused"]] == [
        (4, "SG-0002", "sampling.tube_open"),
        (5, "SG-9999", "sampling.tube_unknown"),
        (6, "SG-0001", "sampling.result_unknown"),
    ]
    assert "Tube SG-0002 is still open at its desk." in text_of(page)
    down = lab.get(f"/sampling/results/{file.id}.csv")
    lines = list(csv.reader(io.StringIO(b"".join(down.streaming_content).decode("utf-8-sig"))))
    assert [line[:2] for line in lines[1:]] == [["4", "SG-0002"], ["5", "SG-9999"], ["6", "SG-0001"]]
    neighbour = client_of(testing.place, "neighbour")
    refusal(neighbour.get(f"/sampling/results/{file.id}.csv"), 404, "sampling.file_missing")
    refusal(neighbour.get(f"/sampling/results?file={file.id}"), 404, "sampling.file_missing")
    broken = SimpleUploadedFile("x.csv", b"PK\x03\x04 no workbook")  # what it is, its content says
    refusal(lab.post("/sampling/results", {"file": broken}), 422, "sampling.file_unreadable")


def test_a_file_of_who_may_not_enter_results_takes_none(testing: Testing) -> None:
    sample(testing, [0])
    close_tube(testing, "SG-0001", 1)
    refusal(upload(testing, [("SG-0001", "阴性")], "sampler"), 403, "accounts.right_missing")
    page = client_of(testing.place, "neighbour").get(
        upload(testing, [("SG-0001", "阴性")], "neighbour").headers["Location"]
    )
    assert page.context["chosen"].counts == {"taken": 0, "repeated": 0, "refused": 1}
    assert Tube.objects.get().result == ""


def test_my_code_is_mine_is_drawn_and_can_be_read_again(testing: Testing) -> None:
    answer = client_of(testing.place, "resident").get("/code")
    page = text_of(answer)
    text, now = answer.context["code"]["text"], clock.now()
    assert testing.place.names[0] in page and text not in page
    assert persons_of([(text, now)], at=now) == {text: (testing.place.people[0], "")}
    days = timedelta(days=30)  # value code_days of the testing guide
    assert days < answer.context["until"] - clock.now() <= days + timedelta(days=1)
    drawing = unquote(re.search(r'<img class="qr" src="data:image/svg\+xml[^,]*,([^"]+)"', page).group(1))
    same = segno.make_qr(text, error="m")
    assert (
        f'd="{re.search(chr(32) + "d=" + chr(34) + "([^" + chr(34) + "]+)", same.svg_inline(border=4)).group(1)}"'
        in (drawing.replace("'", '"'))
    )
    assert client_of(testing.place, "command").get("/code").status_code == 302  # no person of the register


def test_codes_of_a_door_are_for_who_may_address_its_people(testing: Testing) -> None:
    address = f"/codes/{testing.place.households[0]}"
    answer = client_of(testing.place, "grid").get(address)
    page = text_of(answer)
    shown = [(m["code"]["text"], clock.now()) for m in answer.context["rows"]]
    assert page.count('class="qr"') == len(shown)
    assert {p for p, _ in persons_of(shown, at=clock.now()).values()} == set(testing.place.people[:3])
    assert set(PersonRead.objects.get(door="codes").subjects) == set(testing.place.people[:3])
    refusal(client_of(testing.place, "command").get(address), 403, "accounts.right_missing")
    refusal(client_of(testing.place, "neighbour_grid").get(address), 404, "grid.household_missing")
