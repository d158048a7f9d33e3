"""Rows of other tables whose digest stands in their log entry: reads of personal data, and lists that left."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import psycopg
from django.db import models
from psycopg import sql
from psycopg.rows import dict_row

from lianfang.domains.audit.models import Export, PersonRead
from lianfang.domains.audit.planning.scanning import TIME
from lianfang.domains.audit.rules import Fault, digest_fits, row_bytes

SEALED: tuple[tuple[str, str, type[models.Model]], ...] = (
    ("read", "audit.record_reads", PersonRead),
    ("export", "audit.record_export", Export),
)
AT_ONCE = 5000
# Both sides whole, so that a row without its entry and an entry without its row are found alike.
_ROWS = """
WITH told AS (
    SELECT at AS told_at, told->>'row' AS told_row, told->>'row_digest' AS told_digest
    FROM base_logentry WHERE service = %(service)s AND told ? 'row' AND at >= %(since)s)
SELECT r.*, told_row, told_digest, r.at < coalesce((SELECT min(told_at) FROM told), 'infinity') AS is_before
FROM (SELECT {columns} FROM {table} WHERE at >= %(since)s) r FULL JOIN told ON told_row = r.id::text
"""


def row_faults(connection: psycopg.Connection[Any], since: datetime) -> tuple[int, int, list[Fault]]:
    """Rows held against their entries; those from before digests were told; and what is wrong."""
    seen, before, faults = 0, 0, []
    for what, service, model in SEALED:
        names = [f.attname for f in model._meta.fields]
        columns = sql.SQL(", ").join(
            sql.SQL("{} AS at").format(TIME) if n == "at" else sql.Identifier(n) for n in names
        )
        query = sql.SQL(_ROWS).format(columns=columns, table=sql.Identifier(model._meta.db_table))
        with connection.cursor(name=what, row_factory=dict_row) as cursor:
            cursor.itersize = AT_ONCE
            for row in cursor.execute(query, {"service": service, "since": since}):
                if row["id"] is None:
                    faults.append(Fault(what, row["told_row"], "removed"))
                elif row["told_row"] is not None:
                    seen += 1
                    told = row_bytes({n: row[n] for n in names})
                    if not digest_fits(told, _digest(row["told_digest"])):
                        faults.append(Fault(what, str(row["id"]), "changed"))
                elif row["is_before"]:
                    before += 1
                else:
                    faults.append(Fault(what, str(row["id"]), "inserted"))
    return seen, before, faults


def _digest(told: str | None) -> bytes:
    try:
        return bytes.fromhex(told or "")
    except ValueError:
        return b""
