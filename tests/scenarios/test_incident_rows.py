"""Rows of incidents and zones shown through pages: one case, orders down the tree, levels, measures, gatherings."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.utils.timezone import localtime

from lianfang.base import clock
from lianfang.domains.holds.models import Hold
from lianfang.domains.incidents.models import Incident, Measure, Signal, ZoneVersion
from lianfang.domains.messages.models import Message
from lianfang.domains.places.services import register_place
from lianfang.domains.work.models import Item
from tests.factories.place import Place
from tests.scenarios.test_work_rows import moved, opened
from tests.web.conftest import Town
from tests.web.pages import client_of, refusal, sought, text_of


def reported(place: Place, case_class: str, *, post: str = "medic", building: str = "花园 1 栋") -> UUID:
    """Report a case by its page; gives the signal."""
    signal_id = uuid4()
    when = localtime(clock.now()).strftime("%Y-%m-%dT%H:%M")
    sent = {"id": signal_id, "edition": "cn-covid-8", "class": f"case {case_class}", "area": "沙洲社区", "count": "1"}
    sent |= {"building": building, "source": "区疾控中心", "found_at": when}
    answer = client_of(place, post).post("/signals/new", sent)
    assert answer.status_code == 302, text_of(answer)
    return signal_id


def drafted(place: Place, incident: Incident, kind: str, buildings: list[UUID], post: str = "county") -> ZoneVersion:
    """Draft a zone by its page, have it adopted by the command's page; gives the version."""
    version_id = uuid4()
    sent = {"id": version_id, "zone": uuid4(), "area": place.area["committee"], "name": "花园", "kind": kind}
    sent |= {"buildings": buildings, "why": "病例住在这里"}
    answer = client_of(place, post).post(f"/incidents/{incident.id}/zones/draft", sent)
    assert answer.status_code == 302, text_of(answer)
    return ZoneVersion.objects.filter(zone__incident=incident).latest("at")


def adopted(place: Place, version: ZoneVersion, post: str = "county") -> None:
    """Ask for a draft and grant it, both by their pages."""
    assert client_of(place, post).post(f"/zones/{version.id}/ask", {"id": uuid4(), "reason": "r"}).status_code == 302
    from lianfang.domains.decisions.models import Decision

    decision = Decision.objects.get(subject_id=version.id)
    sent = {"says": "grant", "paper_number": "2022-1", "reason": ""}
    assert client_of(place, "command").post(f"/decisions/{decision.id}/say", sent).status_code == 302


@pytest.mark.row("S0-01")
def test_one_case_report_opens_the_incident_and_everything_after_it_carries_the_incident(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    suspect = reported(place, "suspect")
    officer = client_of(place, "officer")
    assert "Keep under watch" in text_of(officer.get("/incidents"))
    refusal(
        officer.post(f"/signals/{suspect}/open", {"id": uuid4(), "area": place.area["district"]}),
        409,
        "incidents.signal_does_not_open",
    )
    watched = uuid4()
    sent = {"id": watched, "area": place.area["district"], "watch": "1"}
    assert officer.post(f"/signals/{suspect}/open", sent).status_code == 302
    incident = Incident.objects.get(id=watched)
    assert (incident.phase, incident.mode) == ("watch", "routine") and not Item.objects.exists()
    confirmed = reported(place, "confirmed")
    for _ in range(2):  # pressed twice: one checklist
        assert officer.post(f"/signals/{confirmed}/attach", {"incident": watched}).status_code == 302
    incident.refresh_from_db()
    assert (incident.phase, incident.mode) == ("open", "emergency")
    checklist = Item.objects.filter(incident_id=watched, unit_kind="incident")
    assert checklist.count() > 5 and not checklist.filter(owner_id=None).exists()
    page = text_of(officer.get(f"/incidents/{watched}"))
    assert "Day of the response</dt><dd>1<" in page and "added a further signal" in page and "区疾控中心" in page
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(days=2))
    assert "Day of the response</dt><dd>3<" in text_of(officer.get(f"/incidents/{watched}"))
    monkeypatch.setattr(clock, "now", lambda: now)
    version = drafted(place, incident, "sealed", place.buildings["committee"][:1])
    adopted(place, version)
    opened(place, "lead", "order", area=place.area["committee"], incident=watched, **{"f-what": "摸排"})
    opened(place, "grid", "errand", unit=place.households[0], incident=watched,
           **{"f-what": "买菜", "f-sort": "food", "f-phone": "1"})  # fmt: skip
    assert Hold.objects.get().incident_id == watched
    assert set(Item.objects.values_list("incident_id", flat=True)) == {watched}
    assert set(Message.objects.exclude(template="duty-alert").values_list("incident_id", flat=True)) == {watched}
    assert set(Signal.objects.values_list("incident_id", flat=True)) == {watched}
    refusal(client_of(place, "neighbour").get(f"/incidents/{watched}"), 404, "incidents.missing")


@pytest.mark.row("S1-03")
def test_silent_management_lies_over_the_whole_district_above_the_zones_with_notice_and_end(town: Town) -> None:
    place = town.place
    everything = [place.area[a] for a in ("committee", "committee2", "committee3")]
    sent = {"id": uuid4(), "zone": uuid4(), "area": place.area["district"], "name": "全区", "kind": "silent",
            "committees": everything, "why": "社区传播"}  # fmt: skip
    answer = client_of(place, "county").post(f"/incidents/{town.incident.id}/zones/draft", sent)
    assert answer.status_code == 302, text_of(answer)
    version = ZoneVersion.objects.get(kind="silent")
    adopted(place, version)
    version.refresh_from_db()
    hold = Hold.objects.get(source_id=version.id)
    free = place.people[48]  # lives in the third committee, outside every sealed zone
    notice = Message.objects.filter(recipient_id__in=place.people, template="zone-start", about_id=version.id)
    assert notice.count() > 0 and hold.rules["leave_zone"] != "yes" and version.from_at is not None
    page = text_of(client_of(place, "street2").get(f"/why/{free}"))
    assert "Silent" in page and "permit" in page.lower() and hold.paper_number in page
    shown = text_of(client_of(place, "command").get(f"/zones/{version.id}"))
    assert "review" in shown.lower() or "until" in shown.lower()
    lifted = client_of(place, "command").post(f"/zones/{version.id}/lift", {"why": "清零"})
    assert lifted.status_code == 302
    ended = Message.objects.filter(template="zone-end", about_id=version.id)
    assert ended.filter(recipient_id=free).count() == notice.filter(recipient_id=free).count() > 0
    sealed = text_of(client_of(place, "grid").get(f"/why/{place.people[0]}"))
    assert "Sealed" in sealed  # what lay below still holds


@pytest.mark.row("S2-01")
def test_a_response_level_goes_down_to_every_level_and_starts_the_plans_tasks(town: Town) -> None:
    place, incident = town.place, town.incident
    before = set(Item.objects.values_list("id", flat=True))
    sent = {"level": "level-1", "issuer": "省人民政府", "paper": "2020-3", "reason": "省里启动一级响应",
            "effective_at": "2020-01-25T14:00"}  # fmt: skip
    command = client_of(place, "command")
    for _ in range(2):
        assert command.post(f"/incidents/{incident.id}/level", sent).status_code == 302
    page = text_of(command.get(f"/incidents/{incident.id}"))
    assert "Response level I" in page and "省人民政府" in page and "2020-3" in page and "14:00" in page
    fresh = Item.objects.exclude(id__in=before)
    orders = {i.area_id: i for i in fresh.filter(kind="order")}
    inside = ("district", "street", "street2", "committee", "committee2", "committee3")
    assert set(orders) == {place.area[a] for a in inside}
    tasks = fresh.filter(kind="checklist-task")
    assert {t.title for t in tasks} >= {"核对各级值班表和电话", "清点物资，列出缺口"} and all(t.owner_id for t in tasks)
    told = Message.objects.get(template="order-received", recipient_id=place.accounts["street"].id)
    assert told.about_id == orders[place.area["street"]].id
    assert "order" in text_of(client_of(place, "street").get("/"))
    assert command.post(f"/incidents/{incident.id}/level", {**sent, "level": "level-3"}).status_code == 302
    third = Item.objects.exclude(id__in=before).exclude(id__in=[t.id for t in fresh]).filter(kind="checklist-task")
    assert "清点物资，列出缺口" not in {t.title for t in third}  # a task of levels I and II only
    refusal(command.post(f"/incidents/{incident.id}/level", {**sent, "level": "x"}), 422, "incidents.level_unknown")
    street = client_of(place, "street").post(f"/incidents/{incident.id}/level", {**sent, "level": "level-2"})
    assert street.status_code == 403


@pytest.mark.row("S2-02")
def test_an_order_cascades_and_each_level_sees_who_has_not_confirmed_and_who_is_late(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = opened(place, "command", "order", area=place.area["district"], **{"f-what": "今晚全面摸排"})
    node = {i.area_id: i.id for i in Item.objects.filter(root_id=head)}

    def below(post: str, where: str) -> str:
        return text_of(client_of(place, post).get(f"/work/{node[place.area[where]]}"))

    assert "5 of 5 have not confirmed" in below("command", "district")
    assert "2 of 2 have not confirmed" in below("street", "street")
    moved(place, "street", node[place.area["street"]], "acknowledge")
    moved(place, "lead", node[place.area["committee"]], "acknowledge")
    moved(place, "lead", node[place.area["committee"]], "finish", report="8 户已全部走到")
    page = below("command", "district")
    assert "3 of 5 have not confirmed" in page and "in hand 1 · done 1 · late 0" in page
    assert "金洲社区" in page and "柳林村" in page and "nobody yet" in page  # who has it, or that nobody has
    assert "1 of 2 have not confirmed" in below("street", "street")
    began = clock.now()
    monkeypatch.setattr(clock, "now", lambda: began + timedelta(hours=2))
    page = below("command", "district")
    assert "late 3" in page  # nobody confirmed these in time
    assert client_of(place, "neighbour").get(f"/work/{head}").status_code == 404
    for where, post in (("committee2", "grid2"), ("committee3", "street2"), ("street2", "street2")):
        item = Item.objects.get(id=node[place.area[where]])
        if not item.is_closed:
            moved(place, post, item.id, "acknowledge")
            moved(place, "street2" if where != "committee2" else "street", item.id, "finish", report="好了")
    assert Item.objects.get(id=node[place.area["street"]]).is_closed  # its parts are done
    assert "in hand 0 · done 5 · late 0" in below("command", "district") or Item.objects.get(id=head).is_closed


def set_measure(
    place: Place, incident: Incident, post: str = "command", point: UUID | None = None, **sent: object
) -> UUID:
    """Set a measure by its page; gives its id."""
    measure_id = uuid4()
    whole = {"id": measure_id, "zh": "暂停", "en": "Suspended", "reason": "防控需要", "place": point or "", **sent}
    answer = client_of(place, post).post(f"/incidents/{incident.id}/measures/take", whole)
    assert answer.status_code == 302, text_of(answer)
    return measure_id


def local(when: datetime) -> str:
    """As a form's field has it."""
    return localtime(when).strftime("%Y-%m-%dT%H:%M")


@pytest.mark.row("S3-07")
def test_a_changed_measure_is_a_new_version_that_every_page_shows_at_once_with_its_history(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, incident, now = town.place, town.incident, clock.now()
    district = {"area": place.area["district"]}
    first = set_measure(place, incident, name="venues", zh="餐饮停止堂食", en="No eating in", **district,
                        from_at=local(now - timedelta(days=3)))  # fmt: skip
    pages = {"command": [f"/incidents/{incident.id}", f"/map/sheet?area={place.area['district']}"],
             "grid": [f"/why/{place.people[0]}", "/"], "resident": ["/why"]}  # fmt: skip
    from lianfang.domains.accounts.models import Account

    place.accounts["resident"] = Account.objects.get(username="resident")

    def shown() -> dict[str, bool]:
        return {
            f"{post} {a}": ("No eating in" in (t := text_of(client_of(place, post).get(a))), "Half the seats" in t)
            for post, addresses in pages.items()
            for a in addresses
        }

    assert set(shown().values()) == {(True, False)}, shown()
    second = set_measure(place, incident, name="venues", zh="堂食限一半座位", en="Half the seats", **district,
                         from_at=local(now - timedelta(minutes=5)), reason="七天无新增")  # fmt: skip
    assert set(shown().values()) == {(False, True)}, shown()
    page = text_of(client_of(place, "command").get(f"/measures/{second}"))
    assert "No eating in" in page and "七天无新增" in page and "replaced" in page
    on = localtime(now - timedelta(days=1)).date().isoformat()
    history = text_of(client_of(place, "street").get(f"/incidents/{incident.id}/measures?on={on}"))
    assert (
        "No eating in" in history.split("Earlier and later")[0] and "Half" not in history.split("Earlier and later")[0]
    )
    later = set_measure(place, incident, name="masks", zh="戴口罩", en="Wear a mask", **district,
                        from_at=local(now + timedelta(hours=5)))  # fmt: skip
    assert "Wear a mask" not in text_of(client_of(place, "grid").get("/"))
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(hours=6))
    assert "Wear a mask" in text_of(client_of(place, "grid").get("/"))
    street = {"id": uuid4(), "name": "masks", "zh": "x", "en": "x", "reason": "r", **district}
    assert client_of(place, "street").post(f"/incidents/{incident.id}/measures/take", street).status_code == 403
    empty = client_of(place, "command").post(f"/incidents/{incident.id}/measures/take", {**street, "reason": " "})
    assert "reason" in refusal(empty, 422, "incidents.measure_unfit")
    assert client_of(place, "command").post(f"/measures/{later}/end", {"why": "不再需要"}).status_code == 302
    assert "Wear a mask" not in text_of(client_of(place, "grid").get("/"))
    assert Measure.objects.get(id=first).ended_at is not None  # kept, not deleted
    refusal(client_of(place, "neighbour").get(f"/measures/{second}"), 404, "incidents.measure_missing")


@pytest.mark.row("S2-14")
def test_planned_gatherings_are_listed_called_off_by_kind_and_area_and_hosts_who_refuse_reach_the_command(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, incident = town.place, town.incident
    halls = {}
    for n, where in enumerate(("committee", "committee3")):
        halls[where] = register_place(place_id=uuid4(), kind="hall", name=f"礼堂 {n}", name_en=f"Hall {n}",
                                      area_id=place.area[where], capacity={}, lon=None, lat=None, incident_id=None,
                                      by=place.actor("street" if where == "committee" else "street2"),
                                      at=clock.now()).id  # fmt: skip
    lead = "lead"
    wedding = {"f-what": "婚宴", "f-sort": "wedding", "f-host": "钱家", "f-held_on": "2026-12-01", "f-expected": "80"}
    plan = opened(place, lead, "gathering", unit=halls["committee"], area=place.area["committee"], **wedding)
    meeting = opened(place, lead, "gathering", unit=halls["committee"], area=place.area["committee"],
                     **{**wedding, "f-what": "村民会", "f-sort": "meeting"})  # fmt: skip
    away = opened(place, "street2", "gathering", unit=halls["committee3"], area=place.area["committee3"], **wedding)
    ban = set_measure(place, incident, name="gatherings", area=place.area["street"], forbids=["wedding", "show"],
                      zh="暂停婚宴演出", en="No weddings and shows")  # fmt: skip
    called_off = "Called off by a measure in force:"
    assert called_off in text_of(client_of(place, lead).get(f"/work/{plan}"))
    assert called_off not in text_of(client_of(place, lead).get(f"/work/{meeting}"))  # another kind
    assert called_off not in text_of(client_of(place, "street2").get(f"/work/{away}"))  # another area
    page = text_of(client_of(place, "command").get(f"/measures/{ban}"))
    assert "1 planned thing stands under it" in page and "Wedding" in page and f"/work/{plan}" in page
    moved(place, "grid", plan, "persuade", agreed="改到明年")
    moved(place, lead, plan, "cancel")
    assert Item.objects.get(id=plan).state == "cancelled"
    moved(place, "grid", meeting, "refuse", host_says="通知已发出")
    due = Item.objects.get(id=meeting).clocks.get(name="command").due_at + timedelta(minutes=1)
    monkeypatch.setattr(clock, "now", lambda: due)
    from lianfang.flows.run_due import run_due

    run_due(channels={}, by=place.system, at=due)
    assert Item.objects.get(id=meeting).owner_id == place.accounts["command"].id  # it goes to the command
    board = text_of(client_of(place, "command").get("/work?kind=gathering&state=refused"))
    assert "村民会" in board and "婚宴" not in board
    paper = text_of(client_of(place, "street").get(f"/work/print/gathering?area={place.area['street']}"))
    assert "村民会" in paper and "Gathering" in paper


@pytest.mark.row("S0-22")
def test_a_zones_kind_says_its_whole_rule_an_address_finds_its_zone_and_the_zone_lists_its_doors(town: Town) -> None:
    place = town.place
    zone = text_of(client_of(place, "street").get(f"/zones/{town.zone}"))
    rules = ("Stays at home", "Leaves the zone with a permit", "No meeting in groups")
    for said in (*rules, "Tested on days: 1, 4, 7, 10, 14", "Health code: red"):
        assert said in zone, said
    new = text_of(client_of(place, "county").get(f"/incidents/{town.incident.id}/zones/new"))
    assert all(k in new for k in ("Sealed", "Controlled", "Prevention"))
    held = text_of(client_of(place, "grid").get(f"/why/{place.people[0]}"))
    assert "Tested on days" in held and "Health code: red" in held
    found = text_of(client_of(place, "street").get(f"/register?q={sought(place, 'street', '花园1栋 101')}"))
    inside, outside = found.split("in no zone")[0], found
    assert "Sealed" in inside and "in no zone" in outside  # the same address in two communities, one of them inside
    doors = text_of(client_of(place, "street").get(f"/zones/{town.zone}/doors"))
    assert "4 doors" in doors and all(f"/register/door/{h}" in doors for h in place.households[:4])
    assert f"/register/door/{place.households[4]}" not in doors
    assert client_of(place, "neighbour").get(f"/zones/{town.zone}/doors").status_code == 404
    next_one = {"id": uuid4(), "zone": ZoneVersion.objects.get(id=town.zone).zone_id, "area": place.area["committee"],
                "name": "花园", "kind": "controlled", "buildings": [place.buildings["committee"][1]],
                "why": "七天无新增"}  # fmt: skip
    answer = client_of(place, "county").post(f"/incidents/{town.incident.id}/zones/draft", next_one)
    assert answer.status_code == 302, text_of(answer)
    released = text_of(client_of(place, "street").get(f"/zones/{next_one['id']}/doors?step=released"))
    added = text_of(client_of(place, "street").get(f"/zones/{next_one['id']}/doors?step=added"))
    assert f"/register/door/{place.households[0]}" in released and f"/register/door/{place.households[4]}" in added


@pytest.mark.row("S1-48")
def test_phases_have_dates_and_reasons_and_figures_are_cut_by_them(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    place, incident, began = town.place, town.incident, clock.now()
    command = client_of(place, "command")
    opened(place, "grid", "errand", unit=place.households[0], incident=incident.id,
           **{"f-what": "买菜", "f-sort": "food", "f-phone": "1"})  # fmt: skip
    errand = Item.objects.get(kind="errand")
    for day, phase in enumerate(("contain", "clear", "recover"), start=1):
        monkeypatch.setattr(clock, "now", lambda day=day: began + timedelta(days=day))
        sent = {"phase": phase, "reason": f"第{day}步"}
        assert command.post(f"/incidents/{incident.id}/phase", sent).status_code == 302
        opened(place, "grid", "errand", unit=place.households[day], incident=incident.id,
               **{"f-what": "买菜", "f-sort": "food", "f-phone": "1"})  # fmt: skip
    monkeypatch.setattr(clock, "now", lambda: began + timedelta(days=2, hours=3))
    moved(place, "grid", errand.id, "take")
    moved(place, "grid", errand.id, "finish", outcome="full")
    monkeypatch.setattr(clock, "now", lambda: began + timedelta(days=4))
    page = text_of(command.get(f"/incidents/{incident.id}/phases"))
    row = page.split("Tasks received")[1].split("Errand</th>")[1].split("</tr>")[0]
    assert row.count('<td class="num">1</td>') == 4 and "<b>4</b>" in row  # one in each phase, four in all
    done = page.split("Work done")[1].split("Errand</th>")[1].split("</tr>")[0]
    assert done.split("<b>")[0].split("</td>")[2].endswith(">1") and "<b>1</b>" in done  # opened first, done in "clear"
    case = page.split("Signals")[1].split("</tr>")[1]
    assert case.count(">0<") == 3 and "<b>1</b>" in case
    incident_page = text_of(command.get(f"/incidents/{incident.id}"))
    assert all(f"第{d}步" in incident_page for d in (1, 2, 3))
    monkeypatch.setattr(clock, "now", lambda: began + timedelta(days=5))
    assert command.post(f"/incidents/{incident.id}/phase", {"phase": "closed", "reason": "结束"}).status_code == 302
    incident.refresh_from_db()
    assert incident.closed_at == began + timedelta(days=5)
    assert client_of(place, "neighbour").get(f"/incidents/{incident.id}/phases").status_code == 404


@pytest.mark.row("S3-46")
def test_a_season_of_exams_has_a_calendar_with_a_policy_an_area_and_a_point_and_names_conflicts_with_zones(
    town: Town,
) -> None:
    place, incident, day = town.place, town.incident, localtime(clock.now()).date()
    points = {}
    for n, where in enumerate(("committee", "committee3")):
        point, post = uuid4(), "street" if where == "committee" else "street2"
        form = client_of(place, post).get(f"/places/new?area={place.area[where]}&kind=hall")
        assert str(place.buildings[where][0]) in text_of(form)
        sent = {"id": point, "kind": "hall", "name": f"第{n + 1}中学", "name_en": f"School {n + 1}", "n-person": "400",
                "building": place.buildings[where][0]}  # fmt: skip
        answer = client_of(place, post).post(f"/places/new?area={place.area[where]}&kind=hall", sent)
        assert answer.status_code == 302, text_of(answer)
        points[where] = point
    exams = {}
    season = [("教师招考", "job-exam", "committee"), ("高考", "entrance-exam", "committee"),
              ("高考", "entrance-exam", "committee3"), ("英语四级", "certificate", "committee3"),
              ("英语六级", "certificate", "committee3")]  # fmt: skip
    for n, (what, sort, where) in enumerate(season):
        post = "street" if where == "committee" else "street2"
        on = (day + timedelta(days=9 - n)).isoformat()
        fields = {"f-what": what, "f-sort": sort, "f-held_on": on, "f-starts": "09:00"}
        exams[what, where] = opened(place, post, "public-event", unit=points[where], area=place.area[where], **fields)
    set_measure(place, incident, name="exams", area=place.area["district"], zh="一人一桌", en="One desk each")
    set_measure(place, incident, name="exams", area=place.area["committee3"], point=points["committee3"],
                zh="单独入口", en="Own entrance")  # fmt: skip
    page = text_of(client_of(place, "command").get("/calendar"))
    rows = {k: page.split(f"/work/{i}")[1].split("</tr>")[0] for k, i in exams.items()}
    order = [page.index(f"/work/{i}") for i in exams.values()]
    assert order == sorted(order, reverse=True)  # the first day first: they were entered the other way round
    assert "One desk each" in rows["高考", "committee"] and "inherited from District A" in rows["高考", "committee"]
    assert "Own entrance" in rows["高考", "committee3"] and "of this point" in rows["高考", "committee3"]
    assert "One desk each" not in rows["高考", "committee3"]  # the point overrides its area
    assert "花园一栋" in rows["高考", "committee"] and "Sealed" in rows["高考", "committee"]
    assert "2 meet a zone" in page and "✓" in rows["英语四级", "committee3"]
    drafted(place, incident, "controlled", [place.buildings["committee"][1]])  # touches no point: nothing new
    assert "2 meet a zone" in text_of(client_of(place, "command").get("/calendar"))
    lifted = client_of(place, "command").post(f"/zones/{town.zone}/lift", {"why": "清零"})
    assert lifted.status_code == 302
    page = text_of(client_of(place, "command").get("/calendar"))
    assert "meet a zone" not in page and "meets a zone" not in page
    moved(place, "street2", exams["英语六级", "committee3"], "postpone", reason="考点征用")
    page = text_of(client_of(place, "command").get("/calendar"))
    assert "Postponed" in page.split(f"/work/{exams['英语六级', 'committee3']}")[1].split("</tr>")[0]
    assert exams["高考", "committee3"] and "高考" not in text_of(client_of(place, "neighbour").get("/calendar"))
