"""The steps of an alert in their order, as the reader may see them: raised, sent, told, answered, checks, measures,
closures, closed."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from brokerage.core.pages.templatetags.pages import day
from brokerage.core.tenants.actors import Actor
from brokerage.safeguarding.closures.queries import closures_about
from brokerage.safeguarding.closures.timeline import closure_events
from brokerage.safeguarding.events import Event, event
from brokerage.safeguarding.models import Alert, AlertRecipient, StrategyMeeting, WelfareCheck
from brokerage.safeguarding.queries.alerts import Checks, Told, collected_checks, roster_for
from brokerage.safeguarding.queries.lists import checks_of
from brokerage.safeguarding.queries.meetings import meetings_of
from dpv.queries.measures import measures_about


@dataclass(frozen=True)
class Around:
    """What stands beside an alert for one reader: empty wherever they may not see it."""

    #: Who was told: for whoever raised it and the central teams.
    lines: list[Told] = field(default_factory=list)
    #: How far the welfare checks of all authorities are, for the same.
    checks: list[Checks] = field(default_factory=list)
    #: The organisation's own welfare checks.
    own_checks: list[WelfareCheck] = field(default_factory=list)
    meetings: list[StrategyMeeting] = field(default_factory=list)


def around_alert(actor: Actor, told: AlertRecipient | None) -> Around:
    """What this reader may see beside an alert that their organisation was told of; nothing before it was."""
    if told is None:
        return Around()
    lines = roster_for(actor, told.reference) if {"raised", "central"} & set(told.reasons) else []
    return Around(
        lines=lines,
        checks=collected_checks(told.reference) if lines else [],
        own_checks=checks_of(told) if told.acknowledged_at and actor.is_authority else [],
        meetings=meetings_of(actor, told),
    )


def timeline_of(actor: Actor, *, told: AlertRecipient | None, raised: Alert | None, around: Around) -> list[Event]:
    """Everything that has happened, as this reader may see it; in no order yet (`events.latest_first`)."""
    events: list[Event] = []
    if raised is not None:
        events += _of_raised(raised, actor)
    if told is not None:
        events += _of_told(told, is_raiser=raised is not None)
    events += _of_lines(around.lines)
    events += _of_own_checks(around.own_checks)
    events += _of_collected(around.checks)
    events += [
        event("meeting", row.written_at, _("Strategy meeting on %(day)s") % {"day": day(row.held_on)}, row.held_by_name)
        for row in around.meetings
    ]
    row = told or raised
    if row is not None:
        events += _about_the_home(actor, row)
    return events


def _of_raised(raised: Alert, actor: Actor) -> list[Event]:
    by = f"{raised.raised_by_name}, {actor.organisation_name}"
    events = [event("raised", raised.raised_at, _("Alert raised"), by)]
    if raised.decided_at:
        is_dismissed = raised.status == "dismissed"
        title = _("Alert not sent") if is_dismissed else _("A second person decided to send it")
        kind = "not_sent" if is_dismissed else "sending_decided"
        events.append(event(kind, raised.decided_at, title, raised.decided_by_name, raised.decision_note))
    if raised.sent_at:
        events.append(event("sent", raised.sent_at, _("Sent to everybody who must know")))
    if raised.closed_at:
        events.append(event("closed", raised.closed_at, _("Alert closed"), raised.closed_by_name, raised.outcome))
    return events


def _of_told(told: AlertRecipient, *, is_raiser: bool) -> list[Event]:
    events = []
    if not is_raiser:
        events.append(event("told", told.told_at, _("You were told"), told.content.get("raised_by", "")))
    if told.acknowledged_at:
        answer = told.acknowledged_by_name, told.response
        events.append(event("answered", told.acknowledged_at, _("Your answer"), *answer))
    if told.closed_at and not is_raiser:
        by, outcome = told.content.get("raised_by", ""), told.content.get("outcome", "")
        events.append(event("closed", told.closed_at, _("Alert closed"), by, outcome))
    return events


def _of_lines(lines: list[Told]) -> list[Event]:
    if not lines:
        return []
    number = ngettext("%(number)s organisation", "%(number)s organisations", len(lines)) % {"number": len(lines)}
    first = min(line.told_at for line in lines)
    events = [event("organisations_told", first, _("Organisations told"), text=number)]
    if seen := [line.seen_at for line in lines if line.seen_at]:
        text = _("%(seen)s of %(all)s have seen it.") % {"seen": len(seen), "all": len(lines)}
        events.append(event("seen", max(seen), _("Seen"), text=text))
    if answers := [line.acknowledged_at for line in lines if line.acknowledged_at]:
        text = _("%(answered)s of %(all)s have answered.") % {"answered": len(answers), "all": len(lines)}
        events.append(event("answers", max(answers), _("Answered"), text=text))
    return events


def _of_own_checks(own: list[WelfareCheck]) -> list[Event]:
    """Days have no hour: a check stands where it was planned until it is done, then at its own day's end."""
    return [
        event(
            "check_planned",
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
    first = min(line.first_planned_at for line in checks)
    return [event("checks", first, _("Welfare checks of all authorities"), text=text)]


def _about_the_home(actor: Actor, row: AlertRecipient | Alert) -> list[Event]:
    """Measures and closures about the same home that this reader was told of. Row security narrows both."""
    events: list[Event] = []
    if actor.may("measure.view"):
        events += [
            event(
                f"measure_{moment.kind}",
                moment.at,
                f"{moment.reference}: {moment.label}",
                moment.by_name,
                moment.about,
            )
            for moment in measures_about(row.provider_id, row.establishment_id)
        ]
    if actor.may("closure.view"):
        for closure in closures_about(row.provider_id, row.establishment_id):
            events += closure_events(closure)
    return events
