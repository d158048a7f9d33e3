"""A town with a secret in everything that is personal: in two committees of a district, and at the neighbour's."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4, uuid5

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from lianfang.base.actor import Actor
from lianfang.base.envelopes import EnvelopeIn, keep_envelopes
from lianfang.base.service import Outcome, canonical
from lianfang.domains.accounts.queries import actor_for
from lianfang.domains.devices.queries import codes_shown
from lianfang.domains.devices.services import ask_binding, begin_vouching
from lianfang.domains.grid.planning.register_file import read_register
from lianfang.domains.grid.services import RegisterBatch, keep_file, load_register
from lianfang.domains.holds.models import Hold
from lianfang.domains.incidents.models import Incident
from lianfang.domains.incidents.services import draft_zone, report_signal
from lianfang.domains.messages.services import Writing, write_messages
from lianfang.domains.privacy.queries import sealed
from lianfang.domains.tracing.services import NewVenue, NewVisit, import_visits, register_venues
from lianfang.domains.watch.services import CheckNote, NewCase, note_checks, open_watch_cases
from lianfang.domains.work.services import NewItem, Note, ask_transfer, make_moves, open_items
from lianfang.flows.appeals import appeal
from lianfang.flows.open_incident import open_incident
from lianfang.flows.zones import ask_for_zone, decide_zone
from tests.factories.place import SPACE, Place, small_place
from tests.factories.programs import Caller
from tests.matrix.marks import Mark, marks_of_person, name_of, number_of, phone_of, word
from tests.matrix.people import SIDES, Post, posts_of

DISTRICT = {"A1": "inside", "A2": "inside", "B1": "neighbour"}
PEOPLE = 3


@dataclass
class Side:
    """Ids of what lies in one marked committee."""

    area_id: UUID
    building: UUID
    household: UUID
    people: list[UUID]
    incident: Incident | None = None
    ids: dict[str, UUID] = field(default_factory=dict)


@dataclass
class Marked:
    """The town: who stands where, what lies in each committee, all marks."""

    place: Place
    at: datetime
    posts: dict[str, Post] = field(default_factory=dict)
    sides: dict[str, Side] = field(default_factory=dict)
    marks: list[Mark] = field(default_factory=list)
    programs: dict[str, Caller] = field(default_factory=dict)

    def actor(self, name: str, at: datetime | None = None) -> Actor:
        """The actor a post is."""
        return actor_for(self.posts[name].account, at=at or self.at)

    def mark(self, side: str, sort: str, person: UUID | None = None, told: tuple[str, ...] = ()) -> str:
        """A fresh secret of a committee, remembered."""
        text = word(side, sort)
        self.marks.append(Mark(text, side, sort, person, frozenset(told)))
        return text


def marked_town(*, at: datetime) -> Marked:
    """Build it all."""
    place = small_place(at=at - timedelta(days=1))
    t = Marked(place, at)
    for side, where in SIDES.items():
        t.sides[side] = _people(t, side, place.area[where])
    residents = {where: t.sides[s].people[0] for s, where in SIDES.items()}
    t.posts = {p.name: p for p in posts_of(place, residents, at=at - timedelta(days=1))}
    for district in ("inside", "neighbour"):
        _outbreak(t, district)
    for side in SIDES:
        for fill in (_zone, _tasks, _watch, _file, _phone, _message, _visit):
            fill(t, side)
    return t


def _people(t: Marked, side: str, area_id: UUID) -> Side:
    """A building with one door and three marked people; the first of them has an account."""
    b = RegisterBatch()
    building, door = uuid5(SPACE, f"mb {side}"), uuid5(SPACE, f"mh {side}")
    b.building_id, b.building_area, b.building_name = [str(building)], [str(area_id)], [f"号楼 {side}"]
    b.building_kind, b.building_lonlat = ["dwelling"], [(113.61, 24.81)]
    b.household_id, b.household_building, b.household_unit = [str(door)], [0], ["1"]
    b.household_floor, b.household_door, b.household_collective = [1], ["101"], [False]
    people = [uuid5(SPACE, f"mp {side} {n}") for n in range(PEOPLE)]
    told = {0: f"resident-{_stand(side)}", 2: f"volunteer-{_stand(side)}"}
    for n, person in enumerate(people):
        b.person_id.append(person)
        b.person_household.append(0)
        b.person_sex.append("f")
        b.person_birth.append("1950-02-03")
        b.person_name.append(name_of(side, n))
        b.person_id_number.append(number_of(side, n))
        b.person_phone.append(phone_of(side, n))
        b.person_presence.append("lives")
        b.flags.append((n, "elder-alone"))
        t.marks += marks_of_person(side, n, person, frozenset({told[n]} if n in told else ()))
    load_register(area_id=area_id, batch=b, on=date(2026, 1, 1), by=t.place.system, at=t.at)
    return Side(area_id, building, door, people)


def _stand(side: str) -> str:
    return {"A1": "inside", "A2": "beside", "B1": "neighbour"}[side]


def _outbreak(t: Marked, district: str) -> None:
    """An open incident of a district, from a signal of its first marked committee."""
    inside = [s for s, d in DISTRICT.items() if d == district]
    side, by = t.sides[inside[0]], t.place.system
    signal = report_signal(signal_id=uuid4(), kind="case", case_class="confirmed", edition_code="cn-covid-8",
                           area_id=side.area_id, building_id=side.building, count=1, source="lab", found_at=t.at,
                           by=by, at=t.at)  # fmt: skip
    incident = open_incident(incident_id=uuid4(), signal_id=signal.id, area_id=t.posts[f"command-{district}"].area_id,
                             is_drill=False, by=by, at=t.at)  # fmt: skip
    for s in inside:
        t.sides[s].incident = incident
        t.sides[s].ids["incident"], t.sides[s].ids["signal"] = incident.id, signal.id


def _zone(t: Marked, side: str) -> None:
    """A zone in force over the marked building, and an appeal of the first person in its own words."""
    s, ids = t.sides[side], t.sides[side].ids
    asks, grants = (t.actor(f"{r}-{DISTRICT[side]}") for r in ("county-officer", "command"))
    zone = draft_zone(version_id=uuid4(), zone_id=uuid4(), incident_id=ids["incident"], area_id=s.area_id,
                      name=f"区 {side}", kind="sealed", building_ids=[s.building], why="a case lives there",
                      is_proposed=False, by=asks, at=t.at)  # fmt: skip
    asked = ask_for_zone(decision_id=uuid4(), version_id=zone.id, reason="r", by=asks, at=t.at)
    decide_zone(decision_id=asked.id, says="grant", reason="", paper_number="1", by=grants, at=t.at)
    hold = Hold.objects.get(source_id=zone.id)
    resident = t.actor(f"resident-{_stand(side)}")
    told = appeal(decision_id=uuid4(), hold_id=hold.id, person_id=s.people[0],
                  says=t.mark(side, "appeal", s.people[0]), by=resident, at=t.at)  # fmt: skip
    ids |= {"zone": zone.id, "hold": hold.id, "decision": told.id}


def _tasks(t: Marked, side: str) -> None:
    """A survey of the door that nobody owns, and a check on the third person with sealed words: a volunteer's."""
    s, ids = t.sides[side], t.sides[side].ids
    volunteer = t.posts[f"volunteer-{_stand(side)}"]
    due = t.at + timedelta(hours=2)
    survey = NewItem(uuid4(), s.area_id, "household", s.household, t.mark(side, "title"), due_at=due)
    call = NewItem(uuid4(), s.area_id, "person", s.people[2], owner_id=volunteer.account.id, due_at=due)
    mine = NewItem(uuid4(), s.area_id, "person", s.people[2], owner_id=volunteer.account.id, due_at=due)
    asked = NewItem(uuid4(), s.area_id, "person", s.people[2], owner_id=volunteer.account.id, due_at=due)
    for kind, item in (("door-survey", survey), *(("returnee-check", x) for x in (call, mine, asked))):
        open_items(kind_name=kind, items=[item], area_id=s.area_id, incident_id=ids["incident"], by=t.place.system,
                   at=t.at)  # fmt: skip
    values = {"came_from": t.mark(side, "task", s.people[2], (volunteer.name,)), "arrived_on": t.at.date().isoformat(),
              "temperature": 36.5, "signs": False, "advice": "home"}  # fmt: skip
    done = make_moves(notes=[Note(uuid4(), call.id, "finish", t.place.system, t.at, values=values)],
                      by=t.place.system, at=t.at)  # fmt: skip
    assert done[0].code == "", done
    transfer = ask_transfer(transfer_id=uuid4(), item_id=asked.id, by=t.place.system, at=t.at)
    ids |= {"item": survey.id, "call_item": call.id, "own_item": mine.id, "transfer": transfer.id}


def _watch(t: Marked, side: str) -> None:
    """The second person is watched, and was checked with words."""
    s, ids = t.sides[side], t.sides[side].ids
    case = NewCase(uuid4(), s.people[1], s.area_id, "contact-close", t.at.date(), 14, 2, t.at + timedelta(days=14))
    open_watch_cases(incident_id=ids["incident"], edition="cn-covid-8", cases=[case], by=t.place.system, at=t.at)
    note = CheckNote(uuid4(), case.id, t.place.system, t.at, 38.2, True, t.mark(side, "check", s.people[1]))
    assert note_checks(notes=[note], by=t.place.system, at=t.at)[0].code == ""
    ids["case"] = case.id


def _file(t: Marked, side: str) -> None:
    """A register file with somebody who is on no list yet."""
    s = t.sides[side]
    who = t.mark(side, "file")
    text = f"姓名,身份证号,电话,住址\n{who},44020319800102011{len(t.marks) % 10},13900000001,9-1-101\n"
    reading = read_register(text.encode(), "a.csv", default_year=2026, allow_invented=True)
    file = keep_file(file_id=uuid4(), area_id=s.area_id, file_name="a.csv", digest=side * 4, reading=reading,
                     by=t.place.system, at=t.at)  # fmt: skip
    s.ids["file"] = file.id


def _phone(t: Marked, side: str) -> None:
    """A phone that asks to be taken in, under its holder's name; and what it sent under doubt."""
    s, by = t.sides[side], t.place.system
    vouching = begin_vouching(vouching_id=uuid4(), area_id=s.area_id, role="volunteer", scope_kind="mission",
                              scope_id=None, title="敲门队", until_at=t.at + timedelta(hours=4), grace_minutes=120,
                              by=by, at=t.at)  # fmt: skip
    key = generate_private_key(SECP256R1()).public_key()
    public = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    device = ask_binding(device_id=uuid4(), code=codes_shown(vouching, at=t.at)[1], name=t.mark(side, "holder"),
                         public_key=public, by=by, at=t.at)  # fmt: skip
    sender = t.posts[f"volunteer-{_stand(side)}"]
    said = t.mark(side, "envelope", None, (sender.name,))
    e = EnvelopeIn(uuid4(), "work.note", t.at, 1, sender.account.id,
                   {"item": str(s.ids["item"]), "move": "finish", "values": {"note": said}})  # fmt: skip
    bodies = sealed([(e.id, {"body": e.body})], retention="plea")
    keep_envelopes(device_id=device.id, envelopes=[e], outcomes={e.id: Outcome(e.id, "devices.signature_wrong")},
                   bodies=bodies, clock_off=timedelta(), by=by, at=t.at, doubted={e.id})  # fmt: skip
    assert canonical(e.body)
    s.ids |= {"vouching": vouching.id, "device": device.id, "envelope": e.id}


def _message(t: Marked, side: str) -> None:
    """A message to the grid worker of the committee."""
    s, to = t.sides[side], t.posts[f"grid-worker-{_stand(side)}"]
    values: dict[str, Any] = {}
    text = t.mark(side, "message", None, (to.name,))
    template, blanks = TEMPLATE
    values |= dict.fromkeys(blanks, text)
    made = Writing(uuid4(), "account", to.account.id, values, area_id=s.area_id)
    write_messages(writings=[made], edition="cn-covid-8", template=template, incident_id=s.ids["incident"],
                   by=t.place.system, at=t.at)  # fmt: skip
    s.ids["message"] = made.id


TEMPLATE = ("checklist-owner", ("incident", "task", "due", "left"))


def _visit(t: Marked, side: str) -> None:
    """Two people met in a marked venue."""
    s, by = t.sides[side], t.place.system
    venue = NewVenue(uuid4(), t.mark(side, "venue"), s.area_id)
    register_venues(venues=[venue], area_id=s.area_id, incident_id=s.ids["incident"], by=by, at=t.at)
    visits = [NewVisit(uuid4(), p, venue.id, t.at - timedelta(hours=30), t.at - timedelta(hours=28))
              for p in s.people[:2]]  # fmt: skip
    import_visits(batch_id=uuid4(), incident_id=s.ids["incident"], source="scan", digest="", area_id=s.area_id,
                  visits=visits, by=by, at=t.at)  # fmt: skip
    s.ids["venue"] = venue.id
