"""Every task and every kind of queued work: listed, routed to a queue with a worker, and blind to other tenants."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from brokerage.celery import QUEUES, app
from brokerage.core.audit import outbox
from brokerage.core.audit.models import OutboxItem
from brokerage.core.notifications.models import Message
from brokerage.core.tenants.context import acting, current, worker
from brokerage.core.webhooks.feed import changes_after
from brokerage.safeguarding.models import Alert, AlertRecipient
from contracts.models import Agreement
from dpv.actions.suspensions import suspend_admission
from placements.models import Referral
from providers.models import ImportRun
from tests import scenarios
from tests.api.clients import client_of
from tests.cast import TODAY, actor_of, ident
from tests.dpv.measuring import in_force
from tests.firewall.finding import findings, found
from tests.safeguarding.alerting import answered, raised

#: Kinds of queued work, and what each must not do for an organisation that does not own what it names.
WORK = {
    "alert_change",
    "alert_confirm_reminder",
    "alert_plan_reminder",
    "alert_reminder",
    "announce_closing",
    "change",
    "check_reminder",
    "closure_change",
    "closure_reminder",
    "complaint_reminder",
    "concern_patterns",
    "firewall_change",
    "firewall_homes",
    "import_run",
    "incident_reminder",
    "interest_shown",
    "invite",
    "measure_reminder",
    "measure_told",
    "move_start",
    "notify",
    "remind_extras",
    "remind_signature",
    "remind_start",
    "render_alert_proof",
    "render_ipa",
    "seal_ipa",
    "suspension_told",
}


def test_every_task_has_a_route_and_every_route_a_task_and_a_queue() -> None:
    app.loader.import_default_modules()
    ours = {name for name in app.tasks if not name.startswith("celery.")}
    routes: dict[str, dict[str, Any]] = app.conf.task_routes
    assert ours == set(routes)
    assert {route["queue"] for route in routes.values()} <= set(QUEUES)
    assert {entry["task"] for entry in app.conf.beat_schedule.values()} <= ours


def test_every_kind_of_work_is_listed_here() -> None:
    assert set(outbox._handlers) == WORK


def _item(kind: str, owner: str, **payload: Any) -> OutboxItem:
    return OutboxItem(organisation_id=ident(owner), queue="default", kind=kind, payload=payload)


def test_work_for_one_organisation_does_not_touch_another_s(committed: str) -> None:
    _story, award = scenarios.awarded("birch-house")
    with acting(actor_of("oscar")) as oscar:
        agreement = Agreement.objects.get(award_id=award.pk)
        run = ImportRun.objects.create(
            organisation_id=oscar.organisation_id, kind="placements", file_name="x.csv", is_dry_run=True
        )
    # Alder (a rival provider) and its central team name Harrow's things.
    outbox._handlers["render_ipa"](_item("render_ipa", "alder", agreement=str(agreement.pk)))
    outbox._handlers["seal_ipa"](_item("seal_ipa", "alder", agreement=str(agreement.pk), authority=str(ident("alder"))))
    closing = {"referral": str(award.referral_id), "closes_at": "2026-01-01T00:00:00+00:00"}
    for other in ("alder", "west-london-central"):
        outbox._handlers["announce_closing"](_item("announce_closing", other, **closing))
    for other in ("alder", "west-london-central", "ealing"):
        owner = actor_of("edith").organisation_id if other == "ealing" else ident(other)
        for kind, payload in (
            ("remind_signature", {"agreement": str(agreement.pk), "working_days": 2}),
            ("move_start", {"placement": str(agreement.placement_id)}),
            ("remind_start", {"placement": str(agreement.placement_id), "planned_start_on": "2026-01-01"}),
            ("remind_extras", {"placement": str(agreement.placement_id), "ends_on": "2026-01-01"}),
        ):
            outbox._handlers[kind](OutboxItem(organisation_id=owner, queue="default", kind=kind, payload=payload))
    outbox._handlers["import_run"](_item("import_run", "west-london-central", run=str(run.pk)))
    with acting(actor_of("oscar")):
        agreement.refresh_from_db()
        run.refresh_from_db()
        assert agreement.status == "drawn_up" and not agreement.unsealed_file
        assert run.state == "waiting"


def test_work_about_an_alert_tells_nobody_for_another_organisation(committed: str) -> None:
    """Somebody else's item naming Harrow's alert: nobody's feed hears of it, and nobody is reminded for them."""
    for who in ("olive", "edith", "cecil"):
        client_of(who, scopes=["changes:read"])
    alert = raised()
    with worker():
        before = Message.objects.count()
    payload = {"alert": str(alert.pk), "template": "safeguarding.alert", "step": 1}
    for other in ("ealing", "alder", "south-east-wales-central"):
        outbox._handlers["alert_change"](_item("alert_change", other, **payload))
        outbox._handlers["alert_reminder"](_item("alert_reminder", other, **payload))
    waiting = {"alert": str(raised(severity="high").pk), "step": 1}
    for other in ("ealing", "alder", "south-east-wales-central"):
        outbox._handlers["alert_confirm_reminder"](_item("alert_confirm_reminder", other, **waiting))
    later = {"recipient": str(_answered_before_somebody_came(alert)), "step": 1}
    for who in ("edith", "alice", "cecil"):
        item = _item("alert_plan_reminder", "birch", **later)
        item.organisation_id = actor_of(who).organisation_id
        outbox._handlers["alert_plan_reminder"](item)
    with worker():
        assert Message.objects.count() == before
        assert not AlertRecipient.objects.filter(reminded__gt=0).exists()
    for who in ("olive", "edith", "cecil"):
        with acting(actor_of(who)) as actor:
            assert not changes_after(actor.organisation_id, 0, kinds=["alert.received"], limit=10).changes


def _answered_before_somebody_came(alert: Alert) -> UUID:
    """Harrow has answered, and somebody of its own came there since: the row by which it was told."""
    told = answered(alert.reference)
    scenarios.awarded("birch-house")
    return told.pk


def test_saying_that_one_looks_at_a_home_tells_nobody_who_does_not(committed: str) -> None:
    """Whoever queues it names homes alone: who is told follows from who has invited them."""
    raised()
    with worker():
        before = Message.objects.count()
    homes = {"providers": [str(ident("birch"))], "establishments": [str(ident("birch-house"))]}
    for who in ("edith", "nia", "alice", "wendy"):
        item = _item("interest_shown", "birch", **homes)
        item.organisation_id = actor_of(who).organisation_id
        outbox._handlers["interest_shown"](item)
    with worker():
        assert Message.objects.count() == before
        assert not OutboxItem.objects.filter(kind="notify", payload__icontains="safeguarding.nearer").exists()


def test_work_about_a_measure_tells_nobody_for_another_organisation(committed: str) -> None:
    """An item of anybody but the region's central team tells no officer anything."""
    scenarios.invited("birch-house")
    measure = in_force()
    with worker():
        before = OutboxItem.objects.count()
    for who in ("edith", "bob", "wendy"):
        item = _item("measure_told", "birch", measure=measure.reference)
        item.organisation_id = actor_of(who).organisation_id
        outbox._handlers["measure_told"](item)
    with worker():
        assert OutboxItem.objects.count() == before
    outbox._handlers["measure_told"](_item("measure_told", "west-london-central", measure=measure.reference))
    with worker():
        assert OutboxItem.objects.count() == before + 1


def test_work_about_a_suspension_tells_nobody_for_another_organisation(committed: str) -> None:
    """The same of a suspension from a lot."""
    scenarios.invited("birch-house")
    with acting(actor_of("carol")) as carol:
        made = suspend_admission(carol, admission_id=ident("admission birch-house"), reason="Seen.", review_on=TODAY)
    with worker():
        before = OutboxItem.objects.count()
    for who in ("edith", "bob", "wendy"):
        item = _item("suspension_told", "birch", suspension=str(made.pk))
        item.organisation_id = actor_of(who).organisation_id
        outbox._handlers["suspension_told"](item)
    with worker():
        assert OutboxItem.objects.count() == before
    outbox._handlers["suspension_told"](_item("suspension_told", "west-london-central", suspension=str(made.pk)))
    with worker():
        assert OutboxItem.objects.count() == before + 1


def test_a_measure_s_reminder_tells_nobody_for_another_organisation(committed: str) -> None:
    """An item of anybody but the region's central team reminds nobody and queues nothing."""
    measure = in_force(review_on=TODAY)
    payload = {"measure": measure.reference, "what": "review", "day": TODAY.isoformat(), "step": 1}
    with worker():
        before = OutboxItem.objects.count()
    for who in ("edith", "olive", "bob", "wendy"):
        item = _item("measure_reminder", "birch", **payload)
        item.organisation_id = actor_of(who).organisation_id
        outbox._handlers["measure_reminder"](item)
    with worker():
        assert OutboxItem.objects.count() == before
    outbox._handlers["measure_reminder"](_item("measure_reminder", "west-london-central", **payload))
    with worker():
        assert OutboxItem.objects.count() > before


def test_a_run_of_the_firewall_tells_no_other_organisation_what_it_found(committed: str) -> None:
    """Somebody else's item naming Harrow's run tells no feed; naming homes, every authority is told its own alone."""
    for who in ("olive", "edith", "cecil"):
        client_of(who, scopes=["changes:read"])
    one = found()
    for other in ("ealing", "alder", "west-london-central"):
        owner = actor_of("edith").organisation_id if other == "ealing" else ident(other)
        payload = {"check": str(one.told_in), "homes": [str(ident("birch-house"))]}
        for kind in ("firewall_change", "firewall_homes"):
            outbox._handlers[kind](OutboxItem(organisation_id=owner, queue="alerts", kind=kind, payload=payload))
    for who in ("olive", "edith", "cecil"):
        with acting(actor_of(who)) as actor:
            assert not changes_after(actor.organisation_id, 0, kinds=["finding.found"], limit=10).changes
    with worker():
        told = set(Message.objects.filter(template="firewall.found").values_list("organisation_id", flat=True))
    assert told == {actor_of("olive").organisation_id}
    assert [each.reference for each in findings()] == [one.reference] and not findings("edith")


def test_a_task_ends_outside_every_context(committed: str) -> None:
    scenarios.awarded("birch-house")
    assert outbox.claim("documents", 10)
    assert current() is None
    with pytest.raises(RuntimeError):
        Referral.objects.count()
