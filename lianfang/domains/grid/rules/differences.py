"""How a row of a later register file differs from what the register holds. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

Door = tuple[str, str, str, str]  # area, building key, unit, door
FOUND = ("door", "survey", "returnee")  # where a fact comes from that somebody saw: it outranks a file


@dataclass(frozen=True)
class Known:
    """A person of the register who may be meant: personal values open, the present door, where that fact came from."""

    id: str
    name: str
    id_number: str
    phone: str
    sex: str
    door: Door
    presence: str
    source: str


def compare(row: Mapping[str, str], door: Door, candidates: Sequence[Known]) -> tuple[str, tuple[str, ...]]:
    """The difference of one row and who may be meant: new, same, moved, changed or doubtful.

    The same id number means the same person; without one, the same name behind the same door. A fact found at the door
    outranks the file: where it says otherwise the row is doubtful, and a person decides.
    """
    if row["id_number"]:
        same = [k for k in candidates if k.id_number == row["id_number"]]
    else:
        same = [k for k in candidates if k.name == row["name"] and k.door == door]
    if len(same) > 1:
        return "doubtful", tuple(k.id for k in same)
    if not same:
        alike = [k for k in candidates if k.name == row["name"] and k.door == door]
        # One name behind one door with another number: a slip of the pen, or two people? Somebody has to look.
        doubt = tuple(k.id for k in alike if row["id_number"] and k.id_number)
        return ("doubtful", doubt) if doubt else ("new", ())
    known = same[0]
    if known.name != row["name"]:
        return "doubtful", (known.id,)
    if known.door != door or (known.presence == "away") != (row["presence"] == "away"):
        return ("doubtful" if known.source in FOUND else "moved"), (known.id,)
    if (row["phone"] and row["phone"] != known.phone) or (row["sex"] and known.sex and row["sex"] != known.sex):
        return "changed", (known.id,)
    return "same", (known.id,)


def is_meant(row: Mapping[str, str], known: Known) -> bool:
    """Whether the register's person is beyond doubt the row's: by id number, or by name where one has no number."""
    if row["id_number"] and known.id_number:
        return row["id_number"] == known.id_number
    return row["name"] == known.name


def elsewhere(door: Door, row: Mapping[str, str], candidates: Sequence[Known]) -> list[Door]:
    """Doors of the same building, unit and number in another area where the row's person is on the register."""
    return [k.door for k in candidates if k.door[1:] == door[1:] and k.door[0] != door[0] and is_meant(row, k)]


def doors_under_another_area(
    rows: Sequence[Mapping[str, str]],
    doors: Sequence[Door],
    candidates: Sequence[Sequence[Known]],
    *,
    on_register: Collection[Door],
    beside: Mapping[str, Collection[str]],
) -> dict[Door, Door]:
    """Doors that a file names in one area and the register holds in the one beside it: file's door, register's door.

    This is what a village that split looks like. Told by the people behind the door; never where the register has a
    door of that name in the named area, or the file itself still names the door in the old one.
    """
    named = set(doors)
    votes: Counter[tuple[Door, Door]] = Counter()
    for row, door, known in zip(rows, doors, candidates, strict=True):
        if door not in on_register:
            votes.update((door, was) for was in elsewhere(door, row, known) if was[0] in beside.get(door[0], ()))
    out: dict[Door, Door] = {}
    taken: set[Door] = set()
    for (door, was), _ in sorted(votes.items(), key=lambda v: (-v[1], v[0])):
        if was not in named and door not in out and was not in taken:
            out[door] = was
            taken.add(was)
    return out
