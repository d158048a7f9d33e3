"""Vouching for phones, taking them in, letting them sign in by their key, and ending that at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from lianfang.base.actor import Actor
from lianfang.base.errors import Busy
from lianfang.base.service import Outcome, Repeated, service
from lianfang.base.signatures import is_key, is_signed
from lianfang.domains.accounts.queries import reach, require, serving, strength_of, strengths_held
from lianfang.domains.accounts.services import NewPost, end_vouched, open_vouched
from lianfang.domains.devices.errors import (
    AccountTooStrong,
    DeviceMissing,
    KeyUnfit,
    LeadsCodeWrong,
    NotSignedIn,
    VouchingMissing,
    VouchingOver,
    VouchingUnfit,
)
from lianfang.domains.devices.models import Badge, Device, Vouching
from lianfang.domains.devices.queries import VOUCH, live_devices, vouching_of
from lianfang.domains.devices.rules import (
    CODE_MINUTES,
    CODE_TRIES,
    DESK,
    MOST_ASKING,
    MOST_DAYS,
    VOUCHED,
    challenged_at,
    check_of,
)
from lianfang.domains.devices.rules import code_digest as digest_of
from lianfang.domains.privacy.queries import sealed, site_key

# What changes when a phone is taken in.
TAKEN = ("account", "is_desk", "is_account_ours", "state", "enrolled_at", "enrolled_by", "until_at")


@service("devices.begin_vouching", told=("scope_kind",))
def begin_vouching(
    *,
    vouching_id: UUID,
    area_id: UUID,
    role: str,
    scope_kind: str,
    scope_id: UUID | None,
    title: str,
    until_at: datetime,
    grace_minutes: int,
    by: Actor,
    at: datetime,
) -> Vouching:
    """From now phones are taken in for a mission, as a role that needs no second factor, until the mission's end.

    grace_minutes: how long after the end the phones still open: the way home, and what was noted without signal.
    Repeat: same id. Rights: devices.vouch on the area. Raises: RightMissing, VouchingUnfit.
    """
    require(by, VOUCH, area_id=area_id)
    known = Vouching.objects.filter(id=vouching_id).first()
    if known:
        raise Repeated(known)
    if not at < until_at <= at + timedelta(days=MOST_DAYS) or strength_of([role]) not in VOUCHED:
        raise VouchingUnfit(field="until", fix=f"{MOST_DAYS}")
    return Vouching.objects.create(
        id=vouching_id, lead_id=by.id, area_id=area_id, role=role, scope_kind=scope_kind, scope_id=scope_id,
        title=title[:120], from_at=at, until_at=until_at, access_until_at=until_at + timedelta(minutes=grace_minutes),
    )  # fmt: skip


@service("devices.ask_binding")
def ask_binding(*, device_id: UUID, code: str, name: str, public_key: bytes, by: Actor, at: datetime) -> Device:
    """A phone asks to be taken in, by the code on the lead's screen, under the name by which the lead knows its holder.

    Repeat: same id and key. Rights: whoever reads the screen; it opens nothing until the lead has confirmed.
    Raises: CodeUnknown, KeyUnfit, DeviceMissing (the id is another key's), Busy (more ask than a lead can look at).
    """
    known = Device.objects.filter(id=device_id).first()
    if known:
        if bytes(known.public_key) != public_key:
            raise DeviceMissing()
        raise Repeated(known)
    vouching = vouching_of(code, at=at)
    if not is_key(public_key) or not name.strip():
        raise KeyUnfit()
    if vouching.devices.filter(state="asking").count() >= MOST_ASKING:
        raise Busy(retry_seconds=20)
    (record,) = sealed([(device_id, {"name": name.strip()[:40]})], retention="hours")
    return Device.objects.create(
        id=device_id, vouching=vouching, public_key=public_key, name=record, asked_at=at, state="asking"
    )


@dataclass(frozen=True)
class Confirming:
    """A phone that the lead takes in; with an account where its holder has one, else one is opened for it."""

    device_id: UUID
    account_id: UUID | None = None


def _locked(ids: Sequence[UUID], by: Actor) -> dict[UUID, Device]:
    """Phones under their locks, in the order of their ids, of the areas in which the actor may vouch."""
    rows = Device.objects.select_for_update(of=("self",)).filter(id__in=ids).order_by("id").select_related("vouching")
    found = {d.id: d for d in rows}
    mine = reach(by, VOUCH, areas={d.vouching.area_id for d in found.values()}).areas
    return {i: d for i, d in found.items() if d.vouching.area_id in mine}


@service("devices.confirm_devices")
def confirm_devices(*, items: Sequence[Confirming], by: Actor, at: datetime) -> list[Outcome]:
    """The lead knows who asks, and both screens show the same check: from now the phone signs in by its key.

    Repeat:  a phone that is in: "repeated". Rights: devices.vouch on the vouching's area.
    Refuses: missing, vouching_over, account_too_strong (it reads registers, or serves elsewhere).
    Locks:   the phones in the order of their ids.
    """
    phones = _locked([i.device_id for i in items], by)
    held = strengths_held([i.account_id for i in items if i.account_id], at=at)
    outcomes, taken, fresh = [], [], []
    for i in items:
        d = phones.get(i.device_id)
        code = _unfit(d, i, held, at)
        outcomes.append(Outcome(i.device_id, code))
        if code or d is None:
            continue
        d.is_desk = d.vouching.scope_kind == DESK
        if not d.is_desk:
            fresh += [_post_for(d)] if i.account_id is None else []
            d.account_id, d.is_account_ours = i.account_id or d.id, i.account_id is None
        d.state, d.enrolled_at, d.enrolled_by, d.until_at = "enrolled", at, by.id, d.vouching.access_until_at
        taken.append(d)
    for until_at in {d.vouching.access_until_at for d in taken}:
        posts = [p for p in fresh if phones[p.account_id].vouching.access_until_at == until_at]
        open_vouched(posts=posts, until_at=until_at, by=by, at=at)
    Device.objects.bulk_update(taken, TAKEN, batch_size=500)
    return outcomes


def _post_for(d: Device) -> NewPost:
    label = f"{d.vouching.title[:90]} {check_of(bytes(d.public_key))}"
    return NewPost(d.id, f"v-{d.id.hex}", label, d.vouching.role, d.vouching.area_id)


def _unfit(d: Device | None, i: Confirming, held: dict[UUID, str], at: datetime) -> str:
    if d is None or d.state not in ("asking", "enrolled"):
        return DeviceMissing.code
    if d.state == "enrolled":
        return "repeated"
    if d.vouching.ended_at is not None or d.vouching.until_at <= at:
        return VouchingOver.code
    if i.account_id is not None and held.get(i.account_id) not in VOUCHED:
        return AccountTooStrong.code
    return ""


@service("devices.end_devices")
def end_devices(*, device_ids: Sequence[UUID], by: Actor, at: datetime) -> list[Outcome]:
    """Phones open nothing any more, from now: who asks is refused, who was in is out, a lost one revoked.

    What they still send is kept and waits for a person. Repeat: "repeated". Rights: devices.vouch on the area.
    Refuses: missing. Locks: the phones in the order of their ids.
    """
    phones = _locked(device_ids, by)
    outcomes, ended = [], []
    for i in device_ids:
        d = phones.get(i)
        if d is None:
            outcomes.append(Outcome(i, DeviceMissing.code))
        elif d.state in ("refused", "revoked"):
            outcomes.append(Outcome(i, "repeated"))
        else:
            outcomes.append(Outcome(i))
            ended.append(d)
    _end(ended, by, at)
    return outcomes


def _end(phones: Sequence[Device], by: Actor, at: datetime) -> None:
    for d in phones:
        d.state = "refused" if d.state == "asking" else "revoked"
        d.revoked_at, d.revoked_by = at, by.id
    Device.objects.bulk_update(phones, ["state", "revoked_at", "revoked_by"], batch_size=500)
    ours = [d.account_id for d in phones if d.is_account_ours and d.account_id]
    if ours:
        end_vouched(account_ids=ours, by=by, at=at)


@service("devices.end_vouching")
def end_vouching(*, vouching_id: UUID, by: Actor, at: datetime) -> Vouching:
    """The mission is over, or the code was seen by others: no phone is taken in, and all that were are out.

    Repeat: one that has ended. Rights: devices.vouch on its area. Raises: VouchingMissing, RightMissing.
    """
    found = Vouching.objects.select_for_update().filter(id=vouching_id).first()
    if found is None:
        raise VouchingMissing()
    require(by, VOUCH, area_id=found.area_id)
    if found.ended_at is not None:
        raise Repeated(found)
    found.ended_at = at
    found.save(update_fields=["ended_at"])
    rows = Device.objects.select_for_update(of=("self",)).filter(vouching=found, state__in=("asking", "enrolled"))
    _end(list(rows.order_by("id")), by, at)
    return found


@service("devices.end_scopes", door=False)
def end_scopes(
    *,
    scope_ids: Sequence[UUID],
    account_ids: Sequence[UUID] | None = None,
    kept: Sequence[UUID] = (),
    by: Actor,
    at: datetime,
) -> int:
    """Shifts or teams have ended, or some accounts left them: their phones are out. Who may do that was tested.

    kept: accounts whose phones stay in until their own time, since they go on serving. Gives how many are out.
    """
    rows, ended = Device.objects.filter(vouching__scope_id__in=scope_ids, state__in=("asking", "enrolled")), 0
    if account_ids is not None:
        rows = rows.filter(account_id__in=account_ids)
    else:
        ended = Vouching.objects.filter(scope_id__in=scope_ids, ended_at=None).update(ended_at=at)
    phones = list(rows.exclude(account_id__in=kept).select_for_update(of=("self",)).order_by("id"))
    if not phones and not ended:
        raise Repeated(0)  # most shifts gathered nobody: nothing changed, nothing to log
    _end(phones, by, at)
    return len(phones)


@service("devices.end_phones_of", door=False)
def end_phones_of(*, account_ids: Sequence[UUID], by: Actor, at: datetime) -> int:
    """Posts have ended: phones and badges of accounts that hold nothing more where they were given are out.

    Who may end the posts was tested. Gives how many phones and badges. Locks: the phones in the order of their ids.
    """
    phones = Device.objects.filter(account_id__in=account_ids, state="enrolled").order_by("id")
    found = list(phones.select_for_update(of=("self",)).select_related("vouching"))
    badges = Badge.objects.filter(account_id__in=account_ids, ended_at=None, until_at__gt=at)
    held = list(badges.values_list("id", "account_id", "area_id"))
    pairs = {(d.account_id, d.vouching.area_id) for d in found if d.account_id} | {(a, area) for _, a, area in held}
    still = serving(pairs, at=at) if pairs else set()
    out = [d for d in found if (d.account_id, d.vouching.area_id) not in still]
    dead = [i for i, a, area in held if (a, area) not in still]
    if not out and not dead:
        raise Repeated(0)
    Badge.objects.filter(id__in=dead).update(ended_at=at)
    _end(out, by, at)
    return len(out) + len(dead)


def proved_phone(device_id: UUID, challenge: str, signature: str, at: datetime) -> Device:
    """The phone, under its lock, whose key signed a challenge that is ours, fresh and newer than the last."""
    made_at = challenged_at(site_key(), challenge, device_id, at=at)
    found = live_devices(at).select_for_update(of=("self",)).filter(id=device_id).select_related("account").first()
    if made_at is None or found is None or (found.challenged_at is not None and made_at <= found.challenged_at):
        raise NotSignedIn()
    if not is_signed(challenge.encode(), signature=signature, public_key=bytes(found.public_key)):
        raise NotSignedIn()
    found.challenged_at, found.seen_at = made_at, at
    found.save(update_fields=["challenged_at", "seen_at"])
    return found


@service("devices.enter_by_key", door=False)
def enter_by_key(*, device_id: UUID, challenge: str, signature: str, by: Actor, at: datetime) -> Device:
    """A phone signs in: its key signed a challenge of ours that is fresh, and newer than the last that served.

    Rights: whoever holds the key. Raises: NotSignedIn, for whatever reason. Locks: the phone.
    """
    found = proved_phone(device_id, challenge, signature, at)
    if found.account is None or not found.account.is_active:
        raise NotSignedIn()
    return found


@service("devices.give_code")
def give_code(*, device_id: UUID, digits: str, by: Actor, at: datetime) -> Device:
    """The lead's one-time code for one phone, before it takes doors along; a former one serves no more.

    digits: drawn by the door, shown to the lead, kept as a digest. Rights: devices.vouch. Raises: DeviceMissing.
    """
    found = _locked([device_id], by).get(device_id)
    if found is None or found.state != "enrolled":
        raise DeviceMissing()
    found.code_digest = digest_of(site_key(), device_id, digits)
    found.code_until_at, found.code_tries = at + timedelta(minutes=CODE_MINUTES), 0
    found.save(update_fields=["code_digest", "code_until_at", "code_tries"])
    return found


@service("devices.enter_code")
def enter_code(*, device_id: UUID, digits: str, by: Actor, at: datetime) -> list[Outcome]:
    """What the lead's code says was typed on the phone: it serves once; a wrong try is counted and kept.

    Rights: the phone's own session. Refuses: leads_code_wrong (wrong, old, used, or tried too often). Locks: the phone.
    """
    found = live_devices(at).select_for_update(of=("self",)).filter(id=device_id, account_id=by.id).first()
    if found is None:
        return [Outcome(device_id, LeadsCodeWrong.code)]
    is_open = found.code_until_at is not None and at < found.code_until_at and found.code_tries < CODE_TRIES
    is_right = is_open and bytes(found.code_digest) == digest_of(site_key(), device_id, digits)
    if is_right:
        found.code_digest, found.code_until_at = b"", None
    else:
        found.code_tries = min(found.code_tries + 1, CODE_TRIES)
    found.save(update_fields=["code_digest", "code_until_at", "code_tries"])
    return [Outcome(device_id, "" if is_right else LeadsCodeWrong.code)]
