"""The demo shows a council whose person came to live at a home after it had answered the alert about it."""

from __future__ import annotations

import pytest

from brokerage.core.tenants.context import acting
from brokerage.demo.alerts import somebody_comes
from brokerage.safeguarding.queries.alerts import awaiting_plans
from tests.cast import actor_of
from tests.safeguarding.alerting import answered, raised

pytestmark = pytest.mark.usefixtures("as_owner")


def test_somebody_comes_after_the_answer() -> None:
    alert = raised("edith")
    answered(alert.reference)
    somebody_comes(actor_of("olive"), alert)
    with acting(actor_of("olive")):
        assert awaiting_plans().filter(reference=alert.reference).exists()
