"""A need for people: calls, their shifts with places, and the claims on them with waitlist and attendance.

No names here: a claim holds ids of accounts and bodies. `title`, `where` and `kit` are about the work, never a person.
"""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from lianfang.base.fields import Row, SealedField
from lianfang.domains.areas.models import Area
from lianfang.domains.calls.rules import FIRM


class Call(Row):
    """People are needed for a task: who asks whom, where, from when. draft open full closed."""

    personal: ClassVar[tuple[str, ...]] = ()

    incident_id = models.UUIDField(null=True)
    area = models.ForeignKey(Area, models.PROTECT, related_name="+")
    issuer_id = models.UUIDField(null=True)  # the body that asks, where it is not the area itself
    staffs_id = models.UUIDField(null=True)  # what its people are called up for: a round
    # A second level that posts and leads it too: one list of sign-ups, one plan of work.
    joint_area = models.ForeignKey(Area, models.PROTECT, null=True, related_name="+")
    task = models.CharField(max_length=40)
    skills = models.JSONField(default=list, db_default=[])  # verified ones it demands beyond its task's
    # Of {skill, heads}: so many of each shift's people have it, verified; somebody with two skills fills one of them.
    roles = models.JSONField(default=list, db_default=[])
    cover = models.CharField(max_length=200, default="", db_default="")  # the accident insurance of all who come
    assembles = models.BooleanField(default=False, db_default=False)  # nobody serves before the ticks of assembly
    inside = models.CharField(max_length=30, default="", db_default="")  # the kind of closed place the post is in
    plan = models.JSONField(default=list, db_default=[])  # of work, of {id, on, words, done_at, done_by}: both keep it
    decision_id = models.UUIDField(null=True)  # by which the response started that it belongs to
    title = models.JSONField(default=dict)  # {zh, en}
    place_id = models.UUIDField(null=True)
    where = models.CharField(max_length=200, blank=True)
    kit = models.JSONField(default=list)  # of {zh, en}
    asked_area = models.ForeignKey(Area, models.PROTECT, related_name="+")  # who serves here or below is asked
    audience = models.JSONField(default=dict)  # kinds of bodies and bodies: without, all who serve in the asked area
    state = models.CharField(max_length=6, default="open")
    opens_at = models.DateTimeField()
    closes_at = models.DateTimeField(null=True)
    posted_by = models.UUIDField()
    posted_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    why = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["asked_area"], condition=~Q(state="closed"), name="call_asks"),
            models.Index(fields=["area", "-posted_at"]),
            models.Index(fields=["issuer_id"], condition=~Q(issuer_id=None), name="call_issuer"),
            models.Index(fields=["staffs_id"], condition=~Q(staffs_id=None), name="call_staffs"),
            models.Index(fields=["joint_area"], condition=~Q(joint_area=None), name="call_joint"),
        ]


class Rhythm(Row):
    """A post whose shifts come again every day: which hours, how many people; until a day, or until it is ended.

    Shifts stand some days ahead as rows of their own, so that everything that is true of a shift is true of these.
    """

    personal: ClassVar[tuple[str, ...]] = ()

    call = models.OneToOneField(Call, models.CASCADE, related_name="rhythm")
    turns = models.JSONField()  # [{from: "08:00", minutes: 480, places: 1, title: ""}], local time
    from_on = models.DateField()
    until_on = models.DateField(null=True)  # the last day; none: until somebody ends it
    made_until = models.DateField()  # shifts stand before this day
    set_by = models.UUIDField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["made_until"], condition=Q(ended_at=None), name="rhythms_going_on")]


class Wave(Row):
    """From a time on a call asks these too, and so many of a hundred places of each shift are let go."""

    personal: ClassVar[tuple[str, ...]] = ()

    call = models.ForeignKey(Call, models.CASCADE, related_name="waves")
    opens_at = models.DateTimeField()
    audience = models.JSONField(default=dict)
    percent = models.SmallIntegerField(default=100)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(percent__gte=1, percent__lte=100), name="a_wave_lets_some_go"),
        ]
        indexes = [models.Index(fields=["call", "opens_at"])]


class Shift(Row):
    """So many places from a time to a time. The three counters follow its claims, under the row's lock."""

    personal: ClassVar[tuple[str, ...]] = ()

    call = models.ForeignKey(Call, models.PROTECT, related_name="shifts")
    title = models.CharField(max_length=60, blank=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    places = models.IntegerField()
    taken = models.IntegerField(default=0)
    waiting = models.IntegerField(default=0)
    asked = models.IntegerField(default=0)  # claims ever made: the order of the last one
    turnout_by = models.UUIDField(null=True)
    turnout_at = models.DateTimeField(null=True)
    moved_at = models.DateTimeField(null=True)  # to another time, after it was posted
    handed = models.JSONField(default=dict, db_default={})  # heads by role, {skill: n}, for whom another call asks
    host_id = models.UUIDField(null=True)  # the shop to which the group is allotted: it confirms the hours

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(taken__gte=0, taken__lte=F("places")), name="no_more_claims_than_places"
            ),
            models.CheckConstraint(condition=Q(waiting__gte=0), name="nobody_less_than_nobody_waits"),
            models.CheckConstraint(condition=Q(starts_at__lt=F("ends_at")), name="a_shift_lasts"),
        ]
        indexes = [
            models.Index(fields=["ends_at", "starts_at"]),
            models.Index(fields=["call", "starts_at"]),
            models.Index(fields=["host_id", "starts_at"], condition=~Q(host_id=None), name="shifts_of_host"),
        ]


class Claim(Row):
    """One person on one shift: claimed waiting asking confirmed checked_in done released no_show."""

    personal: ClassVar[tuple[str, ...]] = ()

    shift = models.ForeignKey(Shift, models.PROTECT, related_name="claims")
    account_id = models.UUIDField()
    organisation_id = models.UUIDField(null=True)  # the account's own unit, when it claimed
    team_id = models.UUIDField(null=True)  # the team with which it serves
    job = models.CharField(max_length=40, default="", db_default="")  # at the post, where it is not the call's task
    state = models.CharField(max_length=10)
    order = models.IntegerField()  # of asking, on this shift
    claimed_by = models.UUIDField()
    claimed_at = models.DateTimeField()
    placed_at = models.DateTimeField(null=True)  # when it got its place: at once, or moved up from the waitlist
    answer_by = models.DateTimeField(null=True)  # kept until then for who moved up and has not said that he comes
    confirmed_at = models.DateTimeField(null=True)
    checked_in_at = models.DateTimeField(null=True)
    checked_out_at = models.DateTimeField(null=True)
    released_at = models.DateTimeField(null=True)  # given back; of one who has served ("done"): the rest of his turn
    no_show_at = models.DateTimeField(null=True)
    asked_why = models.CharField(max_length=200, default="", db_default="")  # in spite of too little rest
    hours_by = models.UUIDField(null=True)  # who said that these hours were served: the turnout, or the team's lead
    hours_at = models.DateTimeField(null=True)
    allowed_by = models.UUIDField(null=True)  # who let it be in spite of too little rest or too many hours
    allowed_why = models.CharField(max_length=200, default="", db_default="")

    @property
    def hours_served(self) -> float | None:
        """Elapsed hours from check-in to check-out; none before both are known."""
        if self.checked_in_at is None or self.checked_out_at is None:
            return None
        # Between two moments of one zone Python counts what the clock on the wall shows.
        return round((self.checked_out_at.astimezone(UTC) - self.checked_in_at.astimezone(UTC)) / timedelta(hours=1), 1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["shift", "account_id"], condition=~Q(state="released"), name="one_claim_a_shift_and_account"
            ),
        ]
        indexes = [
            models.Index(fields=["shift", "order"], condition=Q(state="waiting"), name="claims_waiting"),
            models.Index(fields=["account_id"], condition=Q(state__in=FIRM), name="claims_firm"),
            models.Index(fields=["account_id", "-claimed_at"], name="claims_of_account"),
            models.Index(fields=["organisation_id", "checked_in_at"], name="claims_of_unit"),
            models.Index(fields=["checked_in_at"], condition=~Q(checked_in_at=None), name="claims_come"),
            models.Index(fields=["team_id"], condition=~Q(team_id=None), name="claims_of_team"),
            models.Index(
                fields=["answer_by"], condition=Q(state="claimed") & ~Q(answer_by=None), name="claims_to_answer"
            ),
        ]


class Swap(Row):
    """One who holds a place asks a colleague to take it, or to take it for one of his: asked agreed declined withdrawn.

    Places change hands when the colleague agrees, judged as if each had asked for it himself.
    """

    personal: ClassVar[tuple[str, ...]] = ()

    claim = models.ForeignKey(Claim, models.PROTECT, related_name="swaps")
    to_account_id = models.UUIDField()
    for_claim = models.ForeignKey(Claim, models.PROTECT, null=True, related_name="+")  # none: it is given
    state = models.CharField(max_length=9, default="asked")
    asked_by = models.UUIDField()
    asked_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["claim", "to_account_id"], condition=Q(state="asked"), name="a_colleague_is_asked_once"
            ),
        ]
        indexes = [models.Index(fields=["to_account_id"], condition=Q(state="asked"), name="swaps_to_answer")]


class DutyNote(Row):
    """What was noted about somebody on duty: ticks of assembly, breaks, the suit on and off, in and out, relief asked;
    and what he says of a turn he has served.

    A body's temperature, his words and his photo are sealed; that it was a fever is not, since it stops the work.
    """

    personal: ClassVar[tuple[str, ...]] = ("sealed",)

    claim = models.ForeignKey(Claim, models.CASCADE, related_name="notes")
    kind = models.CharField(max_length=12)
    at = models.DateTimeField()
    by = models.UUIDField()
    values = models.JSONField(default=dict)
    sealed = SealedField(holds=("celsius", "words", "photo"), scope="register", retention="standing")

    class Meta:
        indexes = [
            models.Index(fields=["claim", "at"]),
            models.Index(fields=["kind", "at"], condition=Q(kind="relief"), name="duty_relief"),
        ]


class ServiceRecord(Row):
    """A record of confirmed service that was handed out: of whom, which days, which turns; good until it is revoked.

    lines: what the paper says, as it was then. name_proof: keyed digest of the name on it, which it gives to nobody.
    """

    personal: ClassVar[tuple[str, ...]] = ()

    account_id = models.UUIDField()
    from_on = models.DateField()
    until_on = models.DateField()
    lines = models.JSONField(default=list)
    name_proof = models.CharField(max_length=64, blank=True)
    made_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.UUIDField(null=True)
    why = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(from_on__lte=F("until_on")), name="a_record_has_days"),
        ]
        indexes = [models.Index(fields=["account_id", "-made_at"])]


class Feed(Row):
    """The secret address of somebody's own shifts for his calendar; its id is in the address, so a new one ends it."""

    personal: ClassVar[tuple[str, ...]] = ()

    account_id = models.UUIDField(unique=True)
    made_at = models.DateTimeField()


class CallOut(Row):
    """People are asked at once whether they come, now; the silent are asked again."""

    personal: ClassVar[tuple[str, ...]] = ()

    area = models.ForeignKey(Area, models.PROTECT, related_name="+")
    incident_id = models.UUIDField(null=True)
    mission_id = models.UUIDField(null=True)
    words = models.JSONField(default=dict)  # {zh, en}
    where = models.CharField(max_length=200, blank=True)
    place_id = models.UUIDField(null=True)  # the site they are mustered for
    needed = models.IntegerField()
    meet_at = models.DateTimeField()
    repeat_minutes = models.SmallIntegerField()
    repeats = models.SmallIntegerField()
    sent_by = models.UUIDField()
    sent_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["area", "-sent_at"])]


class Answer(Row):
    """What one who was called out says: coming, cannot, or nothing yet."""

    personal: ClassVar[tuple[str, ...]] = ()

    call_out = models.ForeignKey(CallOut, models.CASCADE, related_name="answers")
    account_id = models.UUIDField()
    organisation_id = models.UUIDField(null=True)
    state = models.CharField(max_length=6, blank=True)
    tries = models.SmallIntegerField(default=1)
    asked_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    answered_by = models.UUIDField(null=True)
    arrived_at = models.DateTimeField(null=True)  # assembled at the meeting point
    departed_at = models.DateTimeField(null=True)
    on_post_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["call_out", "account_id"], name="asked_once_a_call_out")]
        indexes = [
            models.Index(fields=["account_id", "-asked_at"]),
            models.Index(fields=["call_out", "asked_at"], condition=Q(state=""), name="answers_open"),
        ]
