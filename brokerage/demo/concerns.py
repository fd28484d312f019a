"""The demo's concerns, what they add up to, and complaints: one in each state, through the real actions."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F

from brokerage.core.clock import database_today
from brokerage.core.tenants.context import acting, loader, system
from brokerage.core.tenants.models import Membership, Organisation
from brokerage.demo.alerts import EALING, HARROW, _actor, _homes
from brokerage.safeguarding.concerns.actions import complaints as acts
from brokerage.safeguarding.concerns.actions.complaints import ComplaintFacts, make_complaint
from brokerage.safeguarding.concerns.actions.concerns import ConcernFacts, decide_concern, write_concern
from brokerage.safeguarding.concerns.actions.patterns import decide_suggestion, suggest_patterns
from brokerage.safeguarding.concerns.models import Complaint, Concern, Suggestion

OFFICER, RUTH = "olive@harrow.example", "ruth@westlondon.example"


@dataclass(frozen=True)
class Note:
    """One concern: who notes it, about which home (counted as in `alerts`), what is said, how long ago, what then."""

    who: str
    home: int
    kind: str
    what: str
    days_ago: int
    decided_by: str = ""
    decision: str = ""
    reason: str = ""
    is_shared: bool = True


#: Three within ninety days about one home, of two authorities and the central team; the others stand alone.
NOTES = (
    Note(OFFICER, 0, "communication", "Nobody answered the telephone on three evenings.", 40),
    Note(EALING, 0, "staffing", "Two adults were on duty where the plan says three.", 21),
    Note(RUTH, 0, "records", "The visitor’s report of last month has not come.", 6),
    Note(
        *(OFFICER, 1, "care", "Packed lunches were forgotten twice this week.", 12, HARROW, "look"),
        reason="We have called the manager and look again at the next visit.",
    ),
    Note(
        *(EALING, 3, "premises", "A broken window was boarded up for a month.", 30, EALING, "close"),
        reason="The window was replaced the day after we asked.",
    ),
    Note(
        *(
            OFFICER,
            2,
            "behaviour",
            "Doors were locked in the afternoon without a reason.",
            15,
            HARROW,
            "alert",
        ),
        reason="Others with people there must know.",
    ),
    Note(OFFICER, 4, "other", "The garden gate did not close. We have told the manager.", 3, is_shared=False),
)


@dataclass(frozen=True)
class Dispute:
    """One complaint: by the provider or by Harrow, how long ago, and what each side then does: (who, act, text)."""

    home: int
    kind: str
    what: str
    wanted: str
    days_ago: int = 2
    by_provider: bool = False
    then: tuple[tuple[str, str, str], ...] = ()


_ACKNOWLEDGED = (("provider", "acknowledge_complaint", ""),)
_ANSWERED = (
    *_ACKNOWLEDGED,
    ("provider", "answer_complaint", "The month has five Mondays, so it is five weeks."),
)
_ASKED = (*_ANSWERED, ("harrow", "ask_mediation", "We cannot agree on how a week that is begun is counted."))
_MEDIATED = (
    *_ASKED,
    ("central", "send_message", "Please send both of us the calendar of the stay."),
    (
        "central",
        "mediate",
        "The agreement counts days: a seventh of the weekly price for each of them.",
    ),
)
DISPUTES = (
    Dispute(0, "care", "Reports of the weekly visits come a month late.", "Reports within five working days."),
    Dispute(
        1, "notice", "Notice was given by telephone, not in writing.", "A notice in writing, with its full time.", 36
    ),
    Dispute(
        *(2, "conduct", "Visits were cancelled twice on the day itself.", "Visits as agreed."),
        days_ago=5,
        by_provider=True,
        then=(("harrow", "acknowledge_complaint", ""),),
    ),
    Dispute(0, "invoice", "The invoice of last month counts five weeks.", "A corrected invoice.", 20, then=_ANSWERED),
    Dispute(1, "invoice", "Extras were charged after their last day.", "A corrected invoice.", 33, then=_ASKED),
    Dispute(2, "invoice", "A week that was begun is charged whole.", "A seventh for each day.", 25, then=_MEDIATED),
    Dispute(
        *(0, "other", "The list of belongings was not sent on.", "The list, and what is missing replaced.", 18),
        then=(*_ANSWERED, ("harrow", "settle_complaint", "The list came, and everything on it was there.")),
    ),
    Dispute(
        *(
            1,
            "breach",
            "The key worker changed four times in six weeks.",
            "One key worker until the end.",
            28,
        ),
        then=(*_MEDIATED, ("harrow", "give_up_complaint", "We could not agree, and end the placement as planned.")),
    ),
)


def load_concerns() -> str:
    """Write those that are not there; a run that was stopped goes on with the next one."""
    homes = _homes()
    noted = sum(_note(note, *homes[note.home % len(homes)]) for note in NOTES)
    made = sum(_dispute(dispute, homes[dispute.home % len(homes)][0]) for dispute in DISPUTES)
    return f"{noted} noted, {_suggest()} suggested, {made} complaints"


def _note(note: Note, provider: UUID, home: UUID) -> int:
    """1 when noted now, 0 when it was there."""
    actor = _actor(note.who)
    with transaction.atomic(), acting(actor):
        if Concern.objects.filter(what=note.what).exists():
            return 0
        facts = ConcernFacts(
            provider_id=provider,
            establishment_id=home,
            kind=note.kind,
            what=note.what,
            seen_on=database_today() - dt.timedelta(days=note.days_ago),
            is_shared=note.is_shared,
            is_checked=True,
        )
        concern = write_concern(actor, facts=facts)
    if note.decision:
        lead = _actor(note.decided_by)
        with acting(lead):
            decide_concern(lead, reference=concern.reference, decision=note.decision, reason=note.reason)
    return 1


def _suggest() -> int:
    """What adds up by now; the central team looks into the first of them."""
    with loader():
        kinds = (Organisation.Kind.AUTHORITY, Organisation.Kind.CENTRAL)
        people = Membership.objects.filter(organisation__kind__in=kinds)
        organisations = list(people.order_by("organisation_id").values_list("organisation_id", flat=True).distinct())
    made = 0
    for organisation_id in organisations:
        with system(organisation_id) as actor:
            made += len(suggest_patterns(actor))
    ruth = _actor(RUTH)
    with acting(ruth):
        waiting = Suggestion.objects.filter(status="open").exclude(pattern="concerns").order_by("raised_at", "pk")
        for suggestion, decision in zip(list(waiting[:2]), ("dismiss", "look"), strict=False):
            decide_suggestion(
                ruth,
                reference=suggestion.reference,
                decision=decision,
                reason="We have spoken with the home and with those who have somebody there.",
            )
    return made


def _dispute(dispute: Dispute, provider: UUID) -> int:
    """1 when made now, with what each side did since; 0 when it was there."""
    sides = {"harrow": _actor(HARROW), "provider": _provider(provider), "central": _actor(RUTH)}
    maker = sides["provider" if dispute.by_provider else "harrow"]
    against = sides["harrow"].organisation_id if dispute.by_provider else provider
    with transaction.atomic():
        with acting(maker):
            if Complaint.objects.filter(what=dispute.what).exists():
                return 0
            facts = ComplaintFacts(
                against_id=against, kind=dispute.kind, what=dispute.what, wanted=dispute.wanted, is_checked=True
            )
            complaint = make_complaint(maker, facts=facts)
        with loader():
            past = dt.timedelta(days=dispute.days_ago)
            made = Complaint.objects.filter(pk=complaint.pk)
            made.update(made_at=F("made_at") - past, acknowledge_by=complaint.acknowledge_by - past)
        for side, act, text in dispute.then:
            said: dict[str, Any] = {"text": text} if text else {}
            with acting(sides[side]) as actor:
                getattr(acts, act)(actor, reference=complaint.reference, **said)
    return 1


def _provider(provider: UUID) -> Any:
    with loader():
        members = Membership.objects.filter(organisation_id=provider, roles__contains=["provider_administrator"])
        email = members.order_by("pk").values_list("user__email", flat=True).first()
    if email is None:
        # Only the providers of the story have people who sign in: the others act as the system does.
        with system(provider) as actor:
            return actor
    return _actor(email)
