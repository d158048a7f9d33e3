"""Who may sign in, and which role each holds where, from when to when."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.crypto import salted_hmac

from lianfang.base.fields import Row
from lianfang.domains.accounts.rules import PROGRAM
from lianfang.domains.areas.models import Area


class AccountManager(BaseUserManager["Account"]):
    """What Django's authentication needs to find an account."""

    def get_by_natural_key(self, username: str | None) -> Account:
        return self.get(username=username)


class Account(AbstractBaseUser, Row):
    """A sign-in. `label` names the post ("网格员 · 沙洲社区 3 网格"), not the person."""

    personal: ClassVar[tuple[str, ...]] = ()

    username = models.CharField(max_length=60, unique=True)
    email = models.EmailField(blank=True)  # allauth asks for the field; it stays empty
    label = models.CharField(max_length=120)
    is_active = models.BooleanField(default=True)
    is_first_password = models.BooleanField(default=False, db_default=False)  # somebody else made it: to be replaced
    session_round = models.IntegerField(default=0, db_default=0)  # raised to end all sessions at once
    sessions = ArrayField(models.CharField(max_length=16), default=list, db_default=[])  # marks of open ones
    code_step = models.BigIntegerField(default=0, db_default=0)  # of the last code of an authenticator that served
    is_staff = False
    is_superuser = False
    area = models.ForeignKey(Area, models.PROTECT, null=True)  # whose administrator keeps the sign-in
    organisation_id = models.UUIDField(null=True)  # the body it belongs to; bodies stand above accounts
    person_id = models.UUIDField(null=True)  # the register's person, for a resident's own account
    language = models.CharField(max_length=10, default="zh-hans")

    USERNAME_FIELD = "username"
    objects = AccountManager()

    class Meta:
        indexes = [models.Index(fields=["organisation_id"])]

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """What a session must match, asked by Django each request: it ends with the password, and with the round."""
        said = f"{self.password} {self.session_round}"
        return salted_hmac("lianfang.sessions", said, secret=secret, algorithm="sha256").hexdigest()


class RoleGrant(Row):
    """A role held by an account on one area's subtree for a time; the area's hierarchy is named.

    incident_id: it holds for things of that incident alone. body_id: for the accounts of that body alone, among
    which its holder may hand on the roles it delegates.
    """

    personal: ClassVar[tuple[str, ...]] = ()

    account = models.ForeignKey(Account, models.CASCADE, related_name="grants")
    role = models.CharField(max_length=40)
    hierarchy = models.CharField(max_length=30)
    area = models.ForeignKey(Area, models.PROTECT)
    from_at = models.DateTimeField()
    to_at = models.DateTimeField(null=True)
    granted_by = models.UUIDField()
    incident_id = models.UUIDField(null=True)
    body_id = models.UUIDField(null=True)
    delegates = ArrayField(models.CharField(max_length=40), default=list, db_default=[])
    scopes = ArrayField(models.CharField(max_length=40), default=list, db_default=[])  # a program's rights

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(role=PROGRAM) | Q(scopes=[]), name="scopes_are_of_programs"),
        ]
        indexes = [
            models.Index(fields=["account", "from_at"]),
            models.Index(fields=["area", "role"]),
            models.Index(fields=["incident_id"], condition=~Q(incident_id=None), name="grants_of_an_incident"),
        ]


class Program(Row):
    """An account that is a program: for what, until when, revoked or not. Nobody signs in by it."""

    personal: ClassVar[tuple[str, ...]] = ()

    account = models.OneToOneField(Account, models.CASCADE, related_name="program")
    purpose = models.CharField(max_length=120)
    until_at = models.DateTimeField()
    made_by = models.UUIDField()
    made_at = models.DateTimeField()
    suite = models.CharField(max_length=10, blank=True)  # of its key: with one it signs its calls and has no token
    public_key = models.BinaryField(max_length=64, default=b"")  # x then y
    revoked_by = models.UUIDField(null=True)
    revoked_at = models.DateTimeField(null=True)


class ProgramSecret(Row):
    """One secret of a program, as a keyed digest alone, with the time in which it serves."""

    personal: ClassVar[tuple[str, ...]] = ()

    program = models.ForeignKey(Program, models.CASCADE, related_name="secrets")
    digest = models.BinaryField(max_length=32)
    from_at = models.DateTimeField()
    to_at = models.DateTimeField(null=True)
    made_by = models.UUIDField()


class PortalBinding(Row):
    """Whom a portal means when it names somebody: an account, bound beforehand by its administrator.

    subject: what a key of the site makes of the portal's word for the person; the word itself lies nowhere here.
    """

    personal: ClassVar[tuple[str, ...]] = ()

    account = models.ForeignKey(Account, models.CASCADE, related_name="bindings")
    portal = models.CharField(max_length=30)
    subject = models.CharField(max_length=64)
    bound_at = models.DateTimeField()
    bound_by = models.UUIDField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["portal", "subject"], condition=Q(ended_at=None), name="one_account"),
            models.UniqueConstraint(fields=["portal", "account"], condition=Q(ended_at=None), name="one_subject"),
        ]
