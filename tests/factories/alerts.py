"""Alerts of the Common Alerting Protocol as a Chinese weather service would send them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from xml.sax.saxutils import escape

HOUR = timedelta(hours=1)
ALERT = """<?xml version="1.0" encoding="UTF-8"?>
<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>{identifier}</identifier><sender>{sender}</sender>
<sent>{sent}</sent><status>{status}</status><msgType>{kind}</msgType><scope>Public</scope>{references}{infos}</alert>"""
INFO = """<info><language>{language}</language><category>Met</category><event>{event}</event><urgency>Expected</urgency>
<severity>{severity}</severity><certainty>Likely</certainty>{code}<onset>{begins}</onset><expires>{ends}</expires>
<headline>{headline}</headline><instruction>{instruction}</instruction>{areas}</info>"""


def code_area(code: str, words: str = "某地") -> str:
    """An area named by its division code."""
    return (
        f"<area><areaDesc>{escape(words)}</areaDesc><geocode><valueName>division</valueName>"
        f"<value>{escape(code)}</value></geocode></area>"
    )


def shape_area(shape: str, text: str, words: str = "图上一块") -> str:
    """An area drawn as a polygon or circle."""
    return f"<area><areaDesc>{words}</areaDesc><{shape}>{text}</{shape}></area>"


def info(at: datetime, areas: Sequence[str], *, event: str = "暴雨", headline: str = "发布暴雨黄色预警信号",
         severity: str = "Unknown", code: str = "", language: str = "zh-CN", lasts: timedelta = 6 * HOUR,
         begins: timedelta = timedelta(), instruction: str = "注意避雨") -> str:  # fmt: skip
    """What an alert says of one event in one language."""
    coded = f"<eventCode><valueName>c</valueName><value>{code}</value></eventCode>" if code else ""
    return INFO.format(language=language, event=event, severity=severity, code=coded, headline=headline,
                       begins=(at + begins).isoformat(), ends=(at + begins + lasts).isoformat(),
                       instruction=instruction, areas="".join(areas))  # fmt: skip


def alert(at: datetime, *infos: str, identifier: str = "A1", kind: str = "Alert", status: str = "Actual",
          references: Sequence[str] = (), sender: str = "weather@city") -> bytes:  # fmt: skip
    """An alert; references are identifiers of the same sender."""
    named = " ".join(f"{sender},{r},{at.isoformat()}" for r in references)
    before = f"<references>{named}</references>" if named else ""
    text = ALERT.format(identifier=identifier, sender=sender, sent=at.isoformat(), status=status, kind=kind,
                        references=before, infos="".join(infos))  # fmt: skip
    return text.encode()
