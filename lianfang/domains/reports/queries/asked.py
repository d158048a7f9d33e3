"""How often a household was asked the same thing twice on one day: counted from knocks and finished tasks, by row."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.timezone import get_current_timezone, get_current_timezone_name

from lianfang.domains.areas.models import DIVISION
from lianfang.domains.reports.rules import Line, rolled_up
from lianfang.domains.work.queries.asking import questions
from lianfang.domains.work.rules.asking import KNOCK

NAME = "asked.twice"
WORDS = {"zh": "一天内同一问题被问两遍的户", "en": "Households asked the same twice a day"}
UNIT = {"zh": "户", "en": "households"}
# As `work.rules.asking.times_asked` counts: each knock once, tasks of one person once and not beside his own knock.
# What a routine or plan opened is asked by its order, however often that is.
TWICE = """
WITH here AS MATERIALIZED (
    SELECT descendant_id AS id FROM areas_areaclosure WHERE hierarchy = %(hierarchy)s AND ancestor_id = %(area)s
), ask AS MATERIALIZED (
    SELECT key AS kind, value AS question FROM jsonb_each_text(%(questions)s::jsonb)
), done AS (
    SELECT i.id, i.area_id, i.unit_id, i.done_by, i.kind, i.values ->> 'about' AS about, i.closed_at,
        (i.closed_at AT TIME ZONE %(zone)s)::date AS day
    FROM work_item i WHERE i.area_id IN (SELECT id FROM here) AND i.closed_at >= %(since)s AND i.closed_at <= %(at)s
        AND i.counted IS NOT NULL AND i.routine = '' AND (i.kind = %(knock)s OR i.kind IN (SELECT kind FROM ask))
), asked AS (
    SELECT DISTINCT d.id, d.area_id, d.unit_id, d.done_by, d.day, d.closed_at, ask.question,
        d.kind = %(knock)s AS is_knock
    FROM done d CROSS JOIN LATERAL unnest(
        CASE WHEN d.kind = %(knock)s THEN string_to_array(d.about, ' ') ELSE ARRAY[d.kind] END) AS named
    JOIN ask ON ask.kind = named
), at_door AS (
    SELECT a.*, coalesce(p.household_id, a.unit_id) AS door FROM asked a LEFT JOIN LATERAL (
        SELECT household_id FROM grid_presence p WHERE p.person_id = a.unit_id AND p.to_on IS NULL
        AND p.kind IN ('lives', 'stays') AND p.household_id IS NOT NULL ORDER BY p.kind DESC LIMIT 1) p ON true
), by_person AS (
    SELECT door, day, question, done_by, greatest(count(*) FILTER (WHERE is_knock), 1) AS n
    FROM at_door GROUP BY door, day, question, done_by
), twice AS (
    SELECT door, day, question FROM by_person GROUP BY door, day, question HAVING sum(n) > 1
)
SELECT DISTINCT ON (day, door) day, a.area_id, a.id FROM twice JOIN at_door a USING (door, day, question)
ORDER BY day, door, a.closed_at DESC, a.id
"""


def _twice(area_id: UUID, first: date, at: datetime) -> list[tuple[date, UUID, UUID]]:
    """By day and household that was asked something more than once: its area, and the last item that asked."""
    zone = get_current_timezone_name()
    since = datetime.combine(first, time(), get_current_timezone())
    ask = {kind: q["name"] for kind, q in questions().items()}
    given: dict[str, Any] = {"hierarchy": DIVISION, "area": area_id, "questions": json.dumps(ask), "zone": zone,
                             "since": since, "at": at, "knock": KNOCK}  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(TWICE, given)
        return list(cursor.fetchall())


def asked_lines(area_id: UUID, day: date, at: datetime, days: int, parents: Mapping[UUID, UUID]) -> list[Line]:
    """The one line: how many households were asked the same twice on the day of the cut-off, and on the days before."""
    first = day - timedelta(days=days - 1)
    found = _twice(area_id, first, at)
    by_day = [sum(1 for on, _, _ in found if on == first + timedelta(days=n)) for n in range(days)]
    parts: dict[UUID, float] = {}
    for on, area, _ in found:
        if on == day:
            parts[area] = parts.get(area, 0.0) + 1
    history: Sequence[float | None] = [float(n) for n in by_day]
    return [Line(NAME, "asked", WORDS, UNIT, history[-1], history, rolled_up(parts, parents), source="asked")]


def asked_twice(area_id: UUID, first: date, at: datetime) -> int:
    """How many households were asked the same twice on one day, from a day on: each once a day. Of the whole place."""
    return len(_twice(area_id, first, at))


def asked_twice_items(area_id: UUID, day: date, at: datetime) -> list[UUID]:
    """The last knock or task by which each household was asked again on the day of the cut-off."""
    return [i for _, _, i in _twice(area_id, day, at)]
