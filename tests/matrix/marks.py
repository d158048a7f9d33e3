"""Secret marks: words that stand nowhere else, one set a committee, so that a leak says where it came from."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from html import unescape
from io import BytesIO
from urllib.parse import unquote
from uuid import UUID
from zipfile import ZipFile, is_zipfile

from django.http import HttpResponse

from tests.matrix.people import Post

# Rare characters: no word of a page holds them. The surname tells the committee, the last one the person.
SURNAMES = {"A1": "麤", "A2": "龘", "B1": "靐"}
LAST = "齉爨饢"
DIGITS = {"A1": "1", "A2": "2", "B1": "3"}
NAMES = ("grid.read", "watch.read", "watch.check", "tracing.read", "sampling.scan", "rounds.end")
# Who may meet what, by any right of these in the area: the widest that a reader of the catalogue would grant.
MAY = {
    "whole": ("grid.read_full",),
    "masked": NAMES,
    "task": ("work.lead",),  # sealed words
    "title": ("work.read",),
    "check": ("watch.read", "watch.check"),
    "file": ("grid.import",),
    "holder": ("devices.vouch",),
    "envelope": ("devices.vouch",),
    "appeal": ("holds.free",),
    "venue": ("tracing.read",),
    "message": (),
    "fitness": (),  # why somebody is fit or not: shown to nobody
    "responder": ("responders.write",),
    "evidence": ("responders.write",),
    "plea": ("needs.take",),
    "worry": ("needs.take",),
    "counsel": ("needs.counsel",),  # of a private kind: whoever leads the work of the area sees nothing of it
    "dispute": ("needs.mediate_lead",),
    "stranded": ("work.lead",),
    "pupils": ("work.lead",),
    "plan": ("work.lead",),  # what its items take along, sealed as theirs
    "release": ("decisions.decide",),
    "plate": ("dispatch.read",),
    "ride": ("dispatch.plan",),  # why somebody is moved
    "convoy": ("decisions.decide", "gates.check"),  # what it carries, for the gate that lets it through
    "permit": ("decisions.decide",),  # why somebody must go out
    "teamlog": ("responders.write", "responders.read"),
}


@dataclass(frozen=True)
class Mark:
    """One secret: its text, the committee it is of, what sort it is, and whom it is about or told."""

    text: str
    side: str
    sort: str
    person_id: UUID | None = None
    told: frozenset[str] = field(default=frozenset())  # posts to whom it was told, or who hold a purpose

    def is_open_to(self, post: Post | None) -> bool:
        """Whether a post may see it: the oracle. By right and area, by purpose, or because it is the person's own."""
        if post is None:
            return False
        if post.name in self.told or (self.person_id is not None and post.person_id == self.person_id):
            return True
        return self.side in post.sides and bool(post.rights & set(MAY[self.sort]))


def word(side: str, sort: str) -> str:
    """Free words that hold a mark."""
    return f"zq{side}{sort}qz"


def name_of(side: str, n: int) -> str:
    """The name of the n-th marked person of a committee."""
    return f"{SURNAMES[side]}国{LAST[n]}"


def phone_of(side: str, n: int) -> str:
    """A phone number of nobody else."""
    return f"1557{DIGITS[side]}06{DIGITS[side]}84{n}"


def number_of(side: str, n: int) -> str:
    """An ID number of nobody else."""
    return f"99999919500203{DIGITS[side]}74{n}"


def marks_of_person(side: str, n: int, person_id: UUID, told: frozenset[str] = frozenset()) -> list[Mark]:
    """A person's whole name, phone and number, and each as it is masked."""
    name, phone, number = name_of(side, n), phone_of(side, n), number_of(side, n)
    whole = [Mark(t, side, "whole", person_id, told) for t in (name, phone, number)]
    hidden = (f"{name[0]}*{name[-1]}", f"…{phone[-4:]}", f"…{number[-4:]}")
    return whole + [Mark(t, side, "masked", person_id, told) for t in hidden]


ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")


def said_by(answer: HttpResponse) -> str:
    """All that an answer says: headers, body, files within it unzipped; marks of markup, JSON and addresses undone."""
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]  # a stream has it
    parts = [body]
    if is_zipfile(BytesIO(body)):
        with ZipFile(BytesIO(body)) as z:
            parts += [z.read(n) for n in z.namelist()]
    text = "\n".join(p.decode("utf-8", "replace") for p in parts)
    heads = "\n".join(f"{k}: {v}" for k, v in answer.headers.items())
    cookies = "\n".join(c.value for c in answer.cookies.values())
    plain = unescape(unquote(f"{heads}\n{cookies}\n{text}"))
    return ESCAPED.sub(lambda m: chr(int(m.group(1), 16)), plain)


def leaked(said: str, marks: Iterable[Mark], post: Post | None, asked: str = "") -> list[Mark]:
    """Marks in a text that the reader may not see; what the reader had asked with is no news."""
    return [m for m in marks if m.text in said and m.text not in asked and not m.is_open_to(post)]
