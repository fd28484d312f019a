"""The lists of alerts, with their filters, and the words and facts of one alert as a page shows them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db.models import Case, Q, QuerySet, Value, When
from django.utils.dateparse import parse_date
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from brokerage.core.pages.templatetags.pages import day
from brokerage.core.references import normalise_reference
from brokerage.safeguarding.models import Alert, AlertRecipient, Kind, Reason, WelfareCheck
from brokerage.safeguarding.queries.alerts import Told, is_plan_missing

UNANSWERED = Q(acknowledged_at__isnull=True, closed_at__isnull=True)
ANSWERED = Q(acknowledged_at__isnull=False, closed_at__isnull=True)
#: Answered, and somebody came there since whom no plan is for: known to authorities alone.
PLANS_MISSING = "plans_missing"
#: What a received alert waits for, as filters and tags name it.
STATES: dict[str, tuple[Q, str | Promise]] = {
    "unanswered": (UNANSWERED, gettext_lazy("Not answered")),
    PLANS_MISSING: (Q(is_plan_missing=True), gettext_lazy("Plans missing")),
    "answered": (ANSWERED, gettext_lazy("Answered")),
    "closed": (Q(closed_at__isnull=False), gettext_lazy("Closed")),
}
#: Who else was told: name of reference and day in an alert's content, and how a page calls them.
OFFICES: dict[str, str | Promise] = {
    "regulator": gettext_lazy("Regulator"),
    "police": gettext_lazy("Police"),
    "lado": gettext_lazy("Designated officer (LADO)"),
}
#: The same reasons, of others: on the page that says who was told.
REASONS_OF_OTHERS: dict[str, str | Promise] = {
    Reason.RAISED: gettext_lazy("Raised it"),
    Reason.RESIDENT: gettext_lazy("Somebody of theirs lives there"),
    Reason.STARTING: gettext_lazy("Somebody of theirs is to move in"),
    Reason.SEARCHING: gettext_lazy("It is invited to a referral of theirs"),
    Reason.CENTRAL: gettext_lazy("Runs the region"),
    Reason.REGION: gettext_lazy("Is in the region"),
    Reason.OTHER_REGION: gettext_lazy("Their region admits the provider"),
    Reason.PROVIDER: gettext_lazy("It is about them"),
}


def listed_received(
    *, has_people: bool = False, state: str = "", severity: str = "", kind: str = "", q: str = ""
) -> QuerySet[AlertRecipient]:
    """The alerts that the organisation acted for was told of: those without its answer first, then those without a plan
    for somebody (where it `has_people`: an authority), then the newest."""
    is_missing = Case(When(ANSWERED, then=is_plan_missing()), default=False) if has_people else Value(False)
    rows = AlertRecipient.objects.annotate(is_unanswered=UNANSWERED, is_plan_missing=is_missing)
    if state in STATES:
        rows = rows.filter(STATES[state][0])
    if severity:
        rows = rows.filter(severity=severity)
    if kind:
        rows = rows.filter(content__kind=kind)
    if words := q.strip():
        rows = rows.filter(Q(reference=normalise_reference(words)) | Q(content__about__icontains=words))
    return rows.order_by("-is_unanswered", "-is_plan_missing", "-told_at", "-id")


def listed_raised(
    organisation_id: UUID, *, state: str = "", severity: str = "", kind: str = "", q: str = ""
) -> QuerySet[Alert]:
    """The alerts that the organisation raised: those that wait for a second person first, then the newest."""
    rows = Alert.objects.filter(raised_by_id=organisation_id).annotate(is_waiting=Q(status="awaiting_confirmation"))
    wanted = {"status": state, "severity": severity, "kind": kind}
    rows = rows.filter(**{name: value for name, value in wanted.items() if value})
    if words := q.strip():
        rows = rows.filter(Q(reference=normalise_reference(words)) | Q(about__icontains=words))
    return rows.order_by("-is_waiting", "-raised_at", "-id")


def state_of(told: AlertRecipient) -> str:
    """One of `STATES`. Whether a plan is missing is known of what `listed_received` lists."""
    if told.closed_at is not None:
        return "closed"
    if told.acknowledged_at is None:
        return "unanswered"
    return PLANS_MISSING if getattr(told, "is_plan_missing", False) else "answered"


def kind_label(kind: str) -> str:
    """A kind of alert in words."""
    return str(Kind(kind).label) if kind in Kind.values else kind


def reason_labels(told: AlertRecipient) -> list[str]:
    """Why the organisation is told, the nearest reason first."""
    return [str(Reason(reason).label) for reason in Reason.values if reason in told.reasons]


def reasons_of(line: Told) -> list[str]:
    """Why an organisation was told, in words about it."""
    return [str(REASONS_OF_OTHERS[reason]) for reason in Reason.values if reason in line.reasons]


def checks_of(told: AlertRecipient) -> list[WelfareCheck]:
    """What the organisation planned for its own people there, those not done first."""
    return sorted(told.checks.order_by("planned_at", "pk"), key=lambda check: check.done_on is not None)


def content_of(alert: Alert) -> dict[str, Any]:
    """An alert that was not sent, in the shape in which those who are told read it."""
    names = ("about", "kind", "is_immediate_danger", "outcome", "what_happened", "action_taken")
    told = [f"{office}_{part}" for office in OFFICES for part in ("reference", "told_on")]
    return {name: getattr(alert, name) for name in (*names, *told)}


def facts_of(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What an alert says, as rows of a summary: only what the content holds."""
    rows: list[dict[str, Any]] = [{"key": _("Kind"), "value": kind_label(str(content.get("kind", "")))}]
    for name, label in (
        ("raised_by", _("Raised by")),
        ("text", _("What you are told")),
        ("what_happened", _("What happened")),
        ("action_taken", _("Done so far")),
    ):
        if content.get(name):
            rows.append({"key": label, "value": content[name]})
    for office, called in OFFICES.items():
        reference, on = content.get(f"{office}_reference"), _day(content.get(f"{office}_told_on"))
        told = _("Told on %(day)s") % {"day": day(on)} if on else ""
        if reference or told:
            rows.append({"key": called, "value": "\n".join(filter(None, (told, reference)))})
    if content.get("outcome"):
        rows.append({"key": _("What came of it"), "value": content["outcome"]})
    return rows


def _day(value: Any) -> dt.date | None:
    return parse_date(value) if isinstance(value, str) else value
