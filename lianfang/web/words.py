"""Template words: texts of data by language, numbers, times and durations as the guide writes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from django import template
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, ngettext

from lianfang.base import clock
from lianfang.base.errors import Invalid
from lianfang.web.messages import done_sentence

register = template.Library()
LOCAL = ZoneInfo("Asia/Shanghai")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
DAYS_EN = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
DAYS_ZH = "一二三四五六日"
DAY = 24 * 60


def is_english() -> bool:
    """Whether the reader reads English now."""
    return (get_language() or "").startswith("en")


@register.filter
def said(text: Any) -> str:
    """A text of data ({zh, en}) in the reader's language, else in the other one."""
    if not isinstance(text, Mapping):
        return str(text or "")
    first, second = ("en", "zh") if is_english() else ("zh", "en")
    return str(text.get(first) or text.get(second) or "")


@register.filter
def named(place: Any) -> str:
    """The name of an area or place in the reader's language, where it has one."""
    return str((is_english() and getattr(place, "name_en", "")) or getattr(place, "name", "") or "")


@register.filter
def titled(item: Any) -> str:
    """A task's own title in the reader's language, where it has one in it."""
    return str((is_english() and getattr(item, "title_en", "")) or getattr(item, "title", "") or "")


@register.filter
def thousands(value: Any) -> str:
    """1032372 as 1,032,372; what is not known says so and is never 0."""
    if value is None or value == "":
        return gettext("unknown")
    number = float(value)
    return f"{int(number):,}" if number == int(number) else f"{number:,.2f}".rstrip("0").rstrip(".")


@register.filter
def in_fours(code: Any, most: int = 0) -> str:
    """A long code in groups that the eye can hold and a line can break: 1a2b 3c4d; its first groups alone if asked."""
    groups = [str(code)[n : n + 4] for n in range(0, len(str(code)), 4)]
    return " ".join(groups[:most] if most else groups)


@register.filter
def in_threes(code: Any) -> str:
    """A code of nine in groups that are read out and typed: ABC DEF GHJ."""
    return " ".join(str(code)[n : n + 3] for n in range(0, len(str(code)), 3))


@register.filter
def share_of(value: Any, whole: Any) -> str:
    """How much of a whole something is: 92.3 %."""
    return f"{float(value) / float(whole) * 100:.1f} %" if whole else ""


@register.filter
def difference(history: Sequence[float | None]) -> str:
    """The last value against the one before: +3, -2, a dash for no change, and words on the first day."""
    if len(history) < 2 or history[-1] is None:
        return ""
    if history[-2] is None or not any(history[:-1]):
        return gettext("first day") if history[-1] else "–"
    change = history[-1] - history[-2]
    return f"{'+' if change > 0 else '−'}{thousands(abs(change))}" if change else "–"


def local(when: Any) -> Any:
    """A moment as the clock on the wall shows it."""
    return when.astimezone(LOCAL) if isinstance(when, datetime) else when


@register.filter
def clock_of(when: datetime | None) -> str:
    """20:31."""
    return local(when).strftime("%H:%M") if when else ""


def day_text(when: date | datetime | None, today: date) -> str:
    """3月19日 / 19 Mar; with the year only where it is not this one."""
    if when is None:
        return ""
    d = local(when)
    if is_english():
        return f"{d.day} {MONTHS[d.month - 1]}" + ("" if d.year == today.year else f" {d.year}")
    return ("" if d.year == today.year else f"{d.year}年") + f"{d.month}月{d.day}日"


@register.filter
def day(when: date | datetime | None) -> str:
    """The day of a moment."""
    return day_text(when, local(clock.now()).date())


@register.filter
def weekday(when: date | datetime | None) -> str:
    """周四 / Thu, where people plan."""
    if when is None:
        return ""
    n = local(when).weekday()
    return DAYS_EN[n] if is_english() else "周" + DAYS_ZH[n]


def moment_text(when: datetime | None, now: datetime) -> str:
    """20:31 today, else 3月19日 20:31."""
    if when is None:
        return ""
    same = local(when).date() == local(now).date()
    return clock_of(when) if same else f"{day_text(when, local(now).date())} {clock_of(when)}"


@register.filter
def moment(when: datetime | None) -> str:
    """A moment as people say it today."""
    return moment_text(when, clock.now())


def span_text(minutes: int) -> str:
    """A span in words: 38 分; 2 小时 10 分; over 48 hours in days and hours."""
    if minutes > 2 * DAY:
        days, hours = divmod(round(minutes / 60), 24)
        text = ngettext("%(days)d day", "%(days)d days", days) % {"days": days}
        return text + (" " + gettext("%(hours)d h") % {"hours": hours} if hours else "")
    hours, rest = divmod(minutes, 60)
    if not hours:
        return gettext("%(minutes)d min") % {"minutes": rest}
    if not rest:
        return gettext("%(hours)d h") % {"hours": hours}
    return gettext("%(hours)d h %(minutes)d") % {"hours": hours, "minutes": rest}


def remains_text(due: datetime | None, now: datetime) -> str:
    """还有 2 小时 10 分 / still 2 h 10; once past: 超 40 分 / 40 min late."""
    if due is None:
        return ""
    seconds = (due - now) / timedelta(seconds=1)
    if seconds >= 0:
        return gettext("still %(span)s") % {"span": span_text(int(seconds // 60))}
    return gettext("%(span)s late") % {"span": span_text(int(-seconds // 60))}


@register.filter
def remains(due: datetime | None) -> str:
    """How long is left until a deadline, or by how much it was missed."""
    return remains_text(due, clock.now())


@register.filter
def is_past(due: datetime | None) -> bool:
    """Whether a deadline has passed."""
    return due is not None and due < clock.now()


def since_text(when: datetime | None, now: datetime) -> str:
    """已 38 分 / for 38 min."""
    if when is None:
        return ""
    return gettext("for %(span)s") % {"span": span_text(max(0, int((now - when) / timedelta(minutes=1))))}


@register.filter
def since(when: datetime | None) -> str:
    """How long something has lasted."""
    return since_text(when, clock.now())


@register.filter
def left_of(due: datetime | None) -> str:
    """The bare remainder of a deadline, for a sentence that says the rest; empty once it has passed."""
    if due is None or due < clock.now():
        return ""
    return span_text(int((due - clock.now()) / timedelta(minutes=1)))


@register.filter
def of(mapping: Any, key: Any) -> Any:
    """The entry of a mapping under a key, or nothing."""
    return mapping.get(key, "") if isinstance(mapping, Mapping) else ""


@register.filter
def split(text: str) -> list[str]:
    """The words of a text, to go through them."""
    return text.split()


@register.filter
def unit_words(unit: str) -> str:
    """What a kind of work is about."""
    return {
        "person": gettext("a person"),
        "household": gettext("a door"),
        "building": gettext("a building"),
        "area": gettext("an area"),
        "place": gettext("a place"),
        "incident": gettext("an incident"),
    }.get(unit, gettext("nothing of its own"))


@register.filter
def role_words(role: str) -> str:
    """The name of a post of the phone book of duty."""
    return {
        "command": gettext("Command"),
        "duty-officer": gettext("Duty officer"),
        "county-officer": gettext("County officer"),
        "street-lead": gettext("Street lead"),
        "committee-lead": gettext("Committee lead"),
        "grid-worker": gettext("Grid worker"),
        "medic": gettext("Medical staff"),
        "tracer": gettext("Tracer"),
        "publicity": gettext("Publicity"),
        "supply": gettext("Supply"),
    }.get(role, role)


@register.filter
def sex_words(sex: str) -> str:
    """Man or woman, or nothing where it is not known."""
    return {"m": gettext("man"), "f": gettext("woman")}.get(sex, "")


@register.simple_tag
def place_address(name: str) -> str:
    """The address of a page by name, or nothing where this installation has no such page."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


@register.simple_tag
def new_id() -> str:
    """A fresh id for one form, so that pressing it twice is a retry."""
    return str(uuid4())


@register.filter
def ended_why(why: str) -> str:
    """The reason somebody gave, or the words for a reason the house gave itself."""
    return {
        "incidents.review_ran_out": gettext("Nobody decided in time, so it became milder."),
        "tracing.contact": gettext("You were near somebody who was found infected, so you may fall ill in these days."),
        "sampling.tube_positive": gettext(
            "The tube that your sample shared has to be checked again. It does not mean that you are infected."
        ),
        "sampling.single_negative": gettext("Your own sample was negative."),
        "incidents.until_reached": gettext("The last day was over."),
        "incidents.released": gettext("The area is free again."),
        "decisions.appeal_granted": gettext("Your appeal was granted."),
    }.get(why, why)


@register.filter
def done_note(code: str | None) -> str:
    """The line that says what was just done, by the code a redirect carried."""
    return done_sentence(code or "")


@register.simple_tag
def icon(name: str) -> SafeString:
    """An icon of the sprite; always beside a word, or in a button with a label."""
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>', static("icons.svg"), name)


@register.simple_tag
def bar(value: Any, whole: Any, look: str = "") -> SafeString:
    """A bar from zero: how much of a whole, drawn by the server."""
    share = 100 * min(1.0, max(0.0, float(value or 0) / float(whole))) if whole else 0.0
    return format_html(
        '<svg class="bar {}" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">'
        '<rect width="{}" height="6"></rect></svg>',
        look,
        f"{share:.1f}",
    )


@register.simple_tag
def spark(history: Sequence[float | None]) -> SafeString:
    """A line of the last days with a dot on the newest; empty where there is nothing to compare."""
    values = [float(v) for v in history if v is not None]
    if len(values) < 2 or not any(values):
        return SafeString("")
    low, high = min(values), max(values)
    steps = [
        (4 + 88 * n / (len(values) - 1), 20 - (16 * (v - low) / (high - low) if high > low else 8))
        for n, v in enumerate(values)
    ]
    return format_html(
        '<svg class="spark" viewBox="0 0 96 24" aria-hidden="true"><polyline points="{}"></polyline>'
        '<circle cx="{}" cy="{}" r="3"></circle></svg>',
        " ".join(f"{x:.1f},{y:.1f}" for x, y in steps),
        f"{steps[-1][0]:.1f}",
        f"{steps[-1][1]:.1f}",
    )


@register.filter
def unlocalized(value: Any) -> str:
    """A number as a drawing takes it, whatever the reader's language."""
    return f"{float(value):g}"


@register.simple_tag(takes_context=True)
def address(context: template.Context, **changes: Any) -> str:
    """This page's address with some of its parameters changed; an empty one is left out."""
    query = context["request"].GET.copy()
    query.pop("said", None)
    for name, value in changes.items():
        query.pop(name, None)
        if value not in ("", None):
            query[name] = str(value)
    return "?" + query.urlencode()


def moment_in(text: str, *, field: str) -> datetime:
    """A moment as a form types it, in local time. Raises Invalid."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=LOCAL)
    except ValueError:
        raise Invalid(field=field, fix="YYYY-MM-DD HH:MM") from None


def moment_typed(text: str, *, field: str) -> datetime | None:
    """A moment as a form types it; none where nothing was typed. Raises Invalid."""
    return moment_in(text, field=field) if text.strip() else None


def typed_moment(at: datetime | None) -> str:
    """A moment as a form's box for day and hour takes it, in local time."""
    return at.astimezone(LOCAL).strftime("%Y-%m-%dT%H:%M") if at else ""
