"""How a row of a later register file differs from what the register holds. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Known:
    """A person of the register who may be meant: personal values open, the present door, where that fact came from."""

    id: str
    name: str
    id_number: str
    phone: str
    sex: str
    door: tuple[str, str, str]  # building key, unit, door
    presence: str
    source: str


def compare(row: Mapping[str, str], door: tuple[str, str, str], candidates: Sequence[Known]) -> tuple[str, str]:
    """The difference of one row and the id of the person meant ("" if none): new, same, moved, changed or doubtful.

    The same id number means the same person; without one, the same name behind the same door. A fact found at the door
    outranks the file: where it says otherwise the row is doubtful, and a person decides.
    """
    if row["id_number"]:
        same = [k for k in candidates if k.id_number == row["id_number"]]
    else:
        same = [k for k in candidates if k.name == row["name"] and k.door == door]
    if len(same) > 1:
        return "doubtful", ""
    if not same:
        alike = [k for k in candidates if k.name == row["name"] and k.door == door]
        # One name behind one door with another number: a slip of the pen, or two people? Somebody has to look.
        return ("doubtful", alike[0].id) if alike and row["id_number"] and alike[0].id_number else ("new", "")
    known = same[0]
    if known.name != row["name"]:
        return "doubtful", known.id
    if known.door != door or (known.presence == "away") != (row["presence"] == "away"):
        return ("doubtful" if known.source == "door" else "moved"), known.id
    if (row["phone"] and row["phone"] != known.phone) or (row["sex"] and known.sex and row["sex"] != known.sex):
        return "changed", known.id
    return "same", known.id
