"""Decisions that wait, and what was decided."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from lianfang.base.actor import Actor, Grant
from lianfang.domains.accounts.queries import held, post_of
from lianfang.domains.decisions.errors import DecisionMissing, LinkMissing, LinkOver
from lianfang.domains.decisions.models import Decision, OfficeLink, Step, Voice
from lianfang.domains.privacy.queries import site_key


def decision(decision_id: UUID) -> Decision:
    """One decision. Raises DecisionMissing."""
    found = Decision.objects.filter(id=decision_id).first()
    if found is None:
        raise DecisionMissing(decision=str(decision_id))
    return found


def waiting_for(by: Actor) -> QuerySet[Step]:
    """Steps that the actor may decide now: its right, its area, not the asker, and open (as `rules.open_steps`)."""
    places: dict[tuple[Grant, ...], list[str]] = {}
    for right in sorted({r for g in by.grants for r in g.rights}):
        places.setdefault(tuple(by.grants_with(right)), []).append(right)
    fit = Q(pk__in=[])
    for rights in places.values():
        fit |= Q(right__in=rights) & held(by, rights[0], incident="decision__incident_id")
    steps = Step.objects.filter(fit, state="waiting", decision__state="asked").exclude(decision__asked_by=by.id)
    earlier = Step.objects.filter(decision=OuterRef("decision"), state="waiting", position__lt=OuterRef("position"))
    closer = Step.objects.filter(Exists(earlier), decision=OuterRef("decision"), state="waiting", is_beside=False,
                                 position__lte=OuterRef("position"))  # fmt: skip
    return steps.filter(~Exists(closer)).select_related("decision").order_by("due_at")


def asked_by(by: Actor, *, limit: int = 20) -> list[Decision]:
    """What the actor asked, newest first, with the steps and the words spoken on them."""
    rows = Decision.objects.filter(asked_by=by.id).order_by("-asked_at")[:limit]
    return list(rows.prefetch_related("steps__spoken"))


def asked_in(kind: str, right: str, *, by: Actor, limit: int = 40) -> list[Decision]:
    """Decisions of a kind asked in areas where the actor holds a right, or at a level that is his; newest first.

    With their steps, the words spoken on them and the posts that spoke (`who`).
    """
    spoken = Prefetch("steps__spoken", Voice.objects.annotate(who=post_of("by")))
    own = Q(id__in=Step.objects.filter(held(by, right)).values("decision_id"))
    rows = Decision.objects.filter(held(by, right) | own, kind=kind).annotate(asker=post_of("asked_by"))
    return list(rows.prefetch_related(spoken).order_by("-asked_at")[:limit])


def newest_about(subject_id: UUID) -> Decision | None:
    """The newest decision about a subject, asked or taken, with its steps and the words spoken on them.

    Each step carries the post that asked (`asker`), each word the post that spoke it (`who`).
    """
    spoken = Prefetch("spoken", Voice.objects.annotate(who=post_of("by")))
    rows = Step.objects.filter(decision__subject_id=subject_id).select_related("decision").prefetch_related(spoken)
    steps = list(rows.annotate(asker=post_of("decision__asked_by")).order_by("-decision__asked_at", "position"))
    if not steps:
        return None
    found = steps[0].decision
    found._prefetched_objects_cache = {"steps": [s for s in steps if s.decision_id == found.id]}  # type: ignore[attr-defined]  # Django's
    return found


def steps_overdue(at: datetime) -> QuerySet[Step]:
    """Steps whose clock has run out."""
    return Step.objects.filter(state="waiting", decision__state="asked", due_at__lte=at, is_escalated=False)


def granted_for(subject_id: UUID) -> Decision | None:
    """The newest granted decision about a subject."""
    return Decision.objects.filter(subject_id=subject_id, state="granted").order_by("-decided_at").first()


def about_many(subject_ids: Iterable[UUID]) -> dict[UUID, Decision]:
    """The newest decision about each of some subjects, with its steps and the words spoken on them."""
    rows = Decision.objects.filter(subject_id__in=list(subject_ids)).order_by("asked_at")
    return {d.subject_id: d for d in rows.prefetch_related("steps__spoken")}


TAG = 16  # bytes of the signature that a link bears


def _tag(link_id: UUID, until_at: datetime) -> bytes:
    said = link_id.bytes + int(until_at.timestamp()).to_bytes(8, "big")
    return hmac.digest(site_key(), b"lianfang office link 1" + said, "sha256")[:TAG]


def link_token(link: OfficeLink) -> str:
    """What stands in a link's address: its id, and the site's signature over id and end."""
    return base64.urlsafe_b64encode(link.id.bytes + _tag(link.id, link.until_at)).decode().rstrip("=")


def link_by(token: str, *, at: datetime) -> OfficeLink:
    """The link that a token is. Raises LinkMissing (no token of ours), LinkOver (used, revoked, or its time is over).

    A link that was used is given as long as it would have lasted: its office sees what it said.
    """
    try:
        link_id = UUID(bytes=base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))[:16])
    except ValueError as e:
        raise LinkMissing() from e
    found = OfficeLink.objects.filter(id=link_id).first()
    # Letter for letter: the last letter of such a text has room for other bits that mean the same.
    if found is None or not hmac.compare_digest(link_token(found).encode(), token.encode()):
        raise LinkMissing()
    if found.revoked_at or at >= found.until_at:
        raise LinkOver(said=found.said, until=found.until_at.isoformat())
    return found


def links_seen(by: Actor, *, rights: Iterable[str]) -> QuerySet[OfficeLink]:
    """Links of the areas where the actor may ask offices, newest first, with the post that asked (`post`)."""
    fit = Q(pk__in=[])
    for right in rights:
        fit |= held(by, right)
    return OfficeLink.objects.filter(fit).annotate(post=post_of("issued_by")).order_by("-issued_at")
