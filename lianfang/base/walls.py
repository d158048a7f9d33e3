"""The second wall: PostgreSQL itself gives pages no person outside the actor's areas, purposes and own self.

It stands behind the rights that queries test, against a filter that somebody forgot. Who acts is told by the door
(`name_actor`); with nobody named, nothing is given. It is no wall against whoever may send any SQL at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from lianfang.base.roles import JOB_ROLE, REQUEST_ROLE

# A role with one of these rights on an area may meet its people by name, somewhere in the house.
OPENS = ("grid.read", "watch.read", "watch.check", "tracing.read", "sampling.scan", "rounds.end")
ACTOR = "nullif(current_setting('lianfang.actor', true), '')::uuid"
AT = "coalesce(nullif(current_setting('lianfang.at', true), '')::timestamptz, now())"
FUNCTIONS = (  # constants of this file alone
    # A program holds no role of the catalogue, but the scopes of its grant.
    f"""
CREATE OR REPLACE FUNCTION lianfang_areas() RETURNS SETOF uuid LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public AS $$
    SELECT c.descendant_id FROM accounts_rolegrant g LEFT JOIN editions_role r ON r.name = g.role
    JOIN areas_areaclosure c ON c.hierarchy = g.hierarchy AND c.ancestor_id = g.area_id
    WHERE g.account_id = {ACTOR} AND g.from_at <= {AT} AND (g.to_at IS NULL OR g.to_at > {AT})
    AND g.body_id IS NULL
    AND CASE g.role WHEN 'program' THEN to_jsonb(g.scopes) ELSE r.body->'rights' END
        ?| ARRAY[{", ".join(f"'{r}'" for r in OPENS)}]
$$""",  # noqa: S608  # constants of this file alone
    # A purpose ends with the last post. A door or a building stands for its people.
    f"""
CREATE OR REPLACE FUNCTION lianfang_subjects() RETURNS SETOF uuid LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public AS $$
    SELECT p.subject_id FROM privacy_purpose p WHERE p.actor_id = {ACTOR} AND p.from_at <= {AT}
    AND (p.to_at IS NULL OR p.to_at > {AT}) AND EXISTS (SELECT FROM accounts_rolegrant g
        WHERE g.account_id = {ACTOR} AND g.from_at <= {AT} AND (g.to_at IS NULL OR g.to_at > {AT}))
    UNION ALL SELECT s.building_id FROM rounds_share s WHERE s.account_id = {ACTOR} AND EXISTS (
        SELECT FROM accounts_rolegrant g
        WHERE g.account_id = {ACTOR} AND g.from_at <= {AT} AND (g.to_at IS NULL OR g.to_at > {AT}))
    UNION ALL SELECT a.person_id FROM accounts_account a WHERE a.id = {ACTOR} AND a.person_id IS NOT NULL
$$""",  # noqa: S608  # constants of this file alone
)
NEAR = """(EXISTS (SELECT FROM grid_presence p WHERE p.person_id = {person} AND (p.area_id IN (SELECT lianfang_areas())
    OR p.household_id IN (SELECT lianfang_subjects()) OR p.building_id IN (SELECT lianfang_subjects())))
    OR {person} IN (SELECT lianfang_subjects()))"""
# Table: what the request role may see and change of it. What it adds is another's matter: the services test that.
WALLS = {
    "grid_person": NEAR.format(person="grid_person.id"),
    "watch_check": "EXISTS (SELECT FROM watch_watchcase c WHERE c.id = watch_check.case_id AND "
    + NEAR.format(person="c.person_id")
    + ")",
}


def build_walls() -> None:
    """Raise the walls, or renew them; `lianfang up` does so once tables and roles are there. Only the owner may."""
    with connection.cursor() as cursor:
        for f in FUNCTIONS:
            cursor.execute(f)
        for table, sees in WALLS.items():
            cursor.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
            for name in ("request_sees", "request_changes", "request_ends", "request_adds", "jobs"):
                cursor.execute(f"DROP POLICY IF EXISTS {name} ON {table}")
            cursor.execute(f"CREATE POLICY request_sees ON {table} FOR SELECT TO {REQUEST_ROLE} USING ({sees})")
            cursor.execute(f"CREATE POLICY request_changes ON {table} FOR UPDATE TO {REQUEST_ROLE} USING ({sees})")
            cursor.execute(f"CREATE POLICY request_ends ON {table} FOR DELETE TO {REQUEST_ROLE} USING ({sees})")
            cursor.execute(f"CREATE POLICY request_adds ON {table} FOR INSERT TO {REQUEST_ROLE} WITH CHECK (true)")
            cursor.execute(f"CREATE POLICY jobs ON {table} TO {JOB_ROLE} USING (true) WITH CHECK (true)")


@contextmanager
def beyond_the_wall() -> Iterator[None]:
    """A look-up that must reach the whole city: whether a newcomer is known elsewhere, where a contact lives.

    Whoever uses it answers for what leaves it: an id, a masked name, never a page of people. A house test keeps the
    list.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        role = cursor.fetchone()[0]
        cursor.execute(f'SET LOCAL ROLE "{JOB_ROLE}"')
    try:
        yield
    finally:
        if not connection.needs_rollback:
            with connection.cursor() as cursor:
                cursor.execute(f'SET LOCAL ROLE "{role}"')
