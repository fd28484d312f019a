"""The steps of an alert in their order, as the reader may see them: raised, sent, told, answered, checks, measures,
closures, closed."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from brokerage.core.pages.templatetags.pages import day
from brokerage.core.tenants.actors import Actor
from brokerage.safeguarding.closures.queries import closures_about
from brokerage.safeguarding.closures.timeline import closure_events
from brokerage.safeguarding.models import Alert, AlertRecipient, StrategyMeeting, WelfareCheck
from brokerage.safeguarding.queries.alerts import Checks, Told
from dpv.queries.measures import measures_about

Event = dict[str, Any]


def timeline_of(
    actor: Actor,
    *,
    told: AlertRecipient | None,
    raised: Alert | None,
    lines: list[Told],
    own_checks: list[WelfareCheck],
    meetings: list[StrategyMeeting],
    checks: list[Checks],
) -> list[Event]:
    """Everything that has happened, the latest first. `lines` and `checks` are empty for whoever may not see them."""
    events: list[Event] = []
    if raised is not None:
        events += _of_raised(raised, actor)
    if told is not None:
        events += _of_told(told, is_raiser=raised is not None)
    events += _of_lines(lines)
    events += _of_own_checks(own_checks)
    events += _of_collected(checks)
    events += [
        _event(row.written_at, _("Strategy meeting on %(day)s") % {"day": day(row.held_on)}, row.held_by_name, "")
        for row in meetings
    ]
    row = told or raised
    if row is not None:
        events += _around(actor, row)
    # Of what happened in one moment the last named came last.
    events.reverse()
    return sorted(events, key=lambda event: event["at"], reverse=True)


def _of_raised(raised: Alert, actor: Actor) -> list[Event]:
    by = f"{raised.raised_by_name}, {actor.organisation_name}"
    events = [_event(raised.raised_at, _("Alert raised"), by, "")]
    if raised.decided_at:
        title = _("Alert not sent") if raised.status == "dismissed" else _("A second person decided to send it")
        events.append(_event(raised.decided_at, title, raised.decided_by_name, raised.decision_note))
    if raised.sent_at:
        events.append(_event(raised.sent_at, _("Sent to everybody who must know"), "", ""))
    if raised.closed_at:
        events.append(_event(raised.closed_at, _("Alert closed"), raised.closed_by_name, raised.outcome))
    return events


def _of_told(told: AlertRecipient, *, is_raiser: bool) -> list[Event]:
    events = []
    if not is_raiser:
        events.append(_event(told.told_at, _("You were told"), told.content.get("raised_by", ""), ""))
    if told.acknowledged_at:
        events.append(_event(told.acknowledged_at, _("Your answer"), told.acknowledged_by_name, told.response))
    if told.closed_at and not is_raiser:
        by, outcome = told.content.get("raised_by", ""), told.content.get("outcome", "")
        events.append(_event(told.closed_at, _("Alert closed"), by, outcome))
    return events


def _of_lines(lines: list[Told]) -> list[Event]:
    if not lines:
        return []
    number = ngettext("%(number)s organisation", "%(number)s organisations", len(lines)) % {"number": len(lines)}
    events = [_event(min(line.told_at for line in lines), _("Organisations told"), "", number)]
    if seen := [line.seen_at for line in lines if line.seen_at]:
        text = _("%(seen)s of %(all)s have seen it.") % {"seen": len(seen), "all": len(lines)}
        events.append(_event(max(seen), _("Seen"), "", text))
    if answers := [line.acknowledged_at for line in lines if line.acknowledged_at]:
        text = _("%(answered)s of %(all)s have answered.") % {"answered": len(answers), "all": len(lines)}
        events.append(_event(max(answers), _("Answered"), "", text))
    return events


def _of_own_checks(own: list[WelfareCheck]) -> list[Event]:
    """Days have no hour: a check stands where it was planned until it is done, then at its own day's end."""
    return [
        _event(
            check.planned_at,
            _("Welfare check planned"),
            check.planned_by_name,
            check.placement_reference
            if check.done_on is None
            else _("%(reference)s: done on %(day)s, %(found)s")
            % {
                "reference": check.placement_reference,
                "day": day(check.done_on),
                "found": _("safe") if check.is_safe else _("not safe"),
            },
        )
        for check in own
    ]


def _of_collected(checks: list[Checks]) -> list[Event]:
    if not checks:
        return []
    said = {
        "planned": sum(line.planned for line in checks),
        "done": sum(line.done for line in checks),
        "unsafe": sum(line.unsafe for line in checks),
    }
    text = _("%(planned)s planned, %(done)s done, %(unsafe)s not safe.") % said
    return [_event(min(line.first_planned_at for line in checks), _("Welfare checks of all authorities"), "", text)]


def _around(actor: Actor, row: AlertRecipient | Alert) -> list[Event]:
    """Measures and closures about the same home that this reader was told of. Row security narrows both."""
    events: list[Event] = []
    if actor.may("measure.view"):
        events += [
            _event(moment.at, f"{moment.reference}: {moment.label}", moment.by_name, moment.about)
            for moment in measures_about(row.provider_id, row.establishment_id)
        ]
    if actor.may("closure.view"):
        for closure in closures_about(row.provider_id, row.establishment_id):
            events += closure_events(closure)
    return events


def _event(at: Any, title: str, by: str, text: str) -> Event:
    return {"at": at, "title": title, "by": by, "text": text}
