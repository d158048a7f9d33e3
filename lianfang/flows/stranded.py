"""People whom a closure keeps from going home: free once their area is, and helpers from the day they wish it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from django.db import transaction

from lianfang.base.actor import Actor
from lianfang.domains.accounts.models import Account
from lianfang.domains.accounts.queries import require
from lianfang.domains.accounts.services import NewPost
from lianfang.domains.accounts.services.sign_in import open_vouched
from lianfang.domains.editions.queries import common_edition, value
from lianfang.domains.grid.models import Building
from lianfang.domains.grid.queries import contact_of
from lianfang.domains.holds.queries import words_by_building
from lianfang.domains.messages.services import Writing, write_messages
from lianfang.domains.responders.errors import ResponderUnfit, raise_refusal
from lianfang.domains.responders.queries import duty_lists
from lianfang.domains.responders.services import NewResponder, register_responders
from lianfang.domains.work.models import Item
from lianfang.domains.work.queries import item_seen, personal_values
from lianfang.domains.work.services import free_with_area

VOUCH, WRITE = "devices.vouch", "responders.write"
KIND, ROLE = "volunteer", "volunteer"


def helper_id(item_id: UUID) -> UUID:
    """The sign-in of somebody stranded who helps: the same for every press."""
    return uuid5(item_id, "helper")


def enrol_stranded(*, item_id: UUID, by: Actor, at: datetime) -> UUID:
    """Somebody stranded who wishes to help serves from now: a sign-in as a volunteer of the area, and on the register.

    He signs in by his own phone, taken in by the lead as every volunteer's, or is put on a shift by name.
    Rights:  devices.vouch and responders.write where he stays. Repeat: enrolled before: the same sign-in.
    Raises:  ItemMissing, RightMissing, ResponderUnfit (no wish, gone, no name known).
    """
    item = item_seen(item_id, by=by)
    for right in (VOUCH, WRITE):
        require(by, right, area_id=item.area_id, incident_id=item.incident_id)
    account_id = helper_id(item.id)
    if Account.objects.filter(id=account_id).exists():
        return account_id
    if item.is_closed or not item.values.get("wish_to_help"):
        raise ResponderUnfit(field="wish_to_help", fix="true")
    told = personal_values(item, by=by)
    person = item.unit_id if item.unit_kind == "person" else None
    name = str(told.get("name") or (contact_of(person, by=by, at=at)["name"] if person else ""))
    if not name.strip():
        raise ResponderUnfit(field="name", fix="text")
    days = float(value(common_edition(), "stranded_help_days", area_id=item.area_id, at=at))
    with transaction.atomic():
        post = NewPost(
            account_id, f"v-{account_id.hex}", f"{item.area.name[:60]} {account_id.hex[:4]}", ROLE, item.area_id
        )
        open_vouched(posts=[post], until_at=at + timedelta(days=days), by=by, at=at)
        entry = NewResponder(account_id, KIND, item.area_id, name.strip()[:60], str(told.get("phone", ""))[:30])
        raise_refusal(register_responders(entries=[entry], by=by, at=at)[0])
    return account_id


def free_stranded(
    *, building_ids: Collection[UUID], incident_id: UUID, why: str, by: Actor, at: datetime
) -> list[UUID]:
    """A zone holds these buildings no more: in areas where no zone holds any building now, whoever waits is free.

    They are listed so; who looks after them is told, once an area, and those who serve meanwhile are told themselves.
    Rights: the flow's, which lifted the zone. Repeat: who is free already. Gives the items.
    """
    areas = set(Building.objects.filter(id__in=list(building_ids)).values_list("area_id", flat=True))
    there = dict(Building.objects.filter(area_id__in=areas).values_list("id", "area_id"))
    held = words_by_building(list(there), at=at)
    still = {there[b] for b, holds in held.items() if any(h.effect == "restrict" for h in holds)}
    freed = free_with_area(area_ids=areas - still, incident_id=incident_id, why=why, by=by, at=at)
    _tell(list(Item.objects.filter(id__in=freed).select_related("area").order_by("id")), incident_id, by, at)
    return list(freed)


def _tell(items: list[Item], incident_id: UUID, by: Actor, at: datetime) -> None:
    leads = duty_lists({("committee-lead", i.area_id) for i in items}, at=at)
    together: dict[tuple[UUID, UUID], list[Item]] = {}
    for i in items:
        owners = [i.owner_id] if i.owner_id else leads["committee-lead", i.area_id][:1]
        for who in owners:
            together.setdefault((who, i.area_id), []).append(i)
    words = {i.area_id: {"zh": i.area.name, "en": i.area.name_en or i.area.name} for i in items}
    owned = [Writing(uuid5(some[0].id, f"free {who}"), "account", who, {"area": words[area], "many": str(len(some))},
                     some[0].id, area) for (who, area), some in together.items()]  # fmt: skip
    serving = set(Account.objects.filter(id__in=[helper_id(i.id) for i in items]).values_list("id", flat=True))
    own = [Writing(uuid5(i.id, "go"), "account", helper_id(i.id), {"area": words[i.area_id]}, i.id, i.area_id)
           for i in items if helper_id(i.id) in serving]  # fmt: skip
    for template, some in (("stranded-free", owned), ("stranded-go", own)):
        write_messages(writings=some, edition=common_edition(), template=template, incident_id=incident_id, by=by,
                       at=at)  # fmt: skip
