"""Organisations, people who serve, what they can and may do; teams, postings, missions; the phone book of duty.

Names and phones are sealed: every other list shows the post (an account's label).
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from lianfang.base.fields import Row, SealedField
from lianfang.domains.accounts.models import Account
from lianfang.domains.areas.models import Area
from lianfang.domains.responders.rules import IN_TEAM


class Organisation(Row):
    """A body that takes part: bureau, company, school, hospital …"""

    personal: ClassVar[tuple[str, ...]] = ()

    name = models.CharField(max_length=120)
    name_en = models.CharField(max_length=120, blank=True)
    kind = models.CharField(max_length=30)
    area = models.ForeignKey(Area, models.PROTECT)
    parent = models.ForeignKey("self", models.PROTECT, null=True)


class Responder(Row):
    """Somebody who serves; one a sign-in, whose id it bears. The unit is the account's own body.

    born_year is sealed with the rest: a team tells its mean age, never one member's.
    """

    personal: ClassVar[tuple[str, ...]] = ("sealed",)

    account = models.OneToOneField(Account, models.PROTECT, related_name="responder")
    sealed = SealedField(holds=("name", "phone", "born_year", "dependants"), scope="register", retention="standing")
    # Keyed digest of name and phone: by it he is found among those who met a case. It gives nobody a right to anything.
    same = models.BigIntegerField(null=True, db_index=True)
    kind = models.CharField(max_length=30)
    home_area = models.ForeignKey(Area, models.PROTECT, null=True, related_name="+")  # lives here, wherever employed
    is_retired = models.BooleanField(default=False)
    retired_on = models.DateField(null=True)
    consented_at = models.DateTimeField(null=True)  # to be called in an emergency, from a reserve list
    needs_care = models.BooleanField(default=False)  # somebody at home depends on him: no lead sees more than this
    near_steps = models.SmallIntegerField(null=True)  # how many levels above home he would go; none: wherever asked
    free_times = models.JSONField(default=list)  # [{days: [0-6], from: "18:00", until: "22:00"}]; none: any time
    # What he would like of a roster: {days_off: [dates], no_nights: true, hours: [from, until]}; none: nothing.
    wishes = models.JSONField(default=dict, db_default={})
    insured_until = models.DateField(null=True)
    insured_by = models.UUIDField(null=True)  # who has seen the policy; none: it is his own word, and does not count
    registered_by = models.UUIDField()
    registered_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["home_area", "kind"]),
            models.Index(fields=["kind"], condition=~Q(consented_at=None), name="responders_in_reserve"),
        ]


class Skill(Row):
    """What somebody can do by his own word, with evidence; what counts is whether somebody verified it, until when."""

    personal: ClassVar[tuple[str, ...]] = ("sealed",)

    responder = models.ForeignKey(Responder, models.CASCADE, related_name="skills")
    skill = models.CharField(max_length=30)
    sealed = SealedField(holds=("evidence",), scope="register", retention="standing")
    state = models.CharField(max_length=10, default="stated")  # stated verified refused
    valid_until = models.DateField(null=True)
    stated_at = models.DateTimeField()
    judged_by = models.UUIDField(null=True)
    judged_at = models.DateTimeField(null=True)
    why = models.CharField(max_length=200, blank=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["responder", "skill"], condition=Q(ended_at=None), name="one_live_skill_of_a_sort"
            )
        ]
        indexes = [models.Index(fields=["skill", "responder"], condition=Q(state="verified"), name="skills_verified")]


class Fitness(Row):
    """A dated statement of what somebody is fit for: fit light off. Why is sealed; leads see state and limits alone."""

    personal: ClassVar[tuple[str, ...]] = ("sealed",)

    responder = models.ForeignKey(Responder, models.CASCADE, related_name="fitness")
    state = models.CharField(max_length=6)
    limits = models.JSONField(default=list)  # names of the edition's limits
    sealed = SealedField(holds=("why",), scope="register", retention="standing")
    source_id = models.UUIDField(null=True)  # the case or harm that gave it
    from_at = models.DateTimeField()
    until_at = models.DateTimeField(null=True)
    stated_by = models.UUIDField()

    class Meta:
        indexes = [models.Index(fields=["responder", "-from_at"])]


class Standing(Row):
    """Membership standing from a time on, with history. It gives no right and takes none."""

    personal: ClassVar[tuple[str, ...]] = ()

    responder = models.ForeignKey(Responder, models.CASCADE, related_name="standings")
    standing = models.CharField(max_length=30)
    from_at = models.DateTimeField()
    place = models.CharField(max_length=120, blank=True)
    witness_id = models.UUIDField(null=True)
    noted_by = models.UUIDField()

    class Meta:
        indexes = [models.Index(fields=["responder", "-from_at"])]


class Team(Row):
    """People under a dated lead for a time, serving an area (the host, which tasks them), sent by another or not."""

    personal: ClassVar[tuple[str, ...]] = ()

    name = models.CharField(max_length=120)
    name_en = models.CharField(max_length=120, blank=True)
    kind = models.CharField(max_length=30)
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True)
    area = models.ForeignKey(Area, models.PROTECT)
    sender_area = models.ForeignKey(Area, models.PROTECT, null=True, related_name="+")  # keeps its list, counts it too
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="parts")
    basis = models.CharField(max_length=12, default="area", db_default="area")
    place_id = models.UUIDField(null=True)  # the estate, checkpoint or site it is tied to
    incident_id = models.UUIDField(null=True)
    people = models.IntegerField(default=0)  # as told, where nobody is named
    mission = models.JSONField(default=dict)  # {zh, en}
    criteria = models.JSONField(default=dict)  # whom it takes: kinds, skills
    state = models.CharField(max_length=12, default="formed")
    formed_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["area"], condition=Q(ended_at=None), name="teams_at_work")]


class TeamStep(Row):
    """A team's change of state, with the day's words: commissioned with a mission, stood down with a summary."""

    personal: ClassVar[tuple[str, ...]] = ()

    team = models.ForeignKey(Team, models.CASCADE, related_name="steps")
    state = models.CharField(max_length=12)
    words = models.CharField(max_length=1000, blank=True)
    at = models.DateTimeField()
    by = models.UUIDField()

    class Meta:
        indexes = [models.Index(fields=["team", "at"])]


class Member(Row):
    """Somebody in a team, from applying to leaving: applied reserve out in left. A person may be in several teams."""

    personal: ClassVar[tuple[str, ...]] = ()

    team = models.ForeignKey(Team, models.CASCADE, related_name="members")
    responder = models.ForeignKey(Responder, models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=30, blank=True)
    state = models.CharField(max_length=8)
    why = models.CharField(max_length=200, blank=True)
    asked_at = models.DateTimeField()
    from_at = models.DateTimeField(null=True)
    until_at = models.DateTimeField(null=True)
    decided_by = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["team", "responder"], condition=~Q(state="left"), name="once_in_a_team"),
        ]
        indexes = [models.Index(fields=["responder"], condition=Q(state=IN_TEAM), name="members_in")]


class Appointment(Row):
    """Who leads a team, or stands in for its lead, from a time to a time; handing over keeps who led before."""

    personal: ClassVar[tuple[str, ...]] = ()

    team = models.ForeignKey(Team, models.CASCADE, related_name="appointments")
    account_id = models.UUIDField()
    role = models.CharField(max_length=10)  # lead deputy
    from_at = models.DateTimeField()
    to_at = models.DateTimeField(null=True)
    appointed_by = models.UUIDField()
    words = models.CharField(max_length=1000, blank=True)  # what is handed over

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["team"], condition=Q(role="lead", to_at=None), name="one_lead_at_a_time"),
        ]
        indexes = [models.Index(fields=["account_id"], condition=Q(to_at=None), name="teams_led")]


class TeamNote(Row):
    """A line of a team's log, or a contact outside it."""

    personal: ClassVar[tuple[str, ...]] = ("sealed",)

    team = models.ForeignKey(Team, models.CASCADE, related_name="notes")
    kind = models.CharField(max_length=10)  # log contact home
    sealed = SealedField(holds=("words", "phone"), scope="register", retention="standing")
    well = models.SmallIntegerField(null=True)  # of a word home: how many are well, how many are not
    ill = models.SmallIntegerField(null=True)
    at = models.DateTimeField()
    by = models.UUIDField()

    class Meta:
        indexes = [models.Index(fields=["team", "kind", "-at"])]


class Posting(Row):
    """Somebody sent from a unit, which counts him, to an area, which tasks him, from a time to a time.

    A closed one lives and works inside a zone: entered, lodged, left.
    """

    personal: ClassVar[tuple[str, ...]] = ()

    responder = models.ForeignKey(Responder, models.PROTECT, related_name="postings")
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True)
    area = models.ForeignKey(Area, models.PROTECT, related_name="+")
    team = models.ForeignKey(Team, models.PROTECT, null=True)
    role = models.CharField(max_length=30, blank=True)
    from_at = models.DateTimeField()
    until_at = models.DateTimeField(null=True)
    zone_id = models.UUIDField(null=True)
    lodging_id = models.UUIDField(null=True)
    entered_at = models.DateTimeField(null=True)
    left_at = models.DateTimeField(null=True)
    posted_by = models.UUIDField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(until_at=None) | Q(from_at__lt=F("until_at")), name="a_posting_lasts"),
        ]
        indexes = [
            models.Index(fields=["area", "from_at"]),
            models.Index(fields=["organisation", "from_at"]),
            models.Index(fields=["responder", "from_at"]),
        ]


class Offer(Row):
    """People offered to an area that has not called them: one person, or a unit's squad. Accepted, kept or declined."""

    personal: ClassVar[tuple[str, ...]] = ()

    responder = models.ForeignKey(Responder, models.PROTECT, null=True, related_name="offers")
    team = models.ForeignKey(Team, models.PROTECT, null=True, related_name="offers")
    area = models.ForeignKey(Area, models.PROTECT, related_name="+")
    from_at = models.DateTimeField()
    until_at = models.DateTimeField()
    words = models.CharField(max_length=200, blank=True)
    cover = models.CharField(max_length=200, default="", db_default="")  # the accident insurance of a squad
    state = models.CharField(max_length=10, default="offered")  # offered reserve accepted declined withdrawn
    offered_by = models.UUIDField()
    offered_at = models.DateTimeField()
    answered_by = models.UUIDField(null=True)
    answered_at = models.DateTimeField(null=True)
    why = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(responder=None, team__isnull=False) | Q(responder__isnull=False, team=None),
                name="a_person_or_a_team",
            ),
            models.CheckConstraint(condition=Q(from_at__lt=F("until_at")), name="an_offer_lasts"),
        ]
        indexes = [models.Index(fields=["area", "state", "offered_at"])]


class Mission(Row):
    """People sent to help another area: asked offered assembled hosted released, or declined withdrawn.

    The sender keeps the list.
    """

    personal: ClassVar[tuple[str, ...]] = ()

    incident_id = models.UUIDField(null=True)
    sender_area = models.ForeignKey(Area, models.PROTECT, related_name="+")
    receiver_area = models.ForeignKey(Area, models.PROTECT, related_name="+")
    team = models.ForeignKey(Team, models.PROTECT, null=True, related_name="missions")
    task = models.CharField(max_length=40)
    title = models.JSONField(default=dict)
    people = models.IntegerField()
    kit = models.JSONField(default=list)  # of {zh, en, quantity}
    from_at = models.DateTimeField()
    until_at = models.DateTimeField()
    state = models.CharField(max_length=10, default="asked")
    asked_by = models.UUIDField()
    asked_at = models.DateTimeField()
    offered_at = models.DateTimeField(null=True)
    assembled_at = models.DateTimeField(null=True)
    departed_at = models.DateTimeField(null=True)
    hosted_at = models.DateTimeField(null=True)
    released_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)  # declined or withdrawn
    why = models.CharField(max_length=200, default="", db_default="", blank=True)
    cover = models.CharField(max_length=200, default="", db_default="", blank=True)  # insurer, number, whom to ring
    apart_until_at = models.DateTimeField(null=True)  # come home from a long one: apart and off duty until then

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(from_at__lt=F("until_at")), name="a_mission_lasts"),
            models.CheckConstraint(condition=Q(people__gte=1), name="a_mission_needs_people"),
        ]
        indexes = [
            models.Index(fields=["sender_area", "state"]),
            models.Index(fields=["receiver_area", "state"]),
        ]


class Quota(Row):
    """How many a body gives to a mission, of how many it has for that work; what it keeps is its cover."""

    personal: ClassVar[tuple[str, ...]] = ()

    mission = models.ForeignKey(Mission, models.CASCADE, related_name="quotas")
    organisation = models.ForeignKey(Organisation, models.PROTECT)
    staff = models.IntegerField()
    people = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["mission", "organisation"], name="one_quota_a_body"),
            models.CheckConstraint(
                condition=Q(people__gte=0, people__lte=F("staff")), name="no_body_gives_more_than_it_has"
            ),
        ]


class Duty(Row):
    """One line of the phone book of duty: who answers for a role in an area, in which order, from when to when."""

    personal: ClassVar[tuple[str, ...]] = ()

    role = models.CharField(max_length=40)
    area = models.ForeignKey(Area, models.PROTECT)
    account_id = models.UUIDField()
    position = models.SmallIntegerField()
    from_at = models.DateTimeField()
    to_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["role", "area", "position"])]
