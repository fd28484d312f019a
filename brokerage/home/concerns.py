"""Patterns that wait for a person's decision, and complaints in which it is this organisation's move."""

from __future__ import annotations

import datetime as dt

from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from brokerage.core.pages.templatetags.pages import day
from brokerage.core.tenants.actors import Actor
from brokerage.core.web import address
from brokerage.home.lists import Entry, WorkList, work_list
from brokerage.safeguarding.concerns.models import Complaint, Suggestion
from brokerage.safeguarding.concerns.queries.lists import waits_for
from brokerage.safeguarding.concerns.states import SUGGESTION_LIVE


def work_of(actor: Actor, now: dt.datetime) -> list[WorkList]:
    """The lists of what the person may do. One query each."""
    lists: list[WorkList] = []
    if actor.may("concern.decide") and not actor.is_provider:
        lists.append(to_decide(actor))
    if actor.may("complaint.write"):
        lists.append(to_move(actor, localdate(now)))
    return lists


def to_decide(actor: Actor) -> WorkList:
    """Patterns without a final decision, the newest first."""
    rows = Suggestion.objects.filter(status__in=SUGGESTION_LIVE).select_related("provider", "establishment")

    def entry(suggestion: Suggestion) -> Entry:
        url = address(actor, "concerns:suggestion", reference=suggestion.reference)
        return Entry(suggestion.reference, url, f"{suggestion.about}: {suggestion.get_pattern_display()}")

    return work_list(
        _("Patterns to decide on"),
        rows.order_by("-raised_at", "pk"),
        entry,
        empty=_("No pattern waits for a decision."),
        url=address(actor, "concerns:suggestion_list"),
    )


def to_move(actor: Actor, today: dt.date) -> WorkList:
    """Complaints to acknowledge, to answer, to mediate or to end, those to be acknowledged first at the top."""

    def entry(complaint: Complaint) -> Entry:
        late = complaint.is_overdue(today)
        hint = f"{complaint.get_status_display()}: {complaint.complainant_name}"
        if complaint.acknowledged_at is None:
            hint = _("Acknowledge by %(day)s: %(name)s") % {
                "day": day(complaint.acknowledge_by),
                "name": complaint.complainant_name,
            }
        return Entry(
            complaint.reference,
            address(actor, "concerns:complaint", reference=complaint.reference),
            hint,
            state="overdue" if late else "due",
            state_label=_("Overdue") if late else _("Due"),
        )

    return work_list(
        _("Complaints that wait for you"),
        waits_for(actor),
        entry,
        empty=_("No complaint waits for you."),
        url=address(actor, "concerns:complaint_list"),
    )
