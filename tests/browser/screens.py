"""Render every page into screens/: `python -m tests.browser.screens [words of file names]`.

Plays the small heat day into a database of its own, serves it from a thread, and looks at each page as the person it is
for, at the size it is for, in both languages. Exit status 1 if a page does not answer 200 or its console complains.
"""

from __future__ import annotations

import dataclasses
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SANDBOX = "lianfang_screens"
SCREENS = Path(__file__).resolve().parents[2] / "screens"
SCALE = 0.02


@dataclass(frozen=True)
class Screen:
    """One page: a name for its file, its address, who looks at it, and the size of the screen."""

    name: str
    url: str
    account: str
    size: str


def prepare() -> None:
    """Django on a fresh sandbox with the heat day played into it."""
    os.environ["LIANFANG_DATABASE"] = SANDBOX
    os.environ["DJANGO_SETTINGS_MODULE"] = "lianfang.site.settings"
    # Static files are shown where they lie: the fingerprinted copy is the served site's.
    os.environ["LIANFANG_STATIC"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    from lianfang.site.settings import EMBEDDED_DATABASE

    EMBEDDED_DATABASE.fresh_database(SANDBOX)
    import django

    django.setup()
    from lianfang.cli.commands import play_demo
    from lianfang.cli.up import go_up

    go_up(lambda _: None)
    play_demo(SCALE)


def _sealed(screen: Screen) -> str:
    """The address of a screen; what is searched for stands in it sealed for who searches."""
    from lianfang.domains.accounts.models import Account
    from lianfang.web.searches import seal_search

    address, mark, text = screen.url.partition("?q=")
    return (
        f"{address}?q={seal_search(text, by_id=Account.objects.get(username=screen.account).id)}" if mark else address
    )


def _addresses() -> dict[str, str]:
    """Addresses of things that are there: one of each, the fullest where that can be told."""
    from django.db.models import Count

    from lianfang.domains.accounts.models import Account, RoleGrant
    from lianfang.domains.areas.models import Area
    from lianfang.domains.grid.models import Building, Household
    from lianfang.domains.incidents.models import Incident
    from lianfang.domains.work.models import Item

    # The committee with most buildings among those with work about people, and its grid worker.
    with_work = Item.objects.filter(unit_kind="person", is_closed=False).values("area_id")
    full = (
        Building.objects.filter(area_id__in=with_work)
        .values("area_id")
        .annotate(n=Count("id"))
        .order_by("-n", "area_id")
    )
    grid = full.values_list("area_id", flat=True)[0]
    worker = Account.objects.get(id=RoleGrant.objects.filter(area_id=grid, role="grid-worker")[0].account_id)
    door = Household.objects.filter(area_id=grid).annotate(n=Count("presences")).order_by("-n").first()
    area = Area.objects.get(id=grid)
    about = Item.objects.filter(area_id=grid, unit_kind="person")
    return {
        "grid": worker.username,
        "incident": str(Incident.objects.get().id),
        "area": str(area.id),
        "door": str(door.id),
        "building": str(door.building_id),
        "item": str((about.filter(is_closed=False).first() or about.first() or Item.objects.first()).id),
        "finished": str(Item.objects.filter(is_closed=True).first().id),
        "kind": (about.first() or Item.objects.first()).kind,
        "task": str(Item.objects.filter(unit_kind="incident").first().id),
        "person": str(about.first().unit_id) if about.exists() else "",
    }


def _file_and_zone(a: dict[str, str]) -> None:
    """What the heat day leaves out: a register file with differences and bad rows, and a zone asked for."""
    import hashlib
    from datetime import timedelta
    from uuid import UUID, uuid4

    from lianfang.base import clock
    from lianfang.domains.accounts.models import Account
    from lianfang.domains.accounts.queries import actor_for
    from lianfang.domains.editions.models import Edition
    from lianfang.domains.grid.models import Building, Household, Presence
    from lianfang.domains.grid.planning.register_file import read_register
    from lianfang.domains.grid.services import keep_file
    from lianfang.domains.incidents.services import draft_zone, report_signal
    from lianfang.domains.work.services import NewItem, open_items
    from lianfang.flows.open_incident import open_incident
    from lianfang.flows.zones import ask_for_zone, decide_zone

    now = clock.now()
    by = {
        u: actor_for(Account.objects.get(username=u), at=now)
        for u in ("demo-command", "demo-duty-officer", "demo-street-lead")
    }
    county = by["demo-command"].grants[0].area_id
    street = by["demo-street-lead"].grants[0].area_id
    rows = [
        "姓名,身份证号,电话,住址",
        "甄一,999999198001020011,13900000001,9-1-101",
        "甄二,999999198001020038,139,9-1-102",
    ]
    content = "\n".join([*rows, "贾三,999999198001020038,13900000003,9-1-102"]).encode()
    file = keep_file(file_id=uuid4(), area_id=street, file_name="名册.csv", digest=hashlib.sha256(content).hexdigest(),
                     reading=read_register(content, "名册.csv", default_year=now.year, allow_invented=True),
                     by=by["demo-street-lead"], at=now)  # fmt: skip
    a["file"] = str(file.id)
    covid = Edition.objects.filter(code="cn-covid-9").first()
    assert covid is not None
    committee = UUID(a["area"])
    signal = report_signal(signal_id=uuid4(), kind="case", case_class="confirmed", edition_code="cn-covid-9",
                           area_id=committee, building_id=UUID(a["building"]), count=1, source="疾控中心",
                           found_at=now - timedelta(hours=2), by=by["demo-duty-officer"], at=now)  # fmt: skip
    case = open_incident(incident_id=uuid4(), signal_id=signal.id, area_id=county, is_drill=True,
                         by=by["demo-command"], at=now)  # fmt: skip
    report_signal(signal_id=uuid4(), kind="case", case_class="confirmed", edition_code="cn-covid-9", area_id=committee,
                  building_id=None, count=1, source="发热门诊", found_at=now - timedelta(minutes=9),
                  by=by["demo-duty-officer"], at=now)  # fmt: skip
    a["case"] = str(case.id)
    worker = Account.objects.get(username=a["grid"]).id
    doors = Household.objects.filter(area_id=committee).values_list("id", flat=True)[:9]
    new = [NewItem(uuid4(), committee, "household", d, owner_id=worker, due_at=now + timedelta(hours=2)) for d in doors]
    open_items(kind_name="door-survey", items=new, area_id=county, incident_id=case.id,
               by=by["demo-duty-officer"], at=now)  # fmt: skip
    others = Building.objects.filter(area_id=committee).exclude(id=a["building"]).values_list("id", flat=True)
    buildings = [UUID(a["building"]), *others[:2]]
    a["held"] = str(Presence.objects.filter(building_id=a["building"], kind="lives", to_on=None).first().person_id)
    for n, (kind, some) in enumerate((("high", buildings[:1]), ("low", buildings[1:]))):
        v = draft_zone(version_id=uuid4(), zone_id=uuid4(), incident_id=case.id, area_id=committee,
                       name=f"东侧楼栋 {n + 1}", kind=kind, building_ids=some, why="本栋有确诊病例", is_proposed=False,
                       by=by["demo-duty-officer"], at=now)  # fmt: skip
        asked = ask_for_zone(decision_id=uuid4(), version_id=v.id, reason="按预案", by=by["demo-duty-officer"], at=now)
        a["asked"] = str(v.id)
        if not n:
            decide_zone(decision_id=asked.id, says="grant", reason="", paper_number="甲指〔2026〕1号",
                        by=by["demo-command"], at=now)  # fmt: skip
            a["zone"] = str(v.id)


def _taken_file(a: dict[str, str]) -> None:
    """A second register file of that committee: some moved, some in doubt, many not named, one village unknown."""
    from uuid import uuid4

    from lianfang.base import clock
    from lianfang.domains.accounts.models import Account
    from lianfang.domains.accounts.queries import actor_for
    from lianfang.domains.areas.queries import ids_below
    from lianfang.domains.grid.models import Person, Presence, RegisterFile
    from lianfang.domains.grid.planning.register_file import read_register
    from lianfang.domains.grid.services import keep_file
    from lianfang.domains.privacy.queries import opened
    from lianfang.flows.register_file import take_file

    now = clock.now()
    by = actor_for(Account.objects.get(username="demo-street-lead"), at=now)
    here = Presence.objects.filter(area_id__in=ids_below(by.grants[0].area_id), kind="lives").values_list("area_id")
    area = here.order_by("area_id").first()[0]
    stays = list(Presence.objects.filter(area_id=area, kind="lives", to_on=None).select_related("household",
                                         "building", "person").order_by("household_id")[:60])  # fmt: skip
    names = opened(list(Person.objects.filter(id__in=[s.person_id for s in stays])), by=by, whole=True)
    head, rows = "姓名,性别,小区,楼栋,单元,房号,社区", []
    for n, s in enumerate(stays):
        name = names[s.person_id]["name"] + ("兰" if n % 20 == 3 else "")
        rows.append(f"{name},{'男' if s.person.sex == 'm' else '女'},{s.building.name},,{s.household.unit},"
                    f"{s.household.door},")  # fmt: skip
    numbered = ["甄一,440203198001020117", "甄二,44020319800102015X", "甄三,440203198001020192"]
    first = "\n".join(["姓名,身份证号,住址", *(f"{r},9-1-10{i}" for i, r in enumerate(numbered, 1))])
    later = "\n".join(["姓名,身份证号,住址", f"{numbered[0]},9-1-301", f"{numbered[1].replace('二', '贰')},9-1-102",
                       "新来,440203198001020256,9-1-103"])  # fmt: skip
    unknown = "\n".join([head, *(f"{r}{'新沙村' if n > 50 else ''}" for n, r in enumerate(rows))])
    for name, content, key in (("一.csv", first, ""), ("二.csv", later, "taken"), ("三.csv", unknown, "unknown")):
        reading = read_register(content.encode(), name, default_year=now.year, allow_invented=True)
        file: RegisterFile = keep_file(file_id=uuid4(), area_id=area, file_name=name, digest="0" * 64,
                                       reading=reading, by=by, at=clock.now())  # fmt: skip
        a[key] = str(file.id)
        if key != "unknown":
            leave = list(file.rows.filter(difference="new").values_list("id", flat=True)) if key else []
            take_file(file_id=file.id, leave=leave, by=by, at=clock.now())


def _orders_and_measures(a: dict[str, str]) -> None:
    """An order that went down with some answers, a response level, a measure and the one before it."""
    from datetime import timedelta
    from uuid import UUID, uuid4

    from lianfang.base import clock
    from lianfang.domains.accounts.models import Account
    from lianfang.domains.accounts.queries import actor_for
    from lianfang.domains.incidents.services import MeasureText, set_measure
    from lianfang.domains.work.models import Item
    from lianfang.domains.work.services import Note, make_moves
    from lianfang.flows.response_level import set_response_level

    now = clock.now()
    boss = actor_for(Account.objects.get(username="demo-command"), at=now)
    case, area = UUID(a["case"]), boss.grants[0].area_id
    assert area is not None
    set_response_level(incident_id=case, level="level-2", issuer="市人民政府", paper_number="市政〔2026〕7号",
                       effective_at=now, reason="出现社区传播", by=boss, at=now)  # fmt: skip
    head = Item.objects.get(kind="order", parent=None, incident_id=case)
    nodes = Item.objects.filter(root_id=head.id, parent__isnull=False).order_by("area__position")[:9]
    make_moves(notes=[Note(uuid4(), i.id, "acknowledge", boss, now) for i in nodes], by=boss, at=now)
    a["order"] = str(head.id)
    for days, zh, en in ((2, "餐饮停止堂食", "No eating in"), (0, "堂食限一半座位", "Half the seats")):
        says = MeasureText({"zh": zh, "en": en}, "七天无新增" if not days else "社区传播", now - timedelta(days=days))
        made = set_measure(measure_id=uuid4(), incident_id=case, area_id=area, place_id=None, name="venues", says=says,
                           by=boss, at=now)  # fmt: skip
    a["measure"] = str(made.id)


def _bodies(a: dict[str, str]) -> None:
    """Bodies under the command, one with its own administrator, a post of one incident, and a few reads."""
    from uuid import UUID, uuid4

    from lianfang.base import clock
    from lianfang.cli.up import system_actor
    from lianfang.domains.accounts.queries import account_named
    from lianfang.domains.accounts.services import grant_role, open_account
    from lianfang.domains.audit.services import record_reads
    from lianfang.domains.incidents.models import Incident
    from lianfang.domains.incidents.services import grant_for_incident
    from lianfang.domains.responders.services import register_organisation

    by, at, county = system_actor(), clock.now(), Incident.objects.get(id=a["case"]).area_id
    above = None
    for n, (name, kind) in enumerate((("司法局", "bureau"), ("人民法院", "court"), ("县第二客运公司", "company"))):
        body = register_organisation(organisation_id=uuid4(), name=name, name_en="", kind=kind, area_id=county,
                                     parent_id=above, by=by, at=at)  # fmt: skip
        above = above or body.id
        head, member = (
            open_account(account_id=uuid4(), username=f"body-{n}-{m}", label=f"{label} · {name}", password_hash="x",
                         person_id=None, area_id=county, organisation_id=body.id, by=by, at=at)
            for m, label in enumerate(("账号管理员", "联络员"))
        )  # fmt: skip
        grant_role(grant_id=uuid4(), account_id=head.id, role="administrator", area_id=county, until_at=None, by=by,
                   at=at, body_id=body.id, delegates=["volunteer", "publicity"])  # fmt: skip
        if n:
            grant_for_incident(grant_id=uuid4(), account_id=member.id, role="publicity", area_id=county,
                               incident_id=UUID(a["case"]), until_at=None, by=by, at=at)  # fmt: skip
        a["account"] = str(head.id)
        a.setdefault("idle", str(member.id))
    worker = account_named(a["grid"])
    for door, fields, people in (("household", ["name", "phone"], 3), ("work-export", ["name"], 212)):
        record_reads(door_name=door, fields=fields, subjects=[uuid4() for _ in range(people)], at=clock.now(),
                     by=dataclasses.replace(by, id=worker.id, purpose="今晚入户" if people > 3 else ""))  # fmt: skip


def _places(a: dict[str, str]) -> None:
    """Venues with a limit and people inside, an isolation site with people, wards that count, estates on the list."""
    from datetime import timedelta
    from uuid import UUID, uuid4

    from lianfang.base import clock
    from lianfang.cli.up import system_actor
    from lianfang.domains.areas.models import Area
    from lianfang.domains.grid.models import Presence
    from lianfang.domains.places.services import begin_stay, count_passage, open_places, register_place
    from lianfang.domains.work.services import NewItem, Note, make_move, open_item
    from lianfang.flows.count_cases import count_cases

    by, now, here = system_actor(), clock.now(), UUID(a["area"])
    day = timedelta(days=1)
    sizes = {"mall": {"person": 320}, "shop": {"person": 36}, "hotel": {"person": 90}, "hospital-ward": {"bed": 40},
             "isolation-site": {"room": 60, "family-room": 8, "step-free": 2}}  # fmt: skip
    names = {"mall": "东门商场", "shop": "惠民保供店", "hotel": "平安宾馆", "isolation-site": "河西隔离点",
             "hospital-ward": "市一院感染科"}  # fmt: skip
    made = {}
    for kind, name in names.items():
        made[kind] = register_place(place_id=uuid4(), kind=kind, name=name, name_en="", area_id=here, by=by, at=now,
                                    level="strict" if kind == "isolation-site" else "", capacity=sizes[kind],
                                    lon=None, lat=None, incident_id=None)  # fmt: skip
        if kind != "hotel":
            percent = 50 if "person" in sizes[kind] else 100
            open_places(opening_id=uuid4(), area_id=here, kind=kind, opens_on=(now - 5 * day).date(), leave_out=[],
                        limit_percent=percent, reason="有序开放", by=by, at=now)  # fmt: skip
    for kind, n in (("mall", 42), ("mall", 19), ("shop", 18)):
        count_passage(passage_id=uuid4(), place_id=made[kind].id, change=n, by=by, at=now)
    people = Presence.objects.filter(area_id=here, kind="lives", to_on=None).values_list("person_id", flat=True)[:4]
    for n, person in enumerate(people):
        begin_stay(stay_id=uuid4(), place_id=made["isolation-site"].id, capacity_class="room", person_id=person,
                   until_at=now + 3 * day, by=by, at=now - n * day)  # fmt: skip
    for n, active in enumerate((4, 2, 1, 0)):
        count_cases(day_id=uuid4(), place_id=made["hospital-ward"].id, on=(now - (3 - n) * day).date(), admitted=0,
                    discharged=(0, 2, 1, 1)[n], moved=0, died=0, active=active, by=by, at=now)  # fmt: skip
    check = open_item(kind_name="inspection", item=NewItem(uuid4(), here, "place", made["shop"].id), incident_id=None,
                      by=by, at=now)  # fmt: skip
    found = {"points": 12, "points_wrong": 1, "outcome": "fix", "fix_what": "入口没有测温"}
    make_move(note=Note(uuid4(), check, "submit", by, now, values=found), by=by, at=now)
    for n, area in enumerate(Area.objects.filter(level="committee").order_by("-outline", "id")[:5]):
        item = NewItem(uuid4(), area.id, "area", area.id)
        estate = open_item(kind_name="estate-award", item=item, incident_id=None, by=by, at=now)
        if n:
            make_move(note=Note(uuid4(), estate, "start", by, now), by=by, at=now)
    a |= {"venue": str(made["shop"].id), "site": str(made["isolation-site"].id), "ward": str(made["hospital-ward"].id)}


def screens(a: dict[str, str]) -> list[Screen]:
    """Every page there is, as the person it is for sees it."""
    boss, officer, grid = "demo-command", "demo-duty-officer", a["grid"]
    lead, own = "demo-street-lead", "demo-resident"
    return [
        Screen("sign-in", "/sign-in?as=demo-command", "", "phone"),
        Screen("day-grid", "/", grid, "phone"),
        Screen("day-command", "/", boss, "desk"),
        Screen("day-resident", "/", own, "phone"),
        Screen("why-own", "/why", own, "phone"),
        Screen("why-held", f"/why/{a['held']}", grid, "phone"),
        Screen("field", "/field/", grid, "phone"),
        Screen("field-unsent", "/field/#unsent", grid, "phone"),
        Screen("work", "/work", boss, "desk"),
        Screen("work-phone", "/work", grid, "phone"),
        Screen("work-kind", f"/work?kind={a['kind']}", lead, "desk"),
        Screen("work-kinds", "/work/kinds", boss, "desk"),
        Screen("work-spots", "/work/spots", lead, "desk"),
        Screen("work-item", f"/work/{a['item']}", grid, "phone"),
        Screen("work-item-desk", f"/work/{a['item']}", grid, "desk"),
        Screen("work-finished", f"/work/{a['finished']}", boss, "desk"),
        Screen("work-task", f"/work/{a['task']}", officer, "desk"),
        Screen("work-new", f"/work/new/door-survey?unit={a['door']}", grid, "phone"),
        Screen("work-print", f"/work/print/{a['kind']}", grid, "desk"),
        Screen("work-export", f"/work/export/{a['kind']}", lead, "desk"),
        Screen("work-export-phone", f"/work/export/{a['kind']}", grid, "phone"),
        Screen("register", "/register", boss, "desk"),
        Screen("register-area", f"/register?area={a['area']}", grid, "desk"),
        Screen("register-search", "/register?q=zhang", boss, "desk"),
        Screen("building", f"/register/building/{a['building']}?door={a['door']}", boss, "desk"),
        Screen("building-phone", f"/register/building/{a['building']}", grid, "phone"),
        Screen("household", f"/register/door/{a['door']}", grid, "phone"),
        Screen("household-masked", f"/register/door/{a['door']}", boss, "desk"),
        Screen("answers", "/register/answers", boss, "desk"),
        Screen("answers-committee", f"/register/answers?area={a['area']}", grid, "desk"),
        Screen("marks", "/register/marks", boss, "desk"),
        Screen("marks-moves", "/register/marks?sort=moves", grid, "phone"),
        Screen("marked", "/register/marks/elder-alone", lead, "desk"),
        Screen("marked-phone", "/register/marks/elder-alone", grid, "phone"),
        Screen("register-import", "/register/import", lead, "desk"),
        Screen("register-file", f"/register/import/{a['file']}", lead, "desk"),
        Screen("register-taken", f"/register/import/{a['taken']}", lead, "desk"),
        Screen("register-taken-phone", f"/register/import/{a['taken']}", lead, "phone"),
        Screen("register-names", f"/register/import/{a['unknown']}", lead, "desk"),
        Screen("sheet", "/sheet", boss, "desk"),
        Screen("sheet-figure", "/sheet?figure=register.lives", boss, "desk"),
        Screen("incidents", "/incidents", boss, "desk"),
        Screen("incident", f"/incidents/{a['incident']}", boss, "desk"),
        Screen("incident-case", f"/incidents/{a['case']}", boss, "desk"),
        Screen("measures", f"/incidents/{a['case']}/measures", boss, "desk"),
        Screen("measure", f"/measures/{a['measure']}", boss, "desk"),
        Screen("measure-new", f"/incidents/{a['case']}/measures/new", boss, "desk"),
        Screen("phases", f"/incidents/{a['incident']}/phases", boss, "desk"),
        Screen("work-order", f"/work/{a['order']}", boss, "desk"),
        Screen("zone-doors", f"/zones/{a['zone']}/doors", lead, "desk"),
        Screen("signal-new", "/signals/new", grid, "phone"),
        Screen("zone-new", f"/incidents/{a['case']}/zones/new?area={a['area']}", officer, "desk"),
        Screen("zone", f"/zones/{a['zone']}", boss, "desk"),
        Screen("zone-asked", f"/zones/{a['asked']}", boss, "desk"),
        Screen("decisions", "/decisions", boss, "desk"),
        Screen("map", "/map", boss, "desk"),
        Screen("map-area", f"/map?area={a['area']}", boss, "desk"),
        Screen("wall", "/wall", boss, "wall"),
        Screen("accounts", "/accounts", "demo-administrator", "desk"),
        Screen("accounts-phone", "/accounts", "demo-administrator", "phone"),
        Screen("account", f"/accounts/{a['account']}", "demo-administrator", "desk"),
        Screen("account-phone", f"/accounts/{a['account']}", "demo-administrator", "phone"),
        Screen("account-idle", f"/accounts/{a['idle']}", "demo-administrator", "desk"),
        Screen("account-idle-phone", f"/accounts/{a['idle']}", "demo-administrator", "phone"),
        Screen("password", "/password", grid, "phone"),
        Screen("reads", "/reads", "demo-auditor", "desk"),
        Screen("reads-phone", "/reads", "demo-auditor", "phone"),
        Screen("places", "/places", boss, "desk"),
        Screen("places-phone", f"/places?area={a['area']}", grid, "phone"),
        Screen("place-venue", f"/places/{a['venue']}", grid, "phone"),
        Screen("place-keeper", f"/places/{a['venue']}", "demo-medic", "phone"),
        Screen("place-site", f"/places/{a['site']}", "demo-medic", "phone"),
        Screen("place-admit", f"/places/{a['site']}/admit?q=zhang", "demo-medic", "phone"),
        Screen("place-ward", f"/places/{a['ward']}", "demo-medic", "phone"),
        Screen("place-new", f"/places/new?area={a['area']}&kind=isolation-site", "demo-medic", "desk"),
        Screen("places-open", f"/places/open?area={a['area']}&kind=mall", "demo-medic", "desk"),
        Screen("census", f"/places/census?area={a['area']}", boss, "desk"),
        Screen("published", "/published/estate-award", "", "phone"),
        Screen("published-desk", "/published/estate-award", "", "desk"),
    ]


def render(wanted: list[Screen]) -> Iterator[tuple[Path, list[str]]]:
    """Each page in both languages as a file, with what is wrong with it."""
    from lianfang.drill.cast import PASSWORD
    from tests.browser.serving import DESK, PHONE, WALL, chromium, console_errors, opened_by, served, sign_in

    sizes = {"phone": PHONE, "desk": DESK, "wall": WALL}
    with chromium() as browser, served() as site:
        for language, short in (("zh-hans", "zh"), ("en", "en")):
            for who in dict.fromkeys((s.account, s.size) for s in wanted):
                context = opened_by(browser, site, sizes[who[1]], language=language)
                page = context.new_page()
                if who[0]:
                    sign_in(page, who[0], PASSWORD)
                errors = console_errors(page)
                for s in (s for s in wanted if (s.account, s.size) == who):
                    errors.clear()
                    answer = page.goto(_sealed(s))
                    wrong = [] if answer is None or answer.status == 200 else [f"answered {answer.status}"]
                    if page.locator("#map").count():
                        page.locator("#map[data-ready='1'], #map [data-note]:visible").first.wait_for(state="attached")
                    page.wait_for_load_state("networkidle")
                    if page.evaluate("() => document.documentElement.scrollWidth > innerWidth + 1"):
                        wrong.append("wider than the screen")
                    file = SCREENS / f"{s.name}-{s.size}-{short}.png"
                    page.screenshot(path=file, full_page=s.size == "phone")
                    yield file, wrong + errors
                context.close()


def main(words: list[str]) -> int:
    """Render all pages, or those whose name holds one of the words."""
    prepare()
    SCREENS.mkdir(exist_ok=True)
    a = _addresses()
    _file_and_zone(a)
    _taken_file(a)
    _orders_and_measures(a)
    _bodies(a)
    _places(a)
    wanted = [s for s in screens(a) if not words or any(w in s.name for w in words)]
    bad = 0
    for file, wrong in render(wanted):
        bad += bool(wrong)
        print(file.relative_to(SCREENS.parent), *wrong, sep="  ")
    print(f"{bad} pages with something wrong" if bad else "all pages in order")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
