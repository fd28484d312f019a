"""People of the demo with a confirmed mobile number: those who hear of alerts first, with numbers that nobody has."""

from __future__ import annotations

import re

from django.db import connections

from brokerage.core.accounts.models import MobileNumber
from brokerage.core.tenants.context import loader
from brokerage.core.tenants.ownership import use_owner_connection
from brokerage.demo.organisations import give_mobile_numbers


def test_leads_and_managers_have_numbers_of_the_range_for_drama(committed: str) -> None:
    settings = connections["default"].settings_dict
    before = {key: settings[key] for key in ("USER", "PASSWORD", "HOST", "PORT")}
    try:
        use_owner_connection()
        with loader():
            give_mobile_numbers()
            found = dict(MobileNumber.objects.values_list("user__email", "number"))
    finally:
        connections["default"].close()
        settings.update(before)
    leads_and_managers = {f"{who}@example.org" for who in ("carol", "edith", "nia", "tessa", "wendy")}
    assert set(found) == leads_and_managers
    assert len(set(found.values())) == len(found)
    assert all(re.fullmatch(r"\+447700900\d{3}", number) for number in found.values())
