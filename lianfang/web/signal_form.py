"""The form that reports a signal: edition, class, place, time and source; checked for shape, judged by the service."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext

from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import visible_areas
from lianfang.domains.areas.models import Area
from lianfang.domains.areas.queries import areas_matching, paths_of
from lianfang.domains.editions.models import Edition
from lianfang.domains.grid.queries import buildings_matching
from lianfang.web.words import LOCAL, named, said, typed_moment


class SignalForm:
    """What was typed, what is wrong with it, and what the service takes."""

    def __init__(self, given: Mapping[str, Any], editions: Sequence[Edition], *, by: Actor, now: datetime) -> None:
        self.given, self.by, self.now = given, by, now
        self.editions = [{"code": e.code, "words": said(e.body["title"])} for e in editions]
        chosen = next((e for e in editions if e.code == given.get("edition")), editions[0] if editions else None)
        self.edition, self.body = (chosen.code, chosen.body) if chosen else ("", {})
        self.errors: dict[str, str] = {}
        self.taken: dict[str, Any] = {}
        self.places: list[dict[str, str]] = []
        self.buildings: list[str] = []
        self.found_at = given.get("found_at") or typed_moment(now)
        self.latest = typed_moment(now)

    @property
    def kinds(self) -> list[dict[str, Any]]:
        """Kinds of signal with their classes, as choices."""
        asked = self.given.get("class", "")
        return [
            {"words": said(s["words"]), "classes": [
                {"value": f"{s['name']} {c['name']}", "words": said(c), "opens": c.get("opens", True),
                 "is_chosen": asked == f"{s['name']} {c['name']}"} for c in s["classes"]
            ]}
            for s in self.body.get("signals", [])
        ]  # fmt: skip

    def is_valid(self) -> bool:
        """Whether all fields have the right shape; `taken` holds what the service asks for."""
        kind_name, _, case_class = str(self.given.get("class", "")).partition(" ")
        if not case_class:
            self.errors["class"] = gettext("Choose what was seen.")
        place = self._area()
        self.taken = {
            "kind": kind_name, "case_class": case_class, "edition_code": self.edition,
            "area_id": place.id if place else None,
            "building_id": self._building(place) if place else None, "count": self._count(), "source": self._source(),
            "found_at": self._found(),
        }  # fmt: skip
        return not self.errors

    def _area(self) -> Area | None:
        text = str(self.given.get("area", "")).strip()
        found = list(areas_matching(text, within=visible_areas(self.by, "incidents.signal"))[:12]) if text else []
        if len(found) == 1:
            return found[0]
        if not found:
            self.errors["area"] = (
                gettext("No area of yours has this name or code.") if text else gettext("Name the area.")
            )
            return None
        paths = paths_of(a.id for a in found)
        for a in found:
            self.places.append({"value": str(a.id), "words": " › ".join(named(p) for p in paths.get(a.id, [])[-3:])})
        self.errors["area"] = gettext("Several areas have this name: choose one.")
        return None

    def _building(self, place: Area) -> Any:
        text = str(self.given.get("building", "")).strip()
        if not text:
            return None
        found = list(buildings_matching(text, area_id=place.id, by=self.by)[:12])
        if len(found) == 1:
            return found[0].id
        self.buildings = [b.name for b in found]
        several = gettext("Several buildings begin so: choose one.")
        self.errors["building"] = several if found else gettext("No building of this area has this name.")
        return None

    def _count(self) -> int:
        text = str(self.given.get("count", "1")).strip() or "1"
        if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 1_000_000:
            self.errors["count"] = gettext("A whole number from 1.")
            return 1
        return int(text)

    def _source(self) -> str:
        text = str(self.given.get("source", "")).strip()[:120]
        if not text:
            self.errors["source"] = gettext("Say who told you.")
        return text

    def _found(self) -> datetime | None:
        try:
            when = datetime.fromisoformat(str(self.found_at)).replace(tzinfo=LOCAL)
        except ValueError:
            self.errors["found_at"] = gettext("Give day and time.")
            return None
        if when > self.now:
            self.errors["found_at"] = gettext("This lies in the future.")
        return when
