"""Nouns of the matrix of safeguarding: alerts, people's own words, incidents, findings, closures and whom they move,
concerns, suggestions, complaints.

Some of their moves nobody makes by name: a run of the firewall finds and clears, the last one who leaves completes a
closure.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from functools import partial
from typing import Any

from brokerage.core.clock import database_now
from brokerage.core.tenants.context import acting
from brokerage.safeguarding.actions import alerts
from brokerage.safeguarding.closures.actions import announcing
from brokerage.safeguarding.closures.actions.residents import record_next_home
from brokerage.safeguarding.closures.models import ClosureResident
from brokerage.safeguarding.closures.states import CLOSURE, RESIDENT, RESIDENT_OPEN
from brokerage.safeguarding.concerns.actions import complaints
from brokerage.safeguarding.concerns.actions.concerns import decide_concern
from brokerage.safeguarding.concerns.actions.patterns import decide_suggestion, suggest_patterns
from brokerage.safeguarding.concerns.models import Suggestion
from brokerage.safeguarding.concerns.states import COMPLAINT, CONCERN, SUGGESTION
from brokerage.safeguarding.firewall.actions.findings import acknowledge_finding
from brokerage.safeguarding.firewall.models import Check
from brokerage.safeguarding.firewall.states import FINDING
from brokerage.safeguarding.incidents.actions import answers, entries, reports
from brokerage.safeguarding.incidents.models import Incident
from brokerage.safeguarding.incidents.states import EPISODE, EVENT
from brokerage.safeguarding.states import ALERT
from brokerage.safeguarding.voice import actions as voice
from brokerage.safeguarding.voice import speaking
from brokerage.safeguarding.voice.states import MESSAGE
from tests.cast import TODAY, actor_of, ident
from tests.closures.closing import IN_A_MONTH, announced
from tests.firewall.finding import change_home, check, found, living
from tests.incidents.reporting import reported, resident
from tests.proofs.nouns import Noun, act_as
from tests.safeguarding.alerting import raised
from tests.safeguarding.concerns.noting import complained, noted
from tests.safeguarding.voices import routed, said, the_message

DAY = dt.timedelta(days=1)
WHY = {"reason": "It was looked into.", "is_checked": True}


def alerts_nouns() -> Iterator[Noun]:
    alert = raised("olive", severity="high")
    one = {"reference": alert.reference}
    yield Noun(
        ALERT,
        "safeguarding_alert",
        alert.pk,
        {
            "confirm": partial(act_as, "tessa", alerts.confirm_alert, **one),
            "dismiss": partial(act_as, "tessa", alerts.dismiss_alert, **one, **WHY),
            "close": partial(act_as, "tessa", alerts.close_alert, **one, outcome="It was seen to.", is_checked=True),
        },
        beside={
            "": "sent_at = NULL, closed_at = NULL",
            "live": "sent_at = now(), closed_at = NULL",
            "closed": "sent_at = now(), closed_at = now()",
        },
        reader="olive",
    )


def voices() -> Iterator[Noun]:
    """What somebody said who has no code: the central team reads it, and may say which home it is about."""
    receipt = said(route=False)
    routed()
    message = the_message("carol")
    one = {"reference": message.reference}

    def say_more() -> None:
        assert speaking.add(receipt, "Nobody came."), "nobody has this receipt"

    beside = {"": "closed_at = NULL", "closed": "closed_at = now()"}
    yield Noun(
        MESSAGE,
        "voice_message",
        message.pk,
        {
            "read": partial(act_as, "carol", voice.read_message, **one),
            "answer": partial(act_as, "carol", voice.answer_message, **one, text="We come tomorrow."),
            "close": partial(act_as, "carol", voice.close_message, **one, outcome="We were there."),
            "add": say_more,
        },
        # Reading again is recorded, and moves nothing.
        idle=frozenset({("read", "read"), ("answered", "read"), ("closed", "read")}),
        beside=beside,
        reader="carol",
    )
    # Whoever reads the home's messages has not read it: it is new to them, as if more had been said.
    placed = {"add": partial(act_as, "carol", voice.place_message, **one, home_id=ident("birch-house"))}
    yield Noun(MESSAGE, "voice_message", message.pk, placed, beside=beside, reader="carol")


# -- incidents --------------------------------------------------------------------------------------------------

_GONE = "returned_at = NULL, was_harmed = NULL, interview_due_at = NULL, interview_outcome = ''"
_BACK = "returned_at = now(), was_harmed = false, interview_due_at = CASE WHEN needs_interview THEN now() END"
_OFFERED = f"{_BACK}, interview_offered_at = now(), interview_by = 'The advocacy service'"
_SETTLED = f"{_OFFERED}, interview_outcome = 'done', interview_on = '{TODAY}'"
_ONGOING, _OVER = "closed_at = NULL", "closed_at = now()"


def incidents() -> Iterator[Noun]:
    """Of one resident: missing, with a return interview that is owed; away, with none; and an event."""
    agreement = resident("birch-house")
    missing = reported(agreement)
    unsettled = frozenset({("returned", "close")})
    yield _episode(missing, unfit=unsettled)
    # Nobody is missing twice at once.
    act_as("bob", reports.withdraw_incident, reference=missing.reference, reason="They were at school.")
    no_interview = frozenset({("returned", "offer_interview"), ("interview_offered", "settle_interview")})
    yield _episode(reported(agreement, kind="away"), unfit=no_interview)
    event = reported(agreement, kind="restraint")
    one = {"reference": event.reference}
    yield Noun(
        EVENT,
        "incidents_incident",
        event.pk,
        {
            "acknowledge": partial(act_as, "olive", answers.acknowledge_incident, **one),
            "follow_up": partial(act_as, "olive", answers.require_follow_up, **one, text="Who was there?"),
            "close": partial(act_as, "olive", answers.close_incident, **one, outcome="It was looked into."),
            "withdraw": partial(act_as, "bob", reports.withdraw_incident, **one, reason="It was another day."),
        },
        beside={
            "": f"acknowledged_at = now(), {_ONGOING}",
            "reported": f"acknowledged_at = NULL, {_ONGOING}",
            "closed": f"acknowledged_at = now(), {_OVER}",
            "withdrawn": f"acknowledged_at = NULL, {_OVER}",
        },
        reader="olive",
    )


def _episode(episode: Incident, *, unfit: frozenset[tuple[str, str]]) -> Noun:
    one = {"reference": episode.reference}
    back = {"returned_at": database_now(), "returned_how": "Came by bus.", "was_harmed": False}
    done = {"interview_outcome": "done", "interview_on": TODAY}
    return Noun(
        EPISODE,
        "incidents_incident",
        episode.pk,
        {
            "return": partial(act_as, "bob", entries.record_return, **one, **back),
            "offer_interview": partial(act_as, "olive", answers.offer_interview, **one, interview_by="The advocate"),
            "settle_interview": partial(act_as, "olive", answers.settle_interview, **one, **done),
            "close": partial(act_as, "olive", answers.close_incident, **one, outcome="They are back."),
            "withdraw": partial(act_as, "bob", reports.withdraw_incident, **one, reason="They were at school."),
        },
        unfit=unfit,
        beside={
            "missing": f"{_GONE}, {_ONGOING}",
            "returned": f"{_BACK}, interview_outcome = '', {_ONGOING}",
            "interview_offered": f"{_OFFERED}, interview_outcome = '', {_ONGOING}",
            "interview_settled": f"{_SETTLED}, {_ONGOING}",
            "closed": f"{_SETTLED}, {_OVER}",
            "withdrawn": f"{_GONE}, {_OVER}",
        },
        reader="olive",
    )


# -- homes that fail, and homes that close ----------------------------------------------------------------------


def findings() -> Iterator[Noun]:
    """Somebody lives in a home that is no longer registered; runs find more, or that it passes again."""
    finding = found("olive")

    def run(**home: Any) -> Check:
        change_home(**home)
        made = check("olive", homes=[ident("birch-house")])
        assert made is not None, "another run was here"
        return made

    def find_more() -> None:
        made = run(age_max=13)
        # Of what was cleared it makes another finding.
        assert made.changed or made.found, "nothing was found"

    answer = {"reference": finding.reference, "plan": "We visit today."}
    yield Noun(
        FINDING,
        "firewall_finding",
        finding.pk,
        {"acknowledge": partial(act_as, "olive", acknowledge_finding, **answer)},
        effects={"find_more": find_more, "clear": partial(run, registration_status="active")},
        column="state",
        beside={
            "open": "acknowledged_at = NULL, plan = '', cleared_at = NULL",
            "acknowledged": "acknowledged_at = now(), plan = 'We visit today.', cleared_at = NULL",
            "cleared": "acknowledged_at = NULL, plan = '', cleared_at = now()",
        },
        reader="olive",
    )
    change_home(registration_status="active")


def closures() -> Iterator[Noun]:
    """A home closes in which somebody of Harrow's lives, and another home is found for them."""
    here = living("birch-lodge")
    there = living("cedar-house", person=here.person)
    closure = announced("carol", establishment_id=ident("birch-lodge"))
    one, told = {"reference": closure.reference}, {"change_note": "The lease goes on.", "is_checked": True}
    with acting(actor_of("olive")):
        row = ClosureResident.objects.get(closure=closure, placement_id=here.pk)
    gone = {"status": "went_home", "ended_on": TODAY}
    next_home = partial(act_as, "olive", record_next_home, resident_id=row.pk)
    yield Noun(
        RESIDENT,
        "closures_closureresident",
        row.pk,
        {
            "look": partial(next_home, status="looking"),
            "find": partial(next_home, status="found", placement=there.reference),
            "move": partial(next_home, status="moved", placement=there.reference, ended_on=TODAY),
            "go_home": partial(next_home, **gone),
            "end_otherwise": partial(next_home, status="other", note="They are of age.", ended_on=TODAY),
        },
        beside=dict.fromkeys(RESIDENT_OPEN, "ended_on = NULL") | {"": f"ended_on = '{TODAY}'"},
        reader="olive",
    )

    def everybody_leaves() -> None:
        with acting(actor_of("olive")):
            open_rows = list(ClosureResident.objects.filter(closure=closure, status__in=RESIDENT_OPEN))
        for each in open_rows:
            act_as("olive", record_next_home, resident_id=each.pk, **gone)

    later = {"closes_on": IN_A_MONTH + DAY, **told}
    yield Noun(
        CLOSURE,
        "closures_closure",
        closure.pk,
        {
            "reschedule": partial(act_as, "carol", announcing.reschedule_closure, **one, **later),
            "withdraw": partial(act_as, "carol", announcing.withdraw_closure, **one, **told),
            "close": partial(act_as, "carol", announcing.close_home, **one, closed_on=TODAY),
        },
        effects={"complete": everybody_leaves},
        beside={
            "": "closed_on = NULL, completed_at = NULL, withdrawn_at = NULL",
            "closed": f"closed_on = '{TODAY}', completed_at = NULL, withdrawn_at = NULL",
            "completed": f"closed_on = '{TODAY}', completed_at = now(), withdrawn_at = NULL",
            "withdrawn": "closed_on = NULL, completed_at = NULL, withdrawn_at = now()",
        },
        reader="carol",
    )


# -- concerns, suggestions, complaints --------------------------------------------------------------------------


def concerns() -> Iterator[Noun]:
    """A note of Harrow's, and what three of them suggest to the region's central team."""
    concern = noted("olive", what="The kitchen was dirty.")
    decide = partial(act_as, "tessa", decide_concern, reference=concern.reference, **WHY)
    yield Noun(
        CONCERN,
        "concerns_concern",
        concern.pk,
        {move: partial(decide, decision=move) for move in CONCERN.moves},
        beside={"": "decided_at = now()", "open": "decided_at = NULL"},
        reader="olive",
    )
    noted("oscar", what="Nobody came to the door.")
    noted("edith", what="Reports come late.")
    act_as("carol", suggest_patterns, provider_id=ident("birch"))
    with acting(actor_of("carol")):
        suggestion = Suggestion.objects.get(pattern="concerns", establishment_id=ident("birch-house"))
    decide = partial(act_as, "carol", decide_suggestion, reference=suggestion.reference, **WHY)
    yield Noun(
        SUGGESTION,
        "concerns_suggestion",
        suggestion.pk,
        {move: partial(decide, decision=move) for move in SUGGESTION.moves},
        reader="carol",
    )


def complaints_nouns() -> Iterator[Noun]:
    """A complaint of Harrow's that Birch is late to acknowledge, and one that may still be acknowledged in time."""
    late, early = complained("olive"), complained("olive", what="The notice was too short.")
    one: dict[str, Any] = {"reference": late.reference}
    words = {**one, "text": "As we said.", "is_checked": True}
    yield Noun(
        COMPLAINT,
        "concerns_complaint",
        late.pk,
        {
            "acknowledge": partial(act_as, "bob", complaints.acknowledge_complaint, **one),
            "answer": partial(act_as, "bob", complaints.answer_complaint, **words),
            "ask_mediation": partial(act_as, "olive", complaints.ask_mediation, **words),
            "mediate": partial(act_as, "carol", complaints.mediate, **words),
            "settle": partial(act_as, "olive", complaints.settle_complaint, **words),
            "give_up": partial(act_as, "olive", complaints.give_up_complaint, **words),
        },
        beside=_acknowledged_by(TODAY - DAY),
        reader="olive",
    )
    words["reference"] = early.reference
    yield Noun(
        COMPLAINT,
        "concerns_complaint",
        early.pk,
        {"ask_mediation": partial(act_as, "olive", complaints.ask_mediation, **words)},
        unfit=frozenset({("made", "ask_mediation")}),
        beside=_acknowledged_by(TODAY + DAY),
        reader="olive",
    )


def _acknowledged_by(day: dt.date) -> dict[str, str]:
    """What states of a complaint need that is to be acknowledged by this day. The mediator stands there from the
    beginning: whoever does not see a complaint is refused whatever its state."""
    known = f"mediator_id = '{ident('west-london-central')}', acknowledge_by = '{day}', acknowledged_at = now()"
    over = f"{known}, closed_at = now()"
    return {
        "": f"{known}, closed_at = NULL",
        "made": f"{known.replace('now()', 'NULL')}, closed_at = NULL",
        "settled": over,
        "unresolved": over,
    }


#: In this order: whoever is to move in moves in before anything is said about the home.
SAFEGUARDING = (incidents, findings, alerts_nouns, voices, concerns, complaints_nouns, closures)
