"""Carrying messages out of the house through a site's channels (WeCom, DingTalk, Feishu, mail …) by apprise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import apprise

from lianfang.domains.messages.models import Message


def carry(
    messages: Sequence[tuple[Message, str]], *, channels: Mapping[str, str]
) -> tuple[list[UUID], list[tuple[UUID, str]]]:
    """Hand each (message, text) to its channel; gives the ids that left and those that failed with a reason code.

    Messages to a person's own page are not among them: they need no carrier (`show_pages`).
    """
    sent: list[UUID] = []
    failed: list[tuple[UUID, str]] = []
    carriers: dict[str, Any] = {}
    for message, text in messages:
        address = channels.get(message.channel)
        if not address:
            failed.append((message.id, "messages.channel_unknown"))
            continue
        if message.channel not in carriers:
            carriers[message.channel] = apprise.Apprise()
            carriers[message.channel].add(address)
        done = carriers[message.channel].notify(body=text)
        if done:
            sent.append(message.id)
        else:
            failed.append((message.id, "messages.channel_failed"))
    return sent, failed
