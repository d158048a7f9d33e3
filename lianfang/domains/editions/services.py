"""Taking kinds, editions, roles and ladders into the house, and overriding single values."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from lianfang.base.actor import Actor
from lianfang.base.service import Repeated, service
from lianfang.domains.editions.errors import FileUnfit, ValueMissing, VersionTaken
from lianfang.domains.editions.models import Edition, Kind, Override, Role
from lianfang.domains.editions.queries import edition
from lianfang.domains.editions.rules.editions import digest_of, edition_problems
from lianfang.domains.editions.rules.kinds import kind_problems

FILES = UUID("0f7d6a52-7f0e-5b0a-8f6b-1d1f6a3c2b11")
Body = Mapping[str, Any]


def _plain(body: Body) -> dict[str, Any]:
    # Dates of a TOML file become text, since the content is kept as JSON.
    plain: dict[str, Any] = json.loads(json.dumps(body, default=str))
    return plain


def _or_repeated(count: int) -> int:
    # Loading what is loaded changes nothing, and leaves no entry in the log.
    if not count:
        raise Repeated(0)
    return count


@service("editions.load_kinds")
def load_kinds(*, kinds: Sequence[Body], by: Actor, at: datetime) -> int:
    """Add kinds in their versions, all or none.

    Repeat:  the same content again is left. Raises: FileUnfit; VersionTaken when a version comes with other content.
    """
    problems = [{"file": str(k.get("kind")), **p} for k in kinds for p in kind_problems(k)]
    if problems:
        raise FileUnfit(problems=problems)
    return _or_repeated(sum(_add_kind(k, str(k["mechanism"]), at) for k in kinds))


@service("editions.load_ladders")
def load_ladders(*, ladders: Sequence[Body], by: Actor, at: datetime) -> int:
    """Add ladders of decisions in their versions, all or none."""
    return _or_repeated(sum(_add_kind({**ladder, "kind": ladder["name"]}, "decision", at) for ladder in ladders))


def _add_kind(body: Body, mechanism: str, at: datetime) -> int:
    digest = digest_of(body)
    known = Kind.objects.filter(name=body["kind"], version=body["version"]).first()
    if known:
        if known.digest != digest:
            raise VersionTaken(kind=body["kind"], version=body["version"])
        return 0
    Kind.objects.create(
        id=uuid5(FILES, f"{body['kind']} {body['version']}"),
        name=body["kind"],
        version=body["version"],
        mechanism=mechanism,
        body=_plain(body),
        digest=digest,
        loaded_at=at,
    )
    return 1


@service("editions.load_editions")
def load_editions(*, editions: Sequence[Body], by: Actor, at: datetime) -> int:
    """Add or renew editions, all or none. A renewed edition keeps its overrides."""
    problems = [{"file": str(e.get("edition")), **p} for e in editions for p in edition_problems(e)]
    if problems:
        raise FileUnfit(problems=problems)
    count = 0
    for e in editions:
        digest = digest_of(e)
        if Edition.objects.filter(code=e["edition"], digest=digest).exists():
            continue
        Edition.objects.update_or_create(
            code=e["edition"],
            defaults={
                "hazard": e["hazard"],
                "jurisdiction": e["jurisdiction"],
                "valid_from": e["valid_from"],
                "valid_to": e.get("valid_to"),
                "supersedes": e.get("supersedes", ""),
                "body": _plain(e),
                "digest": digest,
                "loaded_at": at,
            },
            create_defaults={
                "id": uuid5(FILES, e["edition"]),
                "code": e["edition"],
                "hazard": e["hazard"],
                "jurisdiction": e["jurisdiction"],
                "valid_from": e["valid_from"],
                "valid_to": e.get("valid_to"),
                "supersedes": e.get("supersedes", ""),
                "body": _plain(e),
                "digest": digest,
                "loaded_at": at,
            },
        )
        count += 1
    return _or_repeated(count)


@service("editions.load_roles")
def load_roles(*, roles: Sequence[Body], by: Actor, at: datetime) -> int:
    """Add or renew the catalogue of roles. Repeat: a role that stands as it is."""
    known = dict(Role.objects.values_list("name", "body"))
    changed = [r for r in roles if known.get(r["name"]) != _plain(r)]
    for r in changed:
        plain = {"body": _plain(r)}
        fresh = {"id": uuid5(FILES, "role " + r["name"]), "name": r["name"], **plain}
        Role.objects.update_or_create(name=r["name"], defaults=plain, create_defaults=fresh)
    return _or_repeated(len(changed))


@service("editions.override_value", door=False, told=("name", "reason"))
def override_value(
    *,
    override_id: UUID,
    code: str,
    name: str,
    area_id: UUID,
    new_value: Any,
    reason: str,
    approved_by: UUID,
    to_at: datetime | None,
    by: Actor,
    at: datetime,
) -> Override:
    """Replace one value in an area from now on. Called by the flow that asked the approver; the old one ends now."""
    known = Override.objects.filter(id=override_id).first()
    if known:
        raise Repeated(known)
    if name not in edition(code).get("values", {}):
        raise ValueMissing(edition=code, name=name)
    Override.objects.filter(edition__code=code, name=name, area_id=area_id, to_at=None).update(to_at=at)
    return Override.objects.create(
        id=override_id,
        edition=Edition.objects.get(code=code),
        name=name,
        area_id=area_id,
        value=new_value,
        reason=reason,
        approved_by=approved_by,
        from_at=at,
        to_at=to_at,
    )
