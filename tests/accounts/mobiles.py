"""Confirmed mobile numbers of the cast, and codes that were texted. Numbers are of Ofcom's range for drama."""

from __future__ import annotations

import re

from django.utils import timezone

from brokerage.core.accounts.models import MobileNumber
from brokerage.core.sms import memory
from tests.cast import user_of

BACKEND = "brokerage.core.sms.memory.MemoryGateway"


def give_number(who: str, number: str = "+447700900001", *, asked: str = "") -> None:
    """The person has this number, confirmed; `asked` is another that waits for its code."""
    values = {"number": number, "confirmed_at": timezone.now(), "asked_number": asked}
    MobileNumber.objects.update_or_create(user_id=user_of(who).pk, defaults=values)


def code_texted() -> str:
    """The code in the newest text."""
    found = re.search(r"\b[0-9]{6}\b", memory.outbox[-1].text)
    assert found is not None
    return found[0]
