"""Phones a lead vouched for at assembly: for which mission, by which key, until when; and the keys phones go by."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from lianfang.base.fields import Row, SealedField
from lianfang.domains.accounts.models import Account
from lianfang.domains.areas.models import Area


class Vouching(Row):
    """A lead takes phones in for one mission: a shift, a team, or what he calls it; its code rotates, none is kept."""

    personal: ClassVar[tuple[str, ...]] = ()

    lead_id = models.UUIDField()
    area = models.ForeignKey(Area, models.PROTECT, related_name="+")
    role = models.CharField(max_length=40)
    scope_kind = models.CharField(max_length=10)  # shift team mission desk
    scope_id = models.UUIDField(null=True)
    title = models.CharField(max_length=120)
    from_at = models.DateTimeField()
    until_at = models.DateTimeField()  # the mission's end
    access_until_at = models.DateTimeField()  # a while after it: the way home, and what was noted without signal
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["area", "-from_at"]),
            models.Index(fields=["until_at"], condition=Q(ended_at=None), name="vouchings_open"),
            models.Index(fields=["scope_id"], condition=~Q(scope_id=None), name="vouchings_of_scope"),
        ]


class Device(Row):
    """A phone with its key: asking, enrolled, refused, revoked. The key never leaves the phone; here lies its other
    half."""

    personal: ClassVar[tuple[str, ...]] = ("name",)

    vouching = models.ForeignKey(Vouching, models.PROTECT, related_name="devices")
    account = models.ForeignKey(Account, models.PROTECT, null=True, related_name="+")
    is_desk = models.BooleanField(default=False)  # handed on: who holds a badge is at it, nobody by the phone alone
    is_account_ours = models.BooleanField(default=False)  # opened with the phone, so it closes with it
    public_key = models.BinaryField(max_length=120)  # SubjectPublicKeyInfo
    name = SealedField(holds=("name",), scope="register", retention="hours")  # by which the lead knows the holder
    state = models.CharField(max_length=8, default="asking")
    asked_at = models.DateTimeField()
    enrolled_at = models.DateTimeField(null=True)
    enrolled_by = models.UUIDField(null=True)
    until_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.UUIDField(null=True)
    seen_at = models.DateTimeField(null=True)
    challenged_at = models.DateTimeField(null=True)  # of the last challenge that served: an earlier one serves no more
    code_digest = models.BinaryField(max_length=32, default=b"")
    code_until_at = models.DateTimeField(null=True)
    code_tries = models.SmallIntegerField(default=0)

    class Meta:
        indexes = [
            models.Index(fields=["vouching", "asked_at"]),
            models.Index(fields=["account"], condition=Q(state="enrolled"), name="devices_of_account"),
        ]


class Badge(Row):
    """A card with a number, a square and a PIN of its own: its holder takes over a desk's phone with it."""

    personal: ClassVar[tuple[str, ...]] = ()

    account = models.ForeignKey(Account, models.PROTECT, related_name="+")
    area = models.ForeignKey(Area, models.PROTECT, related_name="+")
    issued_by = models.UUIDField()
    issued_at = models.DateTimeField()
    until_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    pin_digest = models.BinaryField(max_length=32)
    tries = models.SmallIntegerField(default=0)  # wrong PINs one after the other

    class Meta:
        indexes = [models.Index(fields=["area", "-issued_at"])]


class TokenKey(Row):
    """The public half of a key with which the site signs what phones check without signal."""

    personal: ClassVar[tuple[str, ...]] = ()

    kid = models.BinaryField(max_length=8, unique=True)
    public_key = models.BinaryField(max_length=64)  # x then y on P-256
    made_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.UUIDField(null=True)
    why = models.CharField(max_length=200, blank=True)
