"""What the API's operations on alerts answer: the whole for whoever reads, where it stands after an act."""

from __future__ import annotations

from typing import Any

from brokerage.safeguarding.models import Alert, AlertRecipient, WelfareCheck

#: What an alert says of itself, in the content of whoever was told and in the alert alike.
SAID = (
    *("is_immediate_danger", "what_happened", "action_taken", "regulator_reference", "regulator_told_on"),
    *("police_reference", "police_told_on", "lado_reference", "lado_told_on", "outcome"),
)


def raised_row(alert: Alert) -> dict[str, Any]:
    """Where an alert of one's own stands."""
    names = ("reference", "severity", "kind", "about", "raised_at")
    return {
        **{name: getattr(alert, name) for name in names},
        "state": alert.status,
        "raised_by": alert.raised_by_name,
    }


def told_row(told: AlertRecipient) -> dict[str, Any]:
    """Where an alert that one was told of stands."""
    names = ("reference", "severity", "people", "told_at", "acknowledged_at", "closed_at")
    return {
        **{name: getattr(told, name) for name in names},
        "kind": told.content["kind"],
        "about": told.content["about"],
        "reasons": list(told.reasons),
    }


def alert_out(told: AlertRecipient | None, alert: Alert | None) -> dict[str, Any]:
    """What may be read: what was told, or the alert itself where it is one's own."""
    source: AlertRecipient | Alert | None = alert or told
    assert source is not None
    content: dict[str, Any] = {name: getattr(alert, name) for name in SAID} if alert else told.content if told else {}
    return {
        "reference": source.reference,
        "severity": source.severity,
        "kind": alert.kind if alert else content["kind"],
        "about": alert.about if alert else content["about"],
        "provider_id": source.provider_id,
        "establishment_id": source.establishment_id,
        "household_id": source.household_id,
        "organisation": told.content.get("raised_by") if told else None,
        **{name: content.get(name) for name in SAID},
        "text": content.get("text"),
        "closed_at": source.closed_at,
        "told": told
        and {
            "reasons": list(told.reasons),
            "people": told.people,
            "told_at": told.told_at,
            "acknowledged_at": told.acknowledged_at,
            "acknowledged_by": told.acknowledged_by_name,
            "response": told.response,
        },
        "raised": alert
        and {
            "state": alert.status,
            "raised_at": alert.raised_at,
            "raised_by": alert.raised_by_name,
            "decided_at": alert.decided_at,
            "decided_by": alert.decided_by_name,
            "decision_note": alert.decision_note,
            "sent_at": alert.sent_at,
            "told_provider": alert.told_provider,
            "closed_by": alert.closed_by_name,
        },
    }


def check_row(check: WelfareCheck) -> dict[str, Any]:
    """Whether a welfare check is done, and nothing about the person."""
    return {
        "id": check.pk,
        "placement_id": check.placement_id,
        "placement": check.placement_reference,
        "planned_at": check.planned_at,
        "planned_by": check.planned_by_name,
        "due_on": check.due_on,
        "done_on": check.done_on,
        "done_by": check.done_by_name,
    }


def check_out(check: WelfareCheck) -> dict[str, Any]:
    """A welfare check with what was planned and found."""
    return {**check_row(check), "plan": check.plan, "found": check.found, "is_safe": check.is_safe}
