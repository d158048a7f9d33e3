"""Programs: made for a purpose and a time, given new secrets, revoked at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from django.db.models import Q

from lianfang.base.actor import Actor
from lianfang.base.http_signatures import ALGORITHMS
from lianfang.base.service import Repeated, service, tell
from lianfang.base.suites import is_point
from lianfang.domains.accounts.errors import ProgramMissing, ProgramRevoked, ProgramUnfit
from lianfang.domains.accounts.models import Account, Program, ProgramSecret, RoleGrant
from lianfang.domains.accounts.queries import longest_until, require
from lianfang.domains.accounts.rules import GRANTS, MOST_OVERLAP, PROGRAM, SCOPES
from lianfang.domains.areas.models import DIVISION


@dataclass(frozen=True)
class NewProgram:
    """What a program is to be: its name, whose it is, what for, what it may where, until when."""

    name: str
    organisation_id: UUID | None
    purpose: str
    scopes: Sequence[str]
    until_at: datetime


@dataclass(frozen=True)
class NewSecret:
    """A secret that the door made and showed once: of it only the digest comes here."""

    id: UUID
    digest: bytes


def _refuse_unfit(new: NewProgram, at: datetime) -> None:
    if not new.name.strip():
        raise ProgramUnfit(field="name", fix="")
    if not new.purpose.strip():
        raise ProgramUnfit(field="purpose", fix="")
    if not new.scopes or not set(new.scopes) <= set(SCOPES):
        raise ProgramUnfit(field="scopes", fix=", ".join(SCOPES))
    if not at < new.until_at <= longest_until(at):
        raise ProgramUnfit(field="until", fix=longest_until(at))


@service("accounts.open_program")
def open_program(
    *, program_id: UUID, program: NewProgram, secret: NewSecret, area_id: UUID, by: Actor, at: datetime
) -> Program:
    """An account for a program: its scopes on one area and below, for one purpose, until a day that always comes.

    Repeat:  same id: the first, with the first secret.
    Rights:  accounts.grant on the area for all that is there; the administrator of one body makes none.
    Raises:  ProgramUnfit (no name, purpose or scope, one that there is not, an end past or too far off).
    """
    require(by, GRANTS, area_id=area_id)
    known = Program.objects.filter(id=program_id).first()
    if known:
        raise Repeated(known)
    _refuse_unfit(program, at)
    account = Account.objects.create(
        id=program_id, username=f"program-{program_id.hex}", label=program.name.strip()[:120], password="!",
        area_id=area_id, organisation_id=program.organisation_id,
    )  # fmt: skip
    RoleGrant.objects.create(
        id=uuid5(program_id, PROGRAM), account=account, role=PROGRAM, hierarchy=DIVISION, area_id=area_id, from_at=at,
        to_at=program.until_at, granted_by=by.id, scopes=sorted(set(program.scopes)),
    )  # fmt: skip
    made = Program.objects.create(
        id=program_id, account=account, purpose=program.purpose.strip()[:120], until_at=program.until_at,
        made_by=by.id, made_at=at,
    )  # fmt: skip
    ProgramSecret.objects.create(id=secret.id, program=made, digest=secret.digest, from_at=at, made_by=by.id)
    tell(scopes=", ".join(sorted(set(program.scopes))), until_at=program.until_at, secret_id=secret.id)
    return made


def _locked(program_id: UUID, by: Actor) -> Program:
    rows = Program.objects.select_for_update(of=("self",)).select_related("account")
    found = rows.filter(id=program_id).first()
    if found is None:
        raise ProgramMissing(program=str(program_id))
    require(by, GRANTS, area_id=found.account.area_id)
    return found


@service("accounts.renew_secret")
def renew_secret(
    *, program_id: UUID, secret: NewSecret, old_until_at: datetime, by: Actor, at: datetime
) -> ProgramSecret:
    """A new secret from now; whatever served before serves until a time of at most seven days, or not at all.

    Repeat:  same secret id: the first. Rights: as for making it. Locks: the program.
    Raises:  ProgramMissing, ProgramRevoked, ProgramUnfit (the old one would serve too long, or the program
             signs its calls).
    """
    program = _locked(program_id, by)
    known = ProgramSecret.objects.filter(id=secret.id, program=program).first()
    if known:
        raise Repeated(known)
    if program.revoked_at is not None:
        raise ProgramRevoked(program=str(program_id))
    if program.suite:
        raise ProgramUnfit(field="key", fix=program.suite)
    if old_until_at > at + MOST_OVERLAP:
        raise ProgramUnfit(field="old_until", fix=at + MOST_OVERLAP)
    ends_at = max(old_until_at, at)
    program.secrets.filter(Q(to_at=None) | Q(to_at__gt=ends_at)).update(to_at=ends_at)
    return ProgramSecret.objects.create(
        id=secret.id, program=program, digest=secret.digest, from_at=at, made_by=by.id
    )  # fmt: skip


@service("accounts.give_key")
def give_key(*, program_id: UUID, suite: str, public_key: bytes, by: Actor, at: datetime) -> Program:
    """From now the program signs each call by the other half of a key; no token of it serves any more.

    public_key: x then y, 64 bytes, on P-256 (suite world) or the SM2 curve (suite sm).
    Repeat:  the same key. Rights: as for making it. Locks: the program.
    Raises:  ProgramMissing, ProgramRevoked, ProgramUnfit (no such suite, or no point of its curve).
    """
    program = _locked(program_id, by)
    if (program.suite, bytes(program.public_key)) == (suite, public_key):
        raise Repeated(program)
    if program.revoked_at is not None:
        raise ProgramRevoked(program=str(program_id))
    if suite not in ALGORITHMS or not is_point(suite, public_key):
        raise ProgramUnfit(field="key", fix=", ".join(ALGORITHMS))
    program.suite, program.public_key = suite, public_key
    program.save(update_fields=["suite", "public_key"])
    program.secrets.filter(Q(to_at=None) | Q(to_at__gt=at)).update(to_at=at)
    tell(suite=suite)
    return program


@service("accounts.revoke_program")
def revoke_program(*, program_id: UUID, by: Actor, at: datetime) -> Program:
    """The program's next call is refused, and with it all that it was granted ends.

    Repeat:  a revoked one. Rights: as for making it. Locks: the program. Raises: ProgramMissing.
    """
    program = _locked(program_id, by)
    if program.revoked_at is not None:
        raise Repeated(program)
    program.revoked_at, program.revoked_by = at, by.id
    program.save(update_fields=["revoked_at", "revoked_by"])
    Account.objects.filter(id=program.account_id).update(is_active=False)
    RoleGrant.objects.filter(Q(to_at=None) | Q(to_at__gt=at), account_id=program.account_id).update(to_at=at)
    return program
