"""The demo has a child whom their carer household is no longer approved for: a finding of the registration checks."""

from __future__ import annotations

from django.db import connections

from brokerage.core.tenants.ownership import use_owner_connection
from brokerage.demo.firewall import _outgrow
from tests.firewall.finding import check, findings
from tests.firewall.test_households import lives_with


def test_the_household_is_approved_anew_for_younger_children_once(committed: str) -> None:
    lives_with()
    settings = connections["default"].settings_dict
    before = {key: settings[key] for key in ("USER", "PASSWORD", "HOST", "PORT")}
    try:
        use_owner_connection()
        for _time in range(2):
            _outgrow()
    finally:
        connections["default"].close()
        settings.update(before)
    check()
    assert [one.codes for one in findings()] == [["household_age"]]
