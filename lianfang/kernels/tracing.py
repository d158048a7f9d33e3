"""Who met whom, from stays in places: Ibis expressions, one step each. Nothing here connects or runs.

Visits are rows (pid, place, tin, tout): int64 ids and seconds, half-open [tin, tout). `by_place` and `by_person` are
two copies of one normalised table, sorted by (place, tin) and by (pid, tin): only the order differs, never the rows.
The caller runs the steps one after the other and keeps the small side (cases, close contacts) as a table in between.
"""

from __future__ import annotations

import ibis
from ibis.expr.types import Table

DAY_S = 86_400


def merged(visits: Table) -> Table:
    """Overlapping or touching stays of one person in one place as one; stays that end before they begin are dropped.

    Takes: visits (pid, place, tin, tout). Gives: the same columns.
    Edge:  two devices that saw one stay would count its minutes twice; merged, they count once.
    """
    stays = visits.filter(visits.tout > visits.tin).select("pid", "place", "tin", "tout")
    order = {"group_by": ["pid", "place"], "order_by": ["tin", "tout"]}
    until = stays.mutate(latest=stays.tout.max().over(ibis.window(**order, preceding=(None, 1))))
    marked = until.mutate(begins=(until.latest.isnull() | (until.tin > until.latest)).cast("int64"))
    numbered = marked.mutate(stay=marked.begins.sum().over(ibis.window(**order, preceding=None, following=0)))
    whole = numbered.group_by(["pid", "place", "stay"]).aggregate(tin=numbered.tin.min(), tout=numbered.tout.max())
    return whole.select("pid", "place", "tin", "tout")


def split_at_midnight(visits: Table, *, offset_s: int) -> Table:
    """Each stay cut at local midnights, with its day: totals add, so no answer changes, and (place, day) is a key.

    Takes: visits (pid, place, tin, tout), tin < tout; offset_s, seconds by which local time is ahead.
    Gives: pid, place, day (days since the epoch, local), tin, tout.
    Edge:  a stay that ends at midnight has no piece on the day that begins then.
    """
    first, last = (visits.tin + offset_s) // DAY_S, (visits.tout - 1 + offset_s) // DAY_S
    cut = visits.mutate(day=ibis.range(first, last + 1).unnest())
    begins = cut.day * DAY_S - offset_s
    return cut.select(
        "pid",
        "place",
        "day",
        tin=ibis.greatest(cut.tin, begins),
        tout=ibis.least(cut.tout, begins + DAY_S),
    )


def present(visits: Table) -> Table:
    """How many persons were in a place on a day: (place, day, present)."""
    return visits.group_by(["place", "day"]).aggregate(present=visits.pid.nunique())


def crowded(visits: Table, *, most: int) -> Table:
    """Place-days with more than `most` persons: not followed person by person, announced instead."""
    counted = present(visits)
    return counted.filter(counted.present > most)


def own_visits(by_person: Table, people: Table) -> Table:
    """The visits of some people, each within the person's own window.

    Takes: people (pid, from_s, to_s), one row a person. Gives: src, place, day, tin, tout.
    """
    asked = people.select(src="pid", from_s="from_s", to_s="to_s")
    met = by_person.join(asked, by_person.pid == asked.src).mutate(
        begins=lambda t: ibis.greatest(t.tin, t.from_s), ends=lambda t: ibis.least(t.tout, t.to_s)
    )
    return met.filter(met.begins < met.ends).select("src", "place", "day", tin="begins", tout="ends")


def quiet(own: Table, crowds: Table) -> Table:
    """Of own visits those to place-days that are no crowd: the ones that are followed person by person."""
    return own.anti_join(crowds, ["place", "day"])


def announced(own: Table, crowds: Table) -> Table:
    """Of own visits those to crowds: (place, day, tin, tout, present), the time somebody followed was there."""
    inside = own.join(crowds, ["place", "day"])
    return inside.group_by(["place", "day"]).aggregate(
        tin=inside.tin.min(), tout=inside.tout.max(), present=inside.present.max()
    )


def meetings(own: Table, by_place: Table) -> Table:
    """Every time two people were in one place at once: (src, pid, place, first, last, seconds).

    Edge: one who comes as the other leaves met nobody: touching intervals do not overlap.
    """
    near = by_place.select(pid="pid", place="place", day="day", since="tin", until="tout")
    rows = own.join(
        near,
        [
            own.place == near.place,
            own.day == near.day,
            near.since < own.tout,
            near.until > own.tin,
            near.pid != own.src,
        ],
    ).mutate(first=lambda t: ibis.greatest(t.tin, t.since), last=lambda t: ibis.least(t.tout, t.until))
    return rows.mutate(seconds=rows["last"] - rows["first"]).select("src", "pid", "place", "first", "last", "seconds")


def mates(households: Table, people: Table) -> Table:
    """Who lives behind the door of some people: (src, pid, first, last), for the whole of the person's window."""
    own = households.select(src="pid", hid="hid")
    asked = people.select(who="pid", from_s="from_s", to_s="to_s")
    doors = own.join(asked, own.src == asked.who).select("src", "hid", "from_s", "to_s")
    others = households.select(pid="pid", door="hid")
    pairs = doors.join(others, [doors.hid == others.door, others.pid != doors.src])
    return pairs.select("src", "pid", first="from_s", last="to_s").distinct()


def exposures(met: Table, lived: Table) -> Table:
    """One row a pair: seconds together, first, last, distinct places, whether they share a door.

    Takes: meetings and mates. Gives: src, pid, seconds, first, last, places, household.
    """
    here = met.select("src", "pid", "place", "first", "last", "seconds", shares=ibis.literal(0, "int64"))
    home = lived.select(
        "src",
        "pid",
        "first",
        "last",
        place=ibis.null("int64"),
        seconds=ibis.literal(0, "int64"),
        shares=ibis.literal(1, "int64"),
    ).select("src", "pid", "place", "first", "last", "seconds", "shares")
    rows = here.union(home)
    return rows.group_by(["src", "pid"]).aggregate(
        seconds=rows.seconds.sum().cast("int64"),
        first=rows["first"].min(),
        last=rows["last"].max(),
        places=rows.place.nunique(),
        household=rows.shares.max() == 1,
    )


def close_contacts(pairs: Table, *, least_s: int) -> Table:
    """Pairs that make a close contact: least_s seconds together over all places, or one door.

    Edge: exactly least_s is close.
    """
    return pairs.filter((pairs.seconds >= least_s) | pairs.household)


def secondary_contacts(pairs: Table, known: Table) -> Table:
    """Whom close contacts exposed, each once: the exposure that came first, and by whom (via).

    Takes: exposures of close contacts (src, pid …); known (pid): the case and its close contacts, who are left out.
    Gives: via, pid, seconds, first, last, places, household, chains (how many close contacts exposed the person).
    Edge:  of two that exposed somebody at the same second the smaller id is named, so that a second run says the same.
    """
    fresh = pairs.anti_join(known, "pid")
    ranked = fresh.mutate(
        place_of=ibis.row_number().over(group_by=fresh.pid, order_by=[fresh["first"], fresh.src]),
        chains=fresh.src.nunique().over(group_by=fresh.pid),
    )
    best = ranked.filter(ranked.place_of == 0)
    return best.select("pid", "seconds", "first", "last", "places", "household", "chains", via="src")


def places_met(met: Table, wanted: Table) -> Table:
    """In which places each wanted pair met, for the evidence: (src, pid, place, first, last, seconds)."""
    pairs = met.semi_join(wanted, ["src", "pid"])
    return pairs.group_by(["src", "pid", "place"]).aggregate(
        first=pairs["first"].min(), last=pairs["last"].max(), seconds=pairs.seconds.sum().cast("int64")
    )
