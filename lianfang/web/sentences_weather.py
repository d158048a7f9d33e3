"""Refusals about weather warnings in their four parts, what is said after something was done, and codes in words."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

WEATHER = {
    "incidents.alert_unreadable": (
        _("The alert was not taken"),
        _("At “%(element)s” the file should have: %(fix)s."),
        _("Ask the weather service for the file again, or type the warning in. Nothing of it was taken."),
        _("The weather service sends the file."),
    ),
    "incidents.alert_not_real": (
        _("The alert was not taken"),
        _("Its status is %(status)s: it is a test, a draft or an exercise."),
        _("Take in the real alert. In an exercise, alerts with the status Exercise are taken."),
        _("The weather service sends the real one."),
    ),
    "incidents.alert_elsewhere": (
        _("The alert was not taken"),
        _("None of its areas is yours: %(areas)s."),
        _("Type the warning in for your area, if it holds there."),
        _("The duty officer of the area it names can take it in."),
    ),
    "incidents.warning_unknown": (
        _("The warning was not entered"),
        _("The edition knows no warning %(kind)s in this colour: %(colour)s."),
        _("Choose a warning from the list."),
        _("Who wrote the edition can add it."),
    ),
    "incidents.warning_unfit": (
        _("The warning was not entered"),
        _("This is missing or does not fit: %(field)s."),
        _("A warning needs an area, and an end that lies ahead and after its beginning. Mend it and send again."),
        _("Whoever enters the warning."),
    ),
    "incidents.warning_missing": (
        _("There is no such warning"),
        _("It has ended, was replaced, or lies outside your area."),
        _("Look at the list of warnings. If the alert before was never taken in, there is nothing to cancel."),
        _("The duty officer sees all warnings."),
    ),
}
WEATHER_DONE = {
    "weather.raised": _("The warning is entered. The posts outdoors are flagged and their leads were told."),
    "weather.taken": _("The alert was taken. The posts outdoors are flagged and their leads were told."),
    "weather.cancelled": _("The warning has ended. What it asked of the posts is over."),
    "weather.answered": _("Noted. Everybody at this post sees it."),
    "weather.resumed": _("Noted: this post is back to normal."),
}
WEATHER_WORDS = {
    "UTF-8": _("text in UTF-8"),
    "a file without document type and entities": _("no document type and no entities"),
    "an alert of the Common Alerting Protocol, 1.1 or 1.2": _("an alert of the Common Alerting Protocol, 1.1 or 1.2"),
    "a time with its zone, as 2022-03-16T07:30:00+08:00": _("a time with its zone, as 2022-03-16T07:30:00+08:00"),
    "a time after onset": _("an end after the beginning"),
    "what the alert says, at least once": _("what the alert says, at least once"),
    "points as latitude,longitude with spaces between them": _("points as latitude,longitude with spaces between"),
    "the first point again as the last": _("the first point again as the last"),
    "a colour in the event or headline, or a severity other than Unknown": _(
        "a colour in the event or headline, or a severity other than Unknown"
    ),
}
