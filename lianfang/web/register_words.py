"""Words of the register: marks people carry, how they are there, and what is wrong in a row of a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext, gettext_noop

from lianfang.web.incident_words import flag_entries
from lianfang.web.messages import in_words
from lianfang.web.words import said

PRESENCES = {
    "lives": gettext_noop("lives here"),
    "registered": gettext_noop("registered here"),
    "works": gettext_noop("works here"),
    "stays": gettext_noop("stays for now"),
    "away": gettext_noop("away"),
}
# What a roster may count, one present stay a person: after a number, as a heading, and in a sentence.
COUNTED = {
    "lives": (gettext_noop("living here"), gettext_noop("Living here"),
              gettext_noop("Counts who lives here now; who only is registered, works or stays here is not in it.")),
    "registered": (gettext_noop("registered here"), gettext_noop("Registered here"),
                   gettext_noop("Counts who is registered here, wherever they live.")),
    "stays": (gettext_noop("staying here for now"), gettext_noop("Staying for now"),
              gettext_noop("Counts who stays here for now and lives elsewhere.")),
    "works": (gettext_noop("working here"), gettext_noop("Working here"),
              gettext_noop("Counts who works here; who lives here is counted only if they work here too.")),
}  # fmt: skip
SOURCES = {
    "register": gettext_noop("from a file"),
    "door": gettext_noop("found at the door"),
    "survey": gettext_noop("found in a survey"),
    "returnee": gettext_noop("reported on return"),
}
ENTERABLE = ("lives", "stays", "away")
SEXES = ("m", "f")
DIFFERENCES = {
    "new": gettext_noop("new"),
    "moved": gettext_noop("moved"),
    "changed": gettext_noop("changed"),
    "doubtful": gettext_noop("doubtful"),
    "gone": gettext_noop("not in the file"),
    "area": gettext_noop("under another area"),
    "same": gettext_noop("the same"),
}
# What happens with each when the file is taken, said before the button is pressed.
FATES = {
    "new": gettext_noop("They are entered on the register."),
    "moved": gettext_noop("They move to the door of the file; the earlier stay keeps its dates."),
    "changed": gettext_noop("Phone, name or sex is corrected."),
    "doubtful": gettext_noop("Nothing happens by itself: somebody says who is meant, or leaves it."),
    "gone": gettext_noop("Nobody is deleted: they stay until somebody says that they left, and why."),
    "area": gettext_noop("These doors go to the area that the file names; who lived where until now is kept."),
    "same": gettext_noop("Nothing changes."),
}
TICKED = ("area", "new", "moved", "changed")
COLUMNS = {
    "name": gettext_noop("Name"),
    "id_number": gettext_noop("Id number"),
    "sex": gettext_noop("Sex"),
    "birth": gettext_noop("Birth date"),
    "phone": gettext_noop("Phone"),
    "committee": gettext_noop("Community"),
    "address": gettext_noop("Address"),
    "building": gettext_noop("Building"),
    "door": gettext_noop("Door"),
}
PROBLEMS = {
    "name_missing": (gettext_noop("no name"), gettext_noop("Write the name, or delete the row.")),
    "id_shape": (gettext_noop("id number of a wrong shape"), gettext_noop("Type 18 characters as text: %(why)s.")),
    "id_checksum": (gettext_noop("the last digit does not fit"), gettext_noop("One digit is off: compare the card.")),
    "id_birth": (gettext_noop("no such birth date in the number"), gettext_noop("Compare with the card.")),
    "id_twice": (gettext_noop("stands twice"), gettext_noop("Keep one of the rows %(rows)s.")),
    "birth_unreadable": (gettext_noop("date cannot be read"), gettext_noop("Write it as 1953-04-02. %(from_id)s")),
    "birth_differs": (gettext_noop("differs from the id number"), gettext_noop("The id number says %(from_id)s.")),
    "sex_unknown": (gettext_noop("sex cannot be read"), gettext_noop("Write 男 or 女.")),
    "sex_differs": (gettext_noop("differs from the id number"), gettext_noop("The id number says %(from_id)s.")),
    "phone_shape": (gettext_noop("not a phone number"), gettext_noop("Write 11 digits, or leave it empty.")),
    "address_unreadable": (gettext_noop("address cannot be read"), gettext_noop("Write building-unit-door: 3-2-501.")),
    "area_unknown": (gettext_noop("no such community here"),
                     gettext_noop("Say above which area is meant, or write the name as the area list has it.")),
    "area_beside": (gettext_noop("stands beside this area, not in it"),
                    gettext_noop("Say above which area is meant, or bring the file in for the area above.")),
    "header_missing": (gettext_noop("no heading row"), gettext_noop("Put headings (姓名 …) above the people.")),
    "empty": (gettext_noop("no people in it"), gettext_noop("Choose the sheet with the people.")),
}  # fmt: skip
WHYS = {
    "length": gettext_noop("it is shorter or longer"),
    "letters": gettext_noop("it holds letters"),
    "area": gettext_noop("its first digits are no area"),
    "rounded": gettext_noop("the sheet rounded its last digits"),
    "invented": gettext_noop("it is an invented number"),
    "male": gettext_noop("man"),
    "female": gettext_noop("woman"),
}


def presence_words(kind: str) -> str:
    """How a person is there."""
    return gettext(PRESENCES[kind]) if kind in PRESENCES else kind


def flag_choices(held: list[str]) -> list[dict[str, Any]]:
    """Every mark with its words and whether somebody carries it."""
    return [{"name": f["name"], "words": said(f["words"]), "is_held": f["name"] in held} for f in flag_entries()]


def counted_shown(name: str) -> dict[str, str]:
    """Which presence a roster counts, in words; for an unknown name, who lives there."""
    name = name if name in COUNTED else "lives"
    words, head, says = (gettext(w) for w in COUNTED[name])
    query = "" if name == "lives" else f"&presence={name}"
    return {"name": name, "words": words, "head": head, "says": says, "query": query}


def fate_words(name: str) -> str:
    """What happens with rows of one difference."""
    return gettext(FATES[name])


def source_words(source: str) -> str:
    """Where a fact comes from."""
    return gettext(SOURCES[source]) if source in SOURCES else source


def difference_words(name: str) -> str:
    """How a row differs from the register."""
    return gettext(DIFFERENCES.get(name, "the same"))


def problem_shown(problem: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong in a cell: the column, the value as typed, what is wrong, and the fix."""
    what, fix = PROBLEMS.get(problem["code"], (problem["code"], ""))
    given = problem.get("fix") or {}
    blanks = {k: gettext(WHYS[str(v)]) if str(v) in WHYS else in_words(v) for k, v in given.items()}
    filled = {"why": "", "rows": "", "from_id": "", **blanks}
    column = COLUMNS.get(problem["column"], problem["column"])
    return {
        "column": gettext(column) if column else "",
        "value": str(problem.get("value", "")),
        "what": gettext(what),
        "fix": gettext(fix) % filled if fix else "",
    }
