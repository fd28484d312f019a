"""The safeguarding alerts that wait for an answer or a second person, for whoever may give it."""

from __future__ import annotations

from functools import partial

from django.utils.translation import gettext as _

from brokerage.core.tenants.actors import Actor
from brokerage.core.web import address
from brokerage.home.lists import Box, Entry, WorkList, together, work_list
from brokerage.safeguarding.models import Alert, AlertRecipient
from brokerage.safeguarding.queries.alerts import awaiting_plans, received_alerts
from brokerage.safeguarding.queries.lists import PLANS_MISSING

NEWEST = ("-told_at", "-id")


def work_of(actor: Actor) -> list[WorkList]:
    """The lists of what the person may do. One query for what was told, one for what a colleague raised."""
    lists: list[WorkList] = []
    if actor.may("alert.acknowledge"):
        unanswered, *planless = together(to_answer(actor), *([to_plan(actor)] if actor.is_authority else []))
        lists += [unanswered, *(one for one in planless if one.count)]
    if actor.may("alert.confirm"):
        lists.append(to_confirm(actor))
    return lists


def to_answer(actor: Actor) -> Box:
    """Alerts that the organisation has not answered, the newest first."""
    return Box(
        _("Safeguarding alerts to answer"),
        received_alerts(unanswered=True),
        NEWEST,
        partial(_entry, actor),
        empty=_("No safeguarding alert waits for an answer."),
        url=f"{address(actor, 'safeguarding:alert_list')}?state=unanswered",
    )


def to_plan(actor: Actor) -> Box:
    """Answered alerts about homes where somebody came to live since and has no plan, the newest first."""
    return Box(
        _("Safeguarding alerts: people came after your answer"),
        awaiting_plans(),
        NEWEST,
        partial(_entry, actor),
        empty=_("Everybody of yours there has a plan."),
        url=f"{address(actor, 'safeguarding:alert_list')}?state={PLANS_MISSING}",
    )


def _entry(actor: Actor, told: AlertRecipient) -> Entry:
    return Entry(
        told.reference,
        address(actor, "safeguarding:alert", reference=told.reference),
        told.content.get("about", ""),
        state="overdue" if told.severity == "high" else "due",
        state_label=told.get_severity_display(),
    )


def to_confirm(actor: Actor) -> WorkList:
    """Alerts of colleagues that wait for a second person, the oldest first."""
    rows = Alert.objects.filter(raised_by_id=actor.organisation_id, status="awaiting_confirmation")
    # Nobody is the second person of what an API client of theirs, or one with a secret of their making, has raised.
    theirs = rows.exclude(raised_by_user_id__in=actor.hands).exclude(raised_secret_by_id__in=actor.hands)

    def entry(alert: Alert) -> Entry:
        return Entry(alert.reference, address(actor, "safeguarding:alert", reference=alert.reference), alert.about)

    return work_list(
        _("Safeguarding alerts to send or not"),
        theirs.order_by("raised_at", "pk"),
        entry,
        empty=_("No safeguarding alert waits for a second person."),
        url=f"{address(actor, 'safeguarding:alert_list')}?show=raised&state=awaiting_confirmation",
    )
