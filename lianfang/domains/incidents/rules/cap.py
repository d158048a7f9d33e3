"""Reading an alert of the Common Alerting Protocol (OASIS, 1.1 and 1.2). The file is a stranger's and may be hostile.

No document type and no entity is taken, so nothing can grow or be fetched; size, depth and counts have limits.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from xml.parsers import expat

SPACES = tuple(f"urn:oasis:names:tc:emergency:cap:{v}" for v in ("1.2", "1.1"))
MOST_BYTES = 2_000_000
MOST_ELEMENTS = 50_000
MOST_DEPTH = 12  # an alert is five deep; a signature a few more
MOST_TEXT = 200_000  # of one element: a polygon of a coast
MOST_INFOS, MOST_AREAS, MOST_POINTS = 60, 4_000, 60_000
KINDS = ("Alert", "Update", "Cancel", "Ack", "Error")
SEVERITIES = ("Extreme", "Severe", "Moderate", "Minor", "Unknown")

Point = tuple[float, float]  # longitude, latitude


class AlertUnfit(ValueError):
    """The file cannot be taken as an alert: at which element, and what would mend it."""

    def __init__(self, element: str, fix: str) -> None:
        super().__init__(f"{element}: {fix}")
        self.element, self.fix = element, fix


@dataclass
class Node:
    """An element of the alert's own namespace with its text and children."""

    name: str
    text: str = ""
    children: list[Node] = field(default_factory=list)

    def all(self, name: str) -> list[Node]:
        """Its children of a name."""
        return [c for c in self.children if c.name == name]

    def said(self, name: str) -> str:
        """The text of its first child of a name; empty without one."""
        return next((c.text.strip() for c in self.children if c.name == name), "")


@dataclass(frozen=True)
class AlertArea:
    """Where an alert holds: in words, by codes, by outlines."""

    words: str
    codes: tuple[tuple[str, str], ...] = ()
    polygons: tuple[tuple[Point, ...], ...] = ()
    circles: tuple[tuple[Point, float], ...] = ()  # centre, radius in km


@dataclass(frozen=True)
class Info:
    """What an alert says in one language about one event."""

    language: str
    event: str
    severity: str
    headline: str
    description: str
    instruction: str
    codes: tuple[str, ...]
    parameters: tuple[str, ...]
    begins_at: datetime | None
    expires_at: datetime | None
    areas: tuple[AlertArea, ...]


@dataclass(frozen=True)
class Alert:
    """An alert, an update or a cancellation, and the ones before it that it names: (sender, identifier)."""

    identifier: str
    sender: str
    sent_at: datetime
    status: str
    kind: str
    references: tuple[tuple[str, str], ...]
    infos: tuple[Info, ...]


def read_alert(data: bytes) -> Alert:
    """The alert in a file. Raises AlertUnfit naming element and fix."""
    if len(data) > MOST_BYTES:
        raise AlertUnfit("alert", f"a file of at most {MOST_BYTES // 1_000_000} MB")
    return _alert(_Reader().read(data))


class _Reader:
    """Builds the tree of one namespace; elements of others (a signature) are passed over, and still counted."""

    def __init__(self) -> None:
        self.root: Node | None = None
        self.path: list[Node | None] = []
        self.elements = 0
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.StartElementHandler = self._begin
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.parser.EntityDeclHandler = self._refuse
        self.parser.ExternalEntityRefHandler = self._refuse
        self.parser.UnparsedEntityDeclHandler = self._refuse

    def read(self, data: bytes) -> Node:
        try:
            self.parser.Parse(data, True)
        except AlertUnfit:
            raise
        except (ValueError, LookupError) as e:  # what the reader says of encodings it does not know
            raise AlertUnfit("encoding", "UTF-8") from e
        except expat.ExpatError as e:
            fix = "a well-formed XML file in UTF-8"
            raise AlertUnfit(f"line {e.lineno}", f"{fix} ({expat.ErrorString(e.code)})") from e
        if self.root is None:
            raise AlertUnfit("alert", "an alert of the Common Alerting Protocol, 1.1 or 1.2")
        return self.root

    def _refuse(self, *_: object) -> int:
        raise AlertUnfit("DOCTYPE", "a file without document type and entities")

    def _begin(self, name: str, _: object) -> None:
        self.elements += 1
        if self.elements > MOST_ELEMENTS or len(self.path) >= MOST_DEPTH:
            raise AlertUnfit("alert", f"at most {MOST_ELEMENTS} elements, {MOST_DEPTH} deep")
        space, _, local = name.rpartition(" ")
        if not self.path and (space not in SPACES or local != "alert"):
            raise AlertUnfit(local[:60] or "alert", f"alert in the namespace {SPACES[0]}")
        node = Node(local) if space in SPACES else None
        above = self.path[-1] if self.path else None
        if not self.path:
            self.root = node
        elif node is not None and above is not None:
            above.children.append(node)
        self.path.append(node)

    def _end(self, _: str) -> None:
        self.path.pop()

    def _text(self, text: str) -> None:
        node = self.path[-1]
        if node is None:
            return
        if len(node.text) + len(text) > MOST_TEXT:
            raise AlertUnfit(node.name, "a shorter text")
        node.text += text


def _needed(node: Node, name: str) -> str:
    found = node.said(name)
    if not found:
        raise AlertUnfit(name, f"this element with a text, inside {node.name}")
    if len(found) > 500:
        raise AlertUnfit(name, "at most 500 characters")
    return found


def _one_of(node: Node, name: str, choices: Sequence[str]) -> str:
    found = _needed(node, name)
    if found not in choices:
        raise AlertUnfit(name, "one of " + " ".join(choices))
    return found


def _moment(node: Node, name: str) -> datetime | None:
    text = node.said(name)
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError as e:
        raise AlertUnfit(name, "a time with its zone, as 2022-03-16T07:30:00+08:00") from e
    if found.tzinfo is None:
        raise AlertUnfit(name, "a time with its zone, as 2022-03-16T07:30:00+08:00")
    return found


def _alert(root: Node) -> Alert:
    sent = _moment(root, "sent")
    if sent is None:
        raise AlertUnfit("sent", "the time at which the alert was sent")
    kind = _one_of(root, "msgType", KINDS)
    _one_of(root, "scope", ("Public", "Restricted", "Private"))
    infos = root.all("info")
    if len(infos) > MOST_INFOS:
        raise AlertUnfit("info", f"at most {MOST_INFOS} of them")
    if not infos and kind in ("Alert", "Update"):
        raise AlertUnfit("info", "what the alert says, at least once")
    counts = sum(len(i.all("area")) for i in infos)
    if counts > MOST_AREAS:
        raise AlertUnfit("area", f"at most {MOST_AREAS} of them")
    return Alert(
        identifier=_needed(root, "identifier"),
        sender=_needed(root, "sender"),
        sent_at=sent,
        status=_needed(root, "status"),
        kind=kind,
        references=_references(root.said("references")),
        infos=tuple(_info(i) for i in infos),
    )


def _references(text: str) -> tuple[tuple[str, str], ...]:
    """Sender, identifier and time of each, with commas; white space between them."""
    out = []
    for one in text.split():
        parts = one.split(",")
        if len(parts) != 3 or not parts[0] or not parts[1]:
            raise AlertUnfit("references", "sender,identifier,sent of each alert before")
        out.append((parts[0], parts[1]))
    return tuple(out)


def _info(node: Node) -> Info:
    for name in ("urgency", "certainty"):
        _needed(node, name)
    begins = _moment(node, "onset") or _moment(node, "effective")
    ends = _moment(node, "expires")
    if begins and ends and ends <= begins:
        raise AlertUnfit("expires", "a time after onset")
    return Info(
        language=node.said("language") or "en-US",
        event=_needed(node, "event"),
        severity=_one_of(node, "severity", SEVERITIES),
        headline=node.said("headline")[:500],
        description=node.said("description")[:4000],
        instruction=node.said("instruction")[:4000],
        codes=tuple(value for _, value in _pairs(node, "eventCode")),
        parameters=tuple(value for _, value in _pairs(node, "parameter")),
        begins_at=begins,
        expires_at=ends,
        areas=tuple(_area(a) for a in node.all("area")),
    )


def _pairs(node: Node, name: str) -> list[tuple[str, str]]:
    return [(n.said("valueName"), n.said("value")) for n in node.all(name)]


def _area(node: Node) -> AlertArea:
    return AlertArea(
        words=_needed(node, "areaDesc"),
        codes=tuple(_pairs(node, "geocode")),
        polygons=tuple(_polygon(n.text) for n in node.all("polygon")),
        circles=tuple(_circle(n.text) for n in node.all("circle")),
    )


NUMBER = re.compile(r"^-?\d{1,3}(\.\d{1,12})?$")


def _point(text: str, element: str) -> Point:
    """Latitude and longitude, in this order, in WGS 84."""
    parts = text.split(",")
    if len(parts) != 2 or not all(NUMBER.match(p) for p in parts):
        raise AlertUnfit(element, "points as latitude,longitude with spaces between them")
    lat, lon = float(parts[0]), float(parts[1])
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
        raise AlertUnfit(element, "latitudes of -90 to 90 and longitudes of -180 to 180")
    return lon, lat


def _polygon(text: str) -> tuple[Point, ...]:
    points = text.split()
    if not 4 <= len(points) <= MOST_POINTS:
        raise AlertUnfit("polygon", f"4 to {MOST_POINTS} points")
    ring = tuple(_point(p, "polygon") for p in points)
    if ring[0] != ring[-1]:
        raise AlertUnfit("polygon", "the first point again as the last")
    return ring


def _circle(text: str) -> tuple[Point, float]:
    parts = text.split()
    if len(parts) != 2:
        raise AlertUnfit("circle", "latitude,longitude and a radius in kilometres")
    try:
        radius = float(parts[1])
    except ValueError as e:
        raise AlertUnfit("circle", "a radius in kilometres") from e
    if not 0 <= radius <= 2000:
        raise AlertUnfit("circle", "a radius of 0 to 2,000 km")
    return _point(parts[0], "circle"), radius
