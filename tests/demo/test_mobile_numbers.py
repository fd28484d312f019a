"""People of the demo with a confirmed mobile number: those who hear of alerts first, with numbers that nobody has."""

from __future__ import annotations

import re

import pytest

from brokerage.core.accounts.models import MobileNumber
from brokerage.core.tenants.context import loader
from brokerage.demo.organisations import give_mobile_numbers

pytestmark = pytest.mark.usefixtures("as_owner")


def test_leads_and_managers_have_numbers_of_the_range_for_drama() -> None:
    with loader():
        give_mobile_numbers()
        found = dict(MobileNumber.objects.values_list("user__email", "number"))
    leads_and_managers = {f"{who}@example.org" for who in ("carol", "edith", "nia", "tessa", "wendy")}
    assert set(found) == leads_and_managers
    assert len(set(found.values())) == len(found)
    assert all(re.fullmatch(r"\+447700900\d{3}", number) for number in found.values())
