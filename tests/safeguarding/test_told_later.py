"""An authority that was not told of an alert at all, and looks at the home only later."""

from __future__ import annotations

import datetime as dt

from brokerage.core.audit import outbox
from brokerage.core.audit.models import OutboxItem
from brokerage.core.notifications.models import Message
from brokerage.core.tenants.context import acting, worker
from brokerage.safeguarding.models import AlertRecipient
from tests import scenarios
from tests.api.crowds import superuser
from tests.cast import TODAY, actor_of, ident
from tests.safeguarding.alerting import CANARY, raised


def told() -> AlertRecipient | None:
    with acting(actor_of("edith")):
        found: AlertRecipient | None = AlertRecipient.objects.first()
        return found


def test_an_authority_that_was_not_told_at_all_is_told_as_if_it_had_been(committed: str) -> None:
    ealing = actor_of("edith").organisation_id
    later = TODAY + dt.timedelta(days=9)
    with superuser(committed) as cursor:
        cursor.execute(
            "UPDATE tenants_regionmember SET starts_on = %s WHERE organisation_id = %s", [later, str(ealing)]
        )
    alert = raised(severity="high", is_immediate_danger=True)
    assert told() is None
    with worker():
        OutboxItem.objects.filter(kind="alert_reminder").update(done_at=alert.sent_at)
    scenarios.invited("birch-house", who="edith")
    item = OutboxItem(
        organisation_id=ealing,
        queue="alerts",
        kind="interest_shown",
        payload={"providers": [str(ident("birch"))], "establishments": [str(ident("birch-house"))]},
    )
    for _twice in range(2):
        outbox._handlers["interest_shown"](item)
    now = told()
    assert now is not None and now.reasons == ["searching"] and CANARY in now.content["what_happened"]
    with worker():
        messages = Message.objects.filter(organisation_id=ealing, template="safeguarding.alert", channel="email")
        assert messages.count() == len(set(messages.values_list("user_id", flat=True))) > 0
        changes = list(OutboxItem.objects.filter(kind="alert_change", payload__organisation=str(ealing)))
        assert len(changes) == 1
        assert not OutboxItem.objects.filter(kind="notify", payload__icontains="safeguarding.nearer").exists()
        assert OutboxItem.objects.filter(kind="alert_reminder", done_at__isnull=True).count() == 1
