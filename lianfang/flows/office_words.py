"""What an office said by its link takes effect as that office's word."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import uuid5

from django.db import transaction

from lianfang.base.actor import Actor, Grant
from lianfang.domains.areas.models import DIVISION
from lianfang.domains.decisions.errors import LinkOver
from lianfang.domains.decisions.models import OfficeLink
from lianfang.domains.decisions.services import held_link, speak_by_link
from lianfang.domains.sampling.models import LabFile
from lianfang.domains.sampling.rules import ResultRow
from lianfang.flows.lab_results import take_lab_file

# What a link lets its office do. A positive result is a signal too.
GIVES = {"file": frozenset({"sampling.result", "incidents.signal"}), "confirm": frozenset[str]()}


def office_actor(link: OfficeLink) -> Actor:
    """Who acts by a link: the office, with the one right that the link gives, in its area and incident."""
    grant = Grant("office", GIVES[link.act], DIVISION, link.area_id, link.incident_id)
    return Actor(link.id, (grant,), f"link: {link.asks}"[:120], None, link.office)


def answer(*, link: OfficeLink, says: str, note: str, at: datetime) -> OfficeLink:
    """The office confirms or declines. Repeat and refusals: as decisions.speak_by_link."""
    return speak_by_link(link_id=link.id, says=says, note=note, by=office_actor(link), at=at)


def send_file(*, link: OfficeLink, file_name: str, digest: str, rows: Sequence[ResultRow], at: datetime) -> LabFile:
    """The office's file of results is taken; refused rows are told as to any laboratory.

    The link is used up by a file of which something was taken; after a wrong one it still serves for the right one.
    Repeat: the same file again is the first. Raises: as decisions.speak_by_link.
    """
    by, file_id = office_actor(link), uuid5(link.id, digest)
    with transaction.atomic():
        held = held_link(link_id=link.id)
        if held.said and not LabFile.objects.filter(id=file_id).exists():
            raise LinkOver(said=held.said, until=held.until_at.isoformat())
        file = take_lab_file(file_id=file_id, file_name=file_name, digest=digest, rows=rows, by=by, at=at)
        if file.counts["taken"] or file.counts["repeated"]:
            speak_by_link(link_id=link.id, says="sent", note="", by=by, at=at)
        return file
