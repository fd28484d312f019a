"""Measures against providers, homes and their places on lots: proposed by one of the central team, decided by another.

A measure holds from the commit on: the exclusive locks of every admission it covers wait for invitations, offers,
awards and signatures under way, and those that come after read that it holds (`dpv.eligibility`).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from brokerage.core import locks
from brokerage.core.audit.models import Entry
from brokerage.core.audit.record import enqueue, record
from brokerage.core.clock import database_now, database_today
from brokerage.core.errors import NotNow, NotPermitted, RuleBroken
from brokerage.core.references import normalise_reference
from brokerage.core.tenants.actors import Actor
from brokerage.core.texts import need_text
from brokerage.core.working_days import add_working_days
from dpv.measure_lock import hold_measures
from dpv.measure_notices import to_provider, to_second_person
from dpv.measure_reminders import remind_to_confirm, remind_to_review
from dpv.measure_texts import require_alert, require_tellable
from dpv.models import Lot, Measure, MeasureStep
from dpv.queries.measures import covered_by, homes_under, measure_by_reference, region_run_by
from dpv.states import MEASURE, MEASURE_STANDING
from providers import consequences
from providers.models import Establishment, Provider

#: Working days in which a second person confirms what was put in force at once.
CONFIRM_WITHIN = 1
_LIFT = ("lift_proposed_by_user_id", "lift_secret_by_id", "lift_conditions")
Step = MeasureStep.Kind


@dataclass(frozen=True)
class MeasureFacts:
    """What is proposed. `establishment_id` and `lot_id` narrow what it covers; `reason` is for the region,
    `told_provider` is what the provider reads."""

    kind: str
    provider_id: UUID
    reason: str
    told_provider: str
    review_on: dt.date
    establishment_id: UUID | None = None
    lot_id: UUID | None = None
    conditions: str = ""
    alert_reference: str = ""
    is_urgent: bool = False
    is_checked: bool = False


@transaction.atomic
def propose_measure(actor: Actor, *, facts: MeasureFacts) -> Measure:
    """Propose a measure; a second person decides. A suspension in immediate danger (`is_urgent`) holds at once.

    Refused when: the provider, home or lot is not known to the region (Http404); the same measure is proposed or in
    force already (NotNow `measure_exists`); anything but a suspension is to hold at once (`only_suspend_at_once`); a
    text is missing, too long or tells who a person is (`names_a_person`), a restriction without conditions; the day of
    review is past; the alert is not one that the organisation has (`alert_unknown`).
    """
    actor.require("measure.propose")
    if actor.user_id is None:
        raise NotPermitted("measure.propose")
    region = region_run_by(actor)
    about = _subject(facts, region.pk)
    alert = normalise_reference(facts.alert_reference)
    _check(facts)
    require_alert(actor, alert)
    hold_measures(facts.provider_id)
    covers: dict[str, Any] = {
        "provider_id": facts.provider_id,
        "establishment_id": facts.establishment_id,
        "lot_id": facts.lot_id,
    }
    same = Measure.objects.filter(region=region, kind=facts.kind, **covers)
    if same.filter(status__in=("proposed", *MEASURE_STANDING)).exists():
        raise NotNow("measure_exists", _("The same measure is proposed or in force already"))
    now = database_now()
    measure = Measure(
        region=region,
        kind=facts.kind,
        level=_level(facts),
        about=about[:300],
        **covers,
        told_provider=facts.told_provider.strip(),
        conditions=facts.conditions.strip(),
        review_on=facts.review_on,
        alert_reference=alert,
        is_urgent=facts.is_urgent,
        proposed_by_user_id=actor.user_id,
        proposed_secret_by_id=actor.secret_by_id,
        proposed_at=now,
    )
    if facts.is_urgent:
        measure.status = MEASURE.after(measure.status, "put_at_once")
        measure.in_force_at = now
        measure.confirm_by = add_working_days(database_today(), CONFIRM_WITHIN)
        locks.hold(admissions_exclusive=covered_by(measure).values_list("pk", flat=True))
    measure.save(force_insert=True)
    _step(actor, measure, Step.PUT_AT_ONCE if facts.is_urgent else Step.PROPOSED, facts.reason, facts.is_checked)
    record(
        "measure.proposed",
        subject=measure,
        actor=actor,
        data={"kind": measure.kind, "level": measure.level, "is_urgent": measure.is_urgent},
        notify=[to_second_person("dpv.measure_to_decide", actor, measure)],
    )
    if facts.is_urgent:
        _came_into_force(actor, measure)
    return measure


@transaction.atomic
def confirm_measure(actor: Actor, *, reference: str, note: str = "", is_checked: bool = False) -> Measure:
    """Put a proposed measure in force, or confirm one that holds already. Another person than whoever proposed it."""
    measure = _to_decide(actor, reference)
    was_standing = measure.is_standing
    measure.status = MEASURE.after(measure.status, "confirm")
    now = database_now()
    if not was_standing:
        locks.hold(admissions_exclusive=covered_by(measure).values_list("pk", flat=True))
        measure.in_force_at = now
    measure.decided_by_user_id, measure.decided_at = actor.user_id, now
    measure.save(update_fields=["status", "in_force_at", "decided_by_user_id", "decided_at"])
    _step(actor, measure, Step.CONFIRMED, note, is_checked, required=False)
    if was_standing:
        record("measure.confirmed", subject=measure, actor=actor)
    else:
        _came_into_force(actor, measure)
    return measure


@transaction.atomic
def refuse_measure(actor: Actor, *, reference: str, note: str, is_checked: bool = False) -> Measure:
    """Do not put a proposed measure in force, or end at once one that was to be confirmed. A reason is needed."""
    measure = _to_decide(actor, reference)
    was_standing = measure.is_standing
    measure.status = MEASURE.after(measure.status, "refuse")
    need_text(note, field="note", message=_("Say why you refuse"))
    if was_standing:
        locks.hold(admissions_exclusive=covered_by(measure).values_list("pk", flat=True))
    measure.decided_by_user_id, measure.decided_at = actor.user_id, database_now()
    measure.save(update_fields=["status", "decided_by_user_id", "decided_at"])
    _step(actor, measure, Step.REFUSED, note, is_checked)
    told = [to_provider("dpv.measure_lifted", measure)] if was_standing else []
    entry = record("measure.refused", subject=measure, actor=actor, notify=told)
    if was_standing:
        _tell_others(actor, measure, entry)
    return measure


@transaction.atomic
def withdraw_measure(actor: Actor, *, reference: str, note: str, is_checked: bool = False) -> Measure:
    """Take a proposal back before anybody decided. Only whoever proposed it."""
    actor.require("measure.propose")
    measure = held_measure(reference)
    if measure.proposed_by_user_id != actor.user_id:
        raise RuleBroken("not_the_proposer", _("Only whoever proposed it takes it back"), None)
    measure.status = MEASURE.after(measure.status, "withdraw")
    need_text(note, field="note", message=_("Say why you take it back"))
    measure.save(update_fields=["status"])
    _step(actor, measure, Step.WITHDRAWN, note, is_checked)
    record("measure.withdrawn", subject=measure, actor=actor)
    return measure


@transaction.atomic
def review_measure(
    actor: Actor,
    *,
    reference: str,
    note: str,
    review_on: dt.date,
    conditions: str | None = None,
    is_checked: bool = False,
) -> Measure:
    """Record a review of a measure that goes on: what was found, the next day of review, the conditions from now on
    (None: as they are). Other conditions of a restriction are told to whoever was told of it.

    Refused when: it does not hold (NotNow); no note; the day is past; a restriction is left without conditions.
    """
    actor.require("measure.propose")
    measure = held_measure(reference)
    if not measure.is_standing:
        raise NotNow("measure_not_now", _("This measure does not hold"))
    need_text(note, field="note", message=_("Say what the review found"))
    _check_review(review_on)
    measure.review_on, before = review_on, measure.conditions
    if conditions is not None:
        _check_conditions(measure.kind, conditions)
        require_tellable(conditions, "conditions", provider_id=measure.provider_id, is_checked=is_checked)
        measure.conditions = conditions.strip()
    measure.save(update_fields=["review_on", "conditions"])
    step = _step(actor, measure, Step.REVIEWED, note, is_checked)
    entry = record(
        "measure.reviewed",
        subject=measure,
        actor=actor,
        data={"review_on": review_on.isoformat()},
        notify=[to_provider("dpv.measure_reviewed", measure)],
    )
    if measure.conditions != before and not measure.stops:
        told = {"measure": measure.reference, "review": str(step.pk)}
        enqueue("measure_told", queue="events", actor=actor, payload=told, entry_id=entry.pk)
    remind_to_review(actor, measure, entry_id=entry.pk)
    return measure


@transaction.atomic
def propose_lift(
    actor: Actor, *, reference: str, note: str, lift_conditions: str = "", is_checked: bool = False
) -> Measure:
    """Propose to lift a measure, with the conditions that go on after it; a second person lifts it. It holds on."""
    actor.require("measure.propose")
    measure = held_measure(reference)
    measure.status = MEASURE.after(measure.status, "propose_lift")
    need_text(note, field="note", message=_("Say why it should be lifted"))
    require_tellable(lift_conditions, "lift_conditions", provider_id=measure.provider_id, is_checked=is_checked)
    measure.lift_proposed_by_user_id, measure.lift_secret_by_id = actor.user_id, actor.secret_by_id
    measure.lift_conditions = lift_conditions.strip()
    measure.save(update_fields=["status", *_LIFT])
    _step(actor, measure, Step.LIFT_PROPOSED, note, is_checked)
    record(
        "measure.lift_proposed",
        subject=measure,
        actor=actor,
        notify=[to_second_person("dpv.measure_to_decide", actor, measure)],
    )
    return measure


@transaction.atomic
def lift_measure(actor: Actor, *, reference: str, note: str = "", is_checked: bool = False) -> Measure:
    """Lift a measure whose lifting somebody else proposed: what it covers may be used again if nothing else is
    wrong. Its conditions stay on record and the provider reads them."""
    measure = _lift_to_decide(actor, reference)
    if measure.is_lift_proposed_by(actor):
        raise RuleBroken("second_person_needed", _("Somebody else than whoever proposed it lifts it"), None)
    measure.status = MEASURE.after(measure.status, "lift")
    locks.hold(admissions_exclusive=covered_by(measure).values_list("pk", flat=True))
    measure.lifted_at = database_now()
    measure.save(update_fields=["status", "lifted_at"])
    _step(actor, measure, Step.LIFTED, note, is_checked, required=False)
    told = [to_provider("dpv.measure_lifted", measure)]
    _tell_others(actor, measure, record("measure.lifted", subject=measure, actor=actor, notify=told))
    return measure


@transaction.atomic
def keep_measure(actor: Actor, *, reference: str, note: str, is_checked: bool = False) -> Measure:
    """Do not lift a measure although somebody proposed it. A reason is needed."""
    measure = _lift_to_decide(actor, reference)
    measure.status = MEASURE.after(measure.status, "keep")
    need_text(note, field="note", message=_("Say why it is not lifted"))
    measure.lift_proposed_by_user_id, measure.lift_secret_by_id, measure.lift_conditions = None, None, ""
    measure.save(update_fields=["status", *_LIFT])
    _step(actor, measure, Step.KEPT, note, is_checked)
    record("measure.kept", subject=measure, actor=actor)
    return measure


def _came_into_force(actor: Actor, measure: Measure) -> None:
    entry = record(
        "measure.in_force",
        subject=measure,
        actor=actor,
        data={"kind": measure.kind, "level": measure.level},
        notify=[to_provider("dpv.measure_in_force", measure)],
    )
    _tell_others(actor, measure, entry)
    remind_to_confirm(actor, measure, entry_id=entry.pk)
    remind_to_review(actor, measure, entry_id=entry.pk)


def _tell_others(actor: Actor, measure: Measure, entry: Entry) -> None:
    """It holds from now on, or no longer: open referrals are told, and authorities with somebody there."""
    enqueue("measure_told", queue="events", actor=actor, payload={"measure": measure.reference}, entry_id=entry.pk)
    consequences.changed(actor, homes_under(measure), is_decision=True)


def held_measure(reference: str) -> Measure:
    """The measure, read under its provider's lock; Http404 for one that is not there."""
    found = measure_by_reference(reference)
    hold_measures(found.provider_id)
    return measure_by_reference(reference)


def _to_decide(actor: Actor, reference: str) -> Measure:
    actor.require("measure.confirm")
    measure = held_measure(reference)
    if measure.is_proposed_by(actor):
        raise RuleBroken("second_person_needed", _("Somebody else than whoever proposed it decides"), None)
    return measure


def _lift_to_decide(actor: Actor, reference: str) -> Measure:
    actor.require("measure.confirm")
    return held_measure(reference)


def _step(
    actor: Actor, measure: Measure, kind: str, text: str, is_checked: bool, *, required: bool = True
) -> MeasureStep:
    if required:
        need_text(text, field="note", message=_("Enter the reason"))
    require_tellable(text, "note", provider_id=measure.provider_id, is_checked=is_checked)
    step = MeasureStep(
        region_id=measure.region_id,
        measure=measure,
        kind=kind,
        text=text.strip(),
        by_user_id=actor.user_id,
        by_name=actor.name[:120],
        at=database_now(),
    )
    step.save(force_insert=True)
    return step


def _level(facts: MeasureFacts) -> str:
    if facts.lot_id is not None:
        return Measure.Level.LOT
    return Measure.Level.PROVIDER if facts.establishment_id is None else Measure.Level.ESTABLISHMENT


def _subject(facts: MeasureFacts, region_id: UUID) -> str:
    """What it covers, in words; raises Http404 for what is not one provider's or not the region's."""
    provider = Provider.objects.filter(pk=facts.provider_id).first()
    if provider is None:
        raise Http404("No such provider.")
    parts = [provider.legal_name]
    if facts.establishment_id is not None:
        home = Establishment.objects.filter(pk=facts.establishment_id, provider_id=provider.pk).first()
        if home is None:
            raise Http404("No such home.")
        parts.insert(0, home.name)
    if facts.lot_id is not None:
        lot = Lot.objects.select_related("vehicle").filter(pk=facts.lot_id, region_id=region_id).first()
        if lot is None:
            raise Http404("No such lot.")
        parts.append(f"{lot.vehicle.code} {lot.code}")
    return ", ".join(parts)


def _check(facts: MeasureFacts) -> None:
    if facts.kind not in Measure.Kind.values:
        raise RuleBroken("kind_missing", _("Choose what to do"), "kind")
    if facts.is_urgent and facts.kind != Measure.Kind.SUSPEND:
        raise RuleBroken(
            "only_suspend_at_once",
            _("Only a suspension may hold before a second person has decided"),
            "is_urgent",
        )
    need_text(facts.reason, field="reason", message=_("Enter the reason"))
    need_text(facts.told_provider, field="told_provider", message=_("Say what the provider is told"))
    _check_conditions(facts.kind, facts.conditions)
    for field in ("reason", "told_provider", "conditions"):
        text = getattr(facts, field)
        require_tellable(text, field, provider_id=facts.provider_id, is_checked=facts.is_checked)
    _check_review(facts.review_on)


def _check_conditions(kind: str, conditions: str) -> None:
    if kind == Measure.Kind.RESTRICT:
        need_text(conditions, field="conditions", message=_("Say on which conditions it may be used"))


def _check_review(review_on: dt.date) -> None:
    if review_on < database_today():
        raise RuleBroken("review_in_past", _("The day of review must be today or later"), "review_on")
