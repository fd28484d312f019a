"""What is older than reminders without an end: the migration has them go on, and retires households whose closure is
over. As often as it runs, once."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from importlib import import_module

from brokerage.core.audit import outbox
from brokerage.core.audit.models import OutboxItem
from brokerage.core.tenants.context import acting, worker
from brokerage.safeguarding.closures.actions.announcing import announce_closure, close_home
from brokerage.safeguarding.models import AlertRecipient
from providers.models import CarerHousehold
from tests.api.crowds import superuser
from tests.cast import TODAY, actor_of, ident
from tests.closures.test_closures import facts as closing
from tests.dpv.measuring import in_force, proposed
from tests.incidents.reporting import reported, resident
from tests.safeguarding.alerting import answered, raised

KINDS = {
    "alert_reminder": 1,
    "alert_confirm_reminder": 1,
    "check_reminder": 1,
    "incident_reminder": 1,
    "measure_reminder": 3,
}
HOUSEHOLD = ident("ALD-1")


def waiting() -> Counter[str]:
    with worker():
        rows = OutboxItem.objects.filter(kind__in=KINDS, done_at__isnull=True, failed_at__isnull=True)
        return Counter(rows.values_list("kind", flat=True))


def migrate(name: str) -> None:
    migration = import_module("brokerage.safeguarding.migrations.0005_reminders_from_before")
    with superuser(name) as cursor:
        cursor.execute("SET ROLE brokerage_migrator")
        for statement in migration.STATEMENTS:
            cursor.execute(statement)


def test_what_is_not_done_is_reminded_of_again_once(committed: str) -> None:
    lives = resident()
    alert = raised()
    raised(severity="high", establishment_id=ident("birch-lodge"))
    answered(alert.reference)
    reported(lives)
    with acting(actor_of("carol")) as carol:
        closure = announce_closure(
            carol,
            facts=closing(
                provider_id=ident("alder"), establishment_id=ident("alder-fostering"), household_id=HOUSEHOLD
            ),
        )
        close_home(carol, reference=closure.reference, closed_on=TODAY)
    in_force(kind="restrict")
    proposed(is_urgent=True, provider_id=ident("cedar"))
    assert waiting() == KINDS
    migrate(committed)
    assert waiting() == KINDS, "what waits is not queued twice"
    with worker():
        OutboxItem.objects.filter(kind="alert_reminder").update(payload={"alert": str(alert.pk), "step": 3})
        AlertRecipient.objects.filter(alert_id=alert.pk).update(reminded=3)
        OutboxItem.objects.filter(kind="incident_reminder").update(failed_at=alert.sent_at)
        OutboxItem.objects.filter(kind__in=KINDS, failed_at__isnull=True).update(done_at=alert.sent_at)
        OutboxItem.objects.filter(kind="firewall_homes").delete()
        known = set(OutboxItem.objects.values_list("pk", flat=True))
    with superuser(committed) as cursor:
        cursor.execute("UPDATE providers_carerhousehold SET retired_on = NULL")
    for _twice in range(2):
        migrate(committed)
    assert waiting() == KINDS
    with worker():
        items = list(OutboxItem.objects.exclude(pk__in=known))
    steps = {(item.kind, item.payload["step"]) for item in items if item.kind in KINDS}
    # Only alerts and incidents are numbered on by what the outbox knows; the others by what was told.
    assert ("alert_reminder", 4) in steps and ("incident_reminder", 2) in steps
    (look,) = (item for item in items if item.kind == "firewall_homes")
    assert look.payload == {"homes": [str(ident("alder-fostering"))]}
    with acting(actor_of("carol")):
        household = CarerHousehold.objects.get(pk=HOUSEHOLD)
    assert household.retired_on == TODAY and household.is_on_hold
    (climbed,) = (item for item in items if item.kind == "alert_reminder")
    assert climbed.available_at - climbed.created_at > dt.timedelta(hours=1), "not high: on the next weekday"
    for item in items:
        outbox._handlers[item.kind](item)
    with worker():
        assert OutboxItem.objects.filter(kind="alert_reminder", payload__step=5).exists()
