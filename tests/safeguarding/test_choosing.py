"""Where a home is chosen, its open alerts stand; and an authority that looks there only later is told then."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from brokerage.core.audit import outbox
from brokerage.core.audit.models import OutboxItem
from brokerage.core.clock import database_now
from brokerage.core.tenants.context import acting, worker
from brokerage.safeguarding.actions.alerts import close_alert
from brokerage.safeguarding.models import AlertRecipient
from placements.models import Release
from providers.models import Establishment
from providers.standing import warnings_about, warnings_of
from tests import scenarios
from tests.api.clients import client_of
from tests.cast import actor_of, ident
from tests.placements.test_placement_import import bring_in
from tests.safeguarding.alerting import CANARY, answered, raised
from tests.signing_in import prove

pytestmark = pytest.mark.django_db

SignIn = Callable[[str], Client]
HOUSE = ident("birch-house")


def page(client: Client, path: str, **query: Any) -> str:
    answer = client.get(path, query)
    assert answer.status_code == 200, answer
    return str(answer.content.decode())


def test_an_answered_alert_stands_wherever_the_home_is_shown_or_chosen_until_it_is_closed(sign_in: SignIn) -> None:
    alert = raised(who="edith")
    answered(alert.reference)
    link = f"/o/harrow/alerts/{alert.reference}/"
    draft = scenarios.draft_referral("oscar")
    story, (offer, _other) = scenarios.chosen("birch-house", "cedar-house")
    oscar, carol = sign_in("oscar"), sign_in("carol")
    places = [
        f"/o/harrow/referrals/{draft.reference}/match/",
        f"/o/harrow/referrals/{draft.reference}/publish/",
        "/o/harrow/homes/?sex=&age=&near=&miles=",
        f"/o/harrow/referrals/{story.reference}/compare/",
        f"/o/harrow/referrals/{story.reference}/offers/{offer.pk}/accept/",
        f"/o/harrow/referrals/{draft.reference}/spot/?q=birch",
        f"/o/harrow/providers/homes/{HOUSE}/",
    ]
    for path in places:
        shown = page(oscar, path)
        assert link in shown and CANARY not in shown, path
        assert shown.count(link) < 4, path
    register = page(carol, f"/o/west-london-central/providers/{ident('birch')}/")
    assert f"/o/west-london-central/alerts/{alert.reference}/" in register
    assert alert.reference not in page(sign_in("bob"), "/o/birch/our-homes/"), "the provider was not told"
    with acting(actor_of("edith")) as edith:
        close_alert(edith, reference=alert.reference, outcome="Nobody was hurt.")
    for path in places:
        assert link not in page(oscar, path), path


def test_it_stands_too_where_papers_are_opened_a_choice_approved_an_agreement_signed_and_somebody_moves_in(
    sign_in: SignIn,
) -> None:
    alert = raised(who="edith")
    link = f"/o/harrow/alerts/{alert.reference}/"
    open_story, _offers = scenarios.chosen("birch-house", "cedar-house")
    _story, award = scenarios.awarded("birch-house", "cedar-house")
    with acting(actor_of("oscar")):
        agreement, placement = award.agreements.get(), award.placement
        assert placement is not None
        release = Release.objects.get(referral=open_story.referral, provider_id=ident("birch"))
    oscar = sign_in("oscar")
    prove(oscar, "oscar")
    before = [
        f"/o/harrow/referrals/{open_story.reference}/providers/{release.pk}/papers/",
        f"/o/harrow/approvals/{award.pk}/",
        f"/o/harrow/agreements/{agreement.reference}/",
        f"/o/harrow/placements/{placement.reference}/",
        f"/o/harrow/placements/{placement.reference}/start/",
    ]
    for path in before:
        shown = page(oscar, path)
        assert shown.count(link) < 4 and "Read it before you decide." in shown and CANARY not in shown, path
        assert f'<a class="govuk-link" href="{link}">Safeguarding alert' in shown, path
    assert "Alert open" in page(oscar, f"/o/harrow/referrals/{open_story.reference}/providers/")
    assert alert.reference not in page(sign_in("bob"), f"/o/birch/agreements/{agreement.reference}/")
    with acting(actor_of("edith")) as edith:
        close_alert(edith, reference=alert.reference, outcome="Nobody was hurt.")
    for path in before:
        assert link not in page(oscar, path), path


def test_it_is_about_this_home_or_the_whole_provider_or_one_household() -> None:
    everywhere = raised(establishment_id=None).reference
    lodge = raised(establishment_id=ident("birch-lodge")).reference
    with acting(actor_of("edith")) as edith:
        found = warnings_of(edith, [HOUSE, ident("birch-lodge"), ident("cedar-house")])
        assert [line.reference for line in found[HOUSE]] == [everywhere]
        assert [line.reference for line in found[ident("birch-lodge")]] == [lodge, everywhere]
        assert ident("cedar-house") not in found
        (line,) = found[HOUSE]
    narrowed = {HOUSE: [line, *(type(line)("x", "alert", "x", household_id=ident(name)) for name in ("one", "two"))]}
    assert len(warnings_about(narrowed, HOUSE, ident("one"))) == 2
    assert len(warnings_about(narrowed, HOUSE, None)) == 3
    for who in ("fiona", "alice"):
        with acting(actor_of(who)) as other:
            assert not warnings_of(other, [HOUSE]), who


def test_a_hub_broker_is_told_that_there_is_one_and_whom_to_ask(sign_in: SignIn) -> None:
    alert = raised(who="edith")
    raised(kind="staffing")
    draft = scenarios.draft_referral("edith")
    story, (offer, _other) = scenarios.chosen("birch-house", "cedar-house", who="edith")
    broker = sign_in("hugh")
    hint = "Ask the council that you act for before you choose this home"
    for path in (
        f"/o/ealing/referrals/{draft.reference}/match/",
        f"/o/ealing/referrals/{draft.reference}/spot/?q=birch",
        f"/o/ealing/referrals/{story.reference}/compare/",
        f"/o/ealing/referrals/{story.reference}/offers/{offer.pk}/accept/",
    ):
        shown = page(broker, path)
        assert shown.count(hint) == 1 and "A safeguarding alert is open" in shown, path
        assert alert.reference not in shown and "/alerts/" not in shown and CANARY not in shown, path


def test_of_two_homes_of_one_name_both_are_listed(sign_in: SignIn) -> None:
    alerts = [raised(establishment_id=ident(home)).reference for home in ("birch-house", "birch-lodge")]
    with acting(actor_of("carol")):
        Establishment.objects.filter(pk__in=[HOUSE, ident("birch-lodge")]).update(name="The Birches")
    draft = scenarios.draft_referral("oscar")
    shown = page(sign_in("oscar"), f"/o/harrow/referrals/{draft.reference}/match/")
    assert all(f"/o/harrow/alerts/{reference}/" in shown for reference in alerts)


def test_operations_name_it(sign_in: SignIn) -> None:
    alert = raised(who="edith")
    draft = scenarios.draft_referral("oscar")
    story, _offers = scenarios.chosen("birch-house", "cedar-house")
    machine, without = client_of("oscar"), client_of("oscar", scopes=["referrals:read", "referrals:write"])
    for client, expected in ((machine, [alert.reference]), (without, [])):
        rows = client.get(f"/referrals/{draft.reference}/eligible-establishments").json()["eligible"]
        assert {row["establishment_name"]: row["open_alerts"] for row in rows}["Birch House"] == expected
        assert all(not row["open_alerts"] for row in rows if row["establishment_name"] == "Cedar House")
    offers = machine.get(f"/referrals/{story.reference}/comparison").json()["offers"]
    assert {row["establishment_name"]: row["open_alerts"] for row in offers} == {
        "Birch House": [alert.reference],
        "Cedar House": [],
    }


def looked() -> None:
    """What the last acts queued about homes that somebody looks at."""
    with worker():
        items = list(OutboxItem.objects.filter(kind="interest_shown", done_at__isnull=True))
    for item in items:
        for _twice in range(2):
            outbox._handlers["interest_shown"](item)


def nearer() -> list[Any]:
    with worker():
        payloads = OutboxItem.objects.filter(kind="notify").values_list("payload", flat=True)
        return [one for payload in payloads for one in payload["notices"] if one["template"] == "safeguarding.nearer"]


def told(who: str) -> AlertRecipient | None:
    with acting(actor_of(who)):
        found: AlertRecipient | None = AlertRecipient.objects.first()
        return found


def test_whoever_was_told_as_one_of_the_region_reads_what_happened_once_it_looks_there() -> None:
    raised()
    before = told("edith")
    assert before is not None and "what_happened" not in before.content
    scenarios.published_referral("edith", homes=("birch-house",))
    looked()
    now = told("edith")
    assert now is not None and {"region", "searching"} <= set(now.reasons) and CANARY in now.content["what_happened"]
    (notice,) = nearer()
    assert notice["organisation_id"] == str(actor_of("edith").organisation_id) and not notice["is_urgent"]
    scenarios.published_referral("edith", homes=("birch-house",))
    looked()
    assert len(nearer()) == 1, "it knows already"


def test_whoever_comes_nearer_is_told_by_the_look_of_another_too() -> None:
    raised()
    scenarios.published_referral("edith", homes=("birch-house",))
    with worker():
        item = OutboxItem.objects.get(kind="interest_shown")
    item.organisation_id = actor_of("alice").organisation_id
    outbox._handlers["interest_shown"](item)
    assert [one["organisation_id"] for one in nearer()] == [str(actor_of("edith").organisation_id)]
    looked()
    assert len(nearer()) == 1, "it knows already"


def reminders() -> list[OutboxItem]:
    with worker():
        return list(OutboxItem.objects.filter(kind="alert_reminder").order_by("created_at"))


def test_a_reminder_that_waits_long_comes_in_time_for_whoever_is_told_later() -> None:
    raised()
    late = database_now() + dt.timedelta(days=30)
    with worker():
        OutboxItem.objects.filter(kind="alert_reminder").update(available_at=late)
    scenarios.published_referral("edith", homes=("birch-house",))
    looked()
    (one,) = reminders()
    assert one.available_at < late - dt.timedelta(days=20)


@pytest.mark.parametrize("end", ["done_at", "failed_at"])
def test_a_reminder_that_was_set_aside_reminds_nobody(end: str) -> None:
    raised()
    with worker():
        OutboxItem.objects.filter(kind="alert_reminder").update(**{end: database_now()})
    scenarios.published_referral("edith", homes=("birch-house",))
    looked()
    _old, new = reminders()
    assert new.payload["step"] == 1 and new.failed_at is None


def test_a_reminder_is_done_when_it_has_reminded() -> None:
    raised()
    (item,) = reminders()
    outbox._handlers["alert_reminder"](item)
    first, second = reminders()
    assert first.done_at is not None and second.done_at is None and second.payload["step"] == 2


def test_whoever_imports_somebody_who_lives_there_is_told() -> None:
    raised("edith")
    before = told("olive")
    assert before is not None and "what_happened" not in before.content
    bring_in({})
    looked()
    now = told("olive")
    assert now is not None and "resident" in now.reasons and now.people == before.people + 1
    assert [one["organisation_id"] for one in nearer()] == [str(actor_of("olive").organisation_id)]
    bring_in({"weekly_core": "3950.00", "weekly_total": "4050.50"})
    with worker():
        assert OutboxItem.objects.filter(kind="interest_shown").count() == 1, "the home is the same"


def test_nobody_is_told_of_an_alert_that_was_not_sent_is_over_or_is_about_another_home() -> None:
    raised(severity="high")
    raised(establishment_id=ident("birch-lodge"))
    over = raised(kind="staffing")
    with acting(actor_of("tessa")) as tessa:
        close_alert(tessa, reference=over.reference, outcome="Nobody was hurt.")
    scenarios.published_referral("edith", homes=("birch-house",))
    looked()
    assert not nearer()
    with acting(actor_of("edith")):
        assert not AlertRecipient.objects.filter(reasons__contains=["searching"]).exists()
