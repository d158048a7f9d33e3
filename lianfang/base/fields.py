"""Fields shared by all domains."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from django.db import models
from django.db.models.fields.related import ForeignObject
from django.db.models.lookups import Lookup


class Row(models.Model):
    """A row whose id comes from its caller, so that a retry finds the first one.

    Every model says which of its fields are personal; if any, also the scope and the retention class of their key.
    """

    id = models.UUIDField(primary_key=True)
    personal: ClassVar[tuple[str, ...]]

    class Meta:
        abstract = True


class SealedField(models.BinaryField):
    """Personal values of one row, sealed as one record: nonce, key number and ciphertext, never plain.

    `holds` names the values inside; `scope` (incident or register) and `retention` say which key, and so when they die.
    Written by `privacy.services.sealed`, opened in sets by `privacy.queries.opened`.
    """

    def __init__(
        self,
        *args: Any,
        holds: tuple[str, ...] = (),
        scope: str = "register",
        retention: str = "standing",
        **kwargs: Any,
    ) -> None:
        self.holds, self.scope, self.retention = tuple(holds), scope, retention
        kwargs.setdefault("default", b"")
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        kwargs |= {"holds": self.holds, "scope": self.scope, "retention": self.retention}
        return name, path, args, kwargs


def braced(ids: Iterable[object]) -> str:
    """Ids as PostgreSQL reads an array of them: one value, however many, and however often it is asked of them."""
    return "{" + ",".join(map(str, ids)) + "}"


@models.UUIDField.register_lookup
@ForeignObject.register_lookup
class AnyOf(Lookup):
    """`id__any=ids`: the same rows as `id__in`, asked by one value however many ids there are.

    Of hundreds, Django and the driver write each into the statement, and PostgreSQL reads each out of it again. What
    is asked often of the same ids is given them `braced` once.
    """

    lookup_name = "any"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        left, values = self.process_lhs(compiler, connection)
        ids = self.rhs if isinstance(self.rhs, str) else braced(self.rhs)
        return f"{left} = ANY (%s::uuid[])", (*values, ids)
