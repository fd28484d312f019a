"""One incident in words, as its page shows it to either side: facts, the story so far, what may be done now."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils.translation import gettext as _

from brokerage.core.pages.templatetags.pages import day, moment
from brokerage.core.tenants.actors import Actor
from brokerage.core.web import address
from brokerage.safeguarding.incidents.models import Incident, Side
from brokerage.safeguarding.incidents.queries import entries_of, nights_missing
from placements.models import Placement


def facts_of(incident: Incident) -> list[dict[str, Any]]:
    """What was reported, as rows of a summary: only what was said."""
    rows: list[tuple[str, Any]] = [
        (_("Missing since") if incident.is_episode else _("Happened"), moment(incident.happened_at)),
        (_("Known"), moment(incident.known_at)),
        (_("Risk"), incident.get_risk_display()),
        (_("Circumstances"), incident.what_happened),
        (_("Last seen"), incident.last_seen),
        (_("Done so far"), incident.action_taken),
        (_("Police"), _told(incident.police_told_at, incident.police_reference)),
        (_("Regulator"), _told(incident.regulator_told_at, incident.regulator_reference)),
        (_("Designated officer (LADO)"), _told(incident.lado_told_at, incident.lado_reference)),
        (_("Also told"), incident.others_told),
        (_("Returned"), moment(incident.returned_at)),
        (_("How"), incident.returned_how),
        (_("Harm"), _harm(incident)),
        (_("Return interview"), _interview(incident)),
        (_("What came of it"), incident.outcome),
    ]
    return [{"key": key, "value": value} for key, value in rows if value]


def story_of(incident: Incident) -> list[dict[str, Any]]:
    """The report and everything added since, as a timeline: the newest first."""
    titles = {
        "": _("Added"),
        "return": _("Return recorded"),
        "withdraw": _("Reported by mistake"),
        "acknowledge": _("Acknowledged"),
        "follow_up": _("Follow-up required"),
        "offer_interview": _("Return interview offered"),
        "settle_interview": _("Return interview recorded"),
        "close": _("Closed"),
    }
    sides = {Side.AUTHORITY.value: incident.authority.name, Side.PROVIDER.value: incident.provider.organisation.name}
    story = [
        {
            "title": _("Added, for us alone") if entry.is_internal else titles.get(entry.move, titles[""]),
            "by": f"{entry.by_name}, {sides[entry.side]}",
            "at": entry.at,
            "text": entry.text,
        }
        for entry in entries_of(incident)
    ]
    reporter = f"{incident.reported_by_name}, {sides[Side.PROVIDER.value]}"
    first = {"title": _("Reported"), "by": reporter, "at": incident.reported_at, "text": ""}
    return [*reversed(story), first]


def page_of(actor: Actor, incident: Incident, now: dt.datetime) -> dict[str, Any]:
    """What the page shows and offers this person."""
    may_answer = actor.is_authority and actor.may("incident.answer")
    may_report = actor.is_provider and actor.may("incident.report")
    is_open = incident.closed_at is None
    owes = incident.needs_interview and not incident.interview_outcome

    def can(move: str) -> bool:
        return move in incident.lifecycle.moves and incident.lifecycle.may(incident.status, move)

    return {
        "is_acknowledgement_overdue": incident.is_acknowledgement_overdue(now),
        "is_interview_overdue": incident.is_interview_overdue(now),
        "nights": nights_missing(incident, now) if incident.is_episode else None,
        "home": home_of(incident),
        "may_add": is_open and (may_answer or may_report),
        "may_return": can("return") and (may_answer or may_report),
        "may_withdraw": may_report and can("withdraw"),
        "may_acknowledge": may_answer and incident.is_waiting_for_acknowledgement,
        "may_follow_up": may_answer and can("follow_up"),
        "may_offer": may_answer and incident.needs_interview and can("offer_interview"),
        "may_settle": may_answer and incident.needs_interview and can("settle_interview"),
        "may_close": may_answer and can("close") and not owes,
        "placement_url": _placement_url(actor, incident),
        "alert_url": _alert_url(actor, incident),
    }


def home_of(incident: Incident) -> str:
    """Where they live, in words."""
    home = incident.establishment.name if incident.establishment else ""
    return ", ".join(filter(None, (home, incident.household.code if incident.household else "")))


def _placement_url(actor: Actor, incident: Incident) -> str:
    if not (actor.is_authority and actor.may("placement.view")):
        return ""
    reference = Placement.objects.values_list("reference", flat=True).get(pk=incident.placement_id)
    return address(actor, "placements:placement", reference=reference)


def _alert_url(actor: Actor, incident: Incident) -> str:
    """Where an alert about the home begins. It carries nothing of the incident: others would read it."""
    if not (actor.is_authority and actor.may("alert.raise")):
        return ""
    if incident.household_id:
        query = f"household={incident.household_id}"
    elif incident.establishment_id:
        query = f"establishment={incident.establishment_id}"
    else:
        query = f"provider={incident.provider_id}"
    return f"{address(actor, 'safeguarding:alert_raise')}?{query}"


def _told(at: dt.datetime | None, reference: str) -> str:
    told = _("Told at %(moment)s") % {"moment": moment(at)} if at else ""
    return "\n".join(filter(None, (told, reference)))


def _harm(incident: Incident) -> str:
    if incident.was_harmed is None:
        return ""
    return (incident.harm or _("Yes")) if incident.was_harmed else _("None known")


def _interview(incident: Incident) -> str:
    if incident.interview_due_at is None:
        return ""
    lines = [_("Due by %(moment)s") % {"moment": moment(incident.interview_due_at)}]
    if incident.interview_offered_at:
        facts = {"moment": moment(incident.interview_offered_at), "name": incident.interview_by}
        lines.append(_("Offered at %(moment)s, by %(name)s") % facts)
    if incident.interview_outcome:
        said = {"outcome": incident.get_interview_outcome_display(), "day": day(incident.interview_on)}
        lines.append(_("%(outcome)s on %(day)s") % said)
    return "\n".join(lines)
