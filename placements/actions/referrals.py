"""Drafting a referral: start, save section by section, copy, tie siblings together, withdraw.

Publishing, inviting, amending and closing are `releases`; this module never writes anything a provider reads.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from brokerage.core import locks
from brokerage.core.audit.models import Entry
from brokerage.core.audit.record import Notice, record
from brokerage.core.clock import database_now, database_today
from brokerage.core.errors import NotPermitted, RuleBroken
from brokerage.core.periods import age_on
from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.kept_queries import KeptQuery, given
from brokerage.core.vocabulary import Category, Urgency
from placements.actions.drafts import (
    COPIED_FOR_OTHER,
    COPIED_FOR_SAME,
    copied_answers,
    derive,
    first_answers,
    put_answers,
    put_sections,
)
from placements.actions.people import create_person, put_person
from placements.actions.running import check_note
from placements.actions.siblings import link_siblings
from placements.completeness import AGES, age_problem, missing_in
from placements.models import Award, Person, Referral
from placements.queries.referrals import may_withdraw, referral_id_of, referral_of, social_workers
from placements.questions import section as section_of
from placements.states import REFERRAL

#: Names the row that one press of "start" makes: the same token twice is the same referral.
_TOKENS = uuid.UUID("0a4f9a5e-52a2-4f0e-9f4e-6d0a3c2b7e11")


@dataclass(frozen=True)
class NewPerson:
    """A person not yet on record, as typed when a referral is started."""

    case_number: str
    given_name: str
    family_name: str
    date_of_birth: dt.date
    sex: str
    known_as: str = ""
    other_names: tuple[str, ...] = ()
    home_postcode: str = ""


class ChangedMeanwhile(RuleBroken):
    """Somebody else saved the same section first; nothing of this save was kept, and nothing of theirs is lost."""

    def __init__(self, message: str, *, fields: Sequence[str], revision: int) -> None:
        super().__init__("changed_meanwhile", message)
        self.fields = tuple(fields)
        self.revision = revision


_STARTED = KeptQuery(lambda: Referral.objects.filter(pk=given("pk")).order_by().values_list("reference"))


@transaction.atomic
def create_referral(
    actor: Actor,
    *,
    category: str,
    urgency: str,
    token: str,
    person_id: UUID | None = None,
    new_person: NewPerson | None = None,
    social_worker: UUID | None = None,
    sections: Mapping[str, Mapping[str, Any]] | None = None,
) -> Referral:
    """Start a draft for a known or a new person. The same `token` from the same user gives the same draft, so that a
    second click starts nothing. `social_worker` is a user id; who has only the social worker's view is it. `sections`
    are answers that are known already, by section and question: what a case system sends at once.

    Refused when category or urgency is unknown, nobody is named, the person's age does not suit the category, the
    social worker is none of the authority's, or an answer is none (`AnswersRefused`, all of them).
    """
    actor.require("referral.draft")
    key = uuid.uuid5(_TOKENS, f"{actor.organisation_id}:{actor.user_id}:{token}")
    locks.hold(referrals=[key])
    if started := _STARTED.tuples(pk=key):
        return referral_of(actor, started[0][0])
    if category not in Category.values:
        raise RuleBroken("category_missing", _("Select what kind of home is needed"), "category")
    if not actor.covers(category):
        raise RuleBroken("not_delegated", _("The council has not delegated this kind of home to you"), "category")
    if urgency not in Urgency.values:
        raise RuleBroken("urgency_missing", _("Select when the placement is needed"), "urgency")
    person = _person_for(actor, person_id, new_person, category)
    _check_age(person, category)
    worker = _social_worker(actor, social_worker)
    answers = first_answers(person, urgency, worker)
    referral = Referral(
        id=key,
        authority_id=actor.organisation_id,
        person=person,
        category=category,
        answers=answers,
        officer_id=actor.user_id,
        officer_name=actor.name,
        social_worker_id=worker[0] if worker else None,
    )
    data: dict[str, Any] = {"category": str(category), "urgency": str(urgency)}
    if sections:
        data["sections"] = put_sections(referral, sections, database_today())
        _keep_person(actor, referral, *sections)
    else:
        derive(referral)
    referral.save(force_insert=True)
    record("referral.created", subject=referral, actor=actor, data=data)
    return referral


@transaction.atomic
def save_section(
    actor: Actor,
    *,
    reference: str,
    section: str,
    values: Mapping[str, Any],
    base_revision: int,
    unread: Mapping[str, Any] | None = None,
    finished: bool = False,
    window: str = "",
) -> Referral:
    """Keep one section of a draft. `values` holds the answers by question; `unread` keeps, as typed, what could not be
    read as an answer. `finished` marks the section done if it lacks nothing. `window` names the browser page that
    types: its own earlier saves are no conflict.

    Refused when the draft was published or withdrawn meanwhile (NotNow), an answer is none (RuleBroken on its name),
    or somebody changed the same section since `base_revision` (`ChangedMeanwhile`: who, when, and which answers).
    """
    actor.require("referral.draft")
    referral = _held(actor, reference)
    REFERRAL.after(referral.status, "edit")
    was_done = section in referral.sections_done
    changed = put_answers(referral, section, values, unread)
    if changed:
        # A second click sends what is stored already: that is no conflict.
        _check_revision(actor, referral, section, base_revision, window)
    _keep_person(actor, referral, section)
    is_done = finished and not missing_in(section_of(section), referral.category, referral.answers)
    kept = was_done and not missing_in(section_of(section), referral.category, referral.answers)
    done = [code for code in referral.sections_done if code != section] + ([section] if is_done or kept else [])
    if not changed and set(done) == set(referral.sections_done):
        return referral
    referral.sections_done = done
    _save(referral)
    record(
        "referral.section_saved",
        subject=referral,
        actor=actor,
        data={
            "section": section,
            "fields": changed,
            "revision": referral.revision,
            "finished": is_done,
            "window": window,
        },
    )
    return referral


@transaction.atomic
def change_sections(actor: Actor, *, reference: str, sections: Mapping[str, Mapping[str, Any]]) -> Referral:
    """Put the named answers (None empties one) of several sections into a draft, all or none; each section is done once
    it lacks nothing.

    Refused when it is no draft any more (NotNow) or an answer is none (`AnswersRefused`, all of them).
    """
    actor.require("referral.draft")
    referral = _held(actor, reference)
    REFERRAL.after(referral.status, "edit")
    done = referral.sections_done
    changed = put_sections(referral, sections, database_today())
    if not changed and set(done) == set(referral.sections_done):
        return referral
    _keep_person(actor, referral, *changed)
    _save(referral)
    record(
        "referral.sections_saved",
        subject=referral,
        actor=actor,
        data={"sections": changed, "revision": referral.revision, "finished": referral.sections_done},
    )
    return referral


@transaction.atomic
def copy_referral(
    actor: Actor,
    *,
    reference: str,
    token: str,
    category: str = "",
    person_id: UUID | None = None,
    as_sibling: bool = False,
) -> Referral:
    """Start a new draft from an earlier referral's answers: for the same person, or (`person_id`) for another, who
    gets only what belongs to the household. Dates, documents and disclosure confirmations are not copied, and every
    section is looked through again. `as_sibling` ties the two into one sibling group.

    Refused as `create_referral` is. The same token gives the same copy.
    """
    actor.require("referral.draft")
    source = referral_of(actor, reference)
    key = uuid.uuid5(_TOKENS, f"{actor.organisation_id}:{actor.user_id}:{token}")
    locks.hold(referrals=[key, source.pk] if as_sibling else [key])
    if made := Referral.objects.filter(pk=key).first():
        return referral_of(actor, made.reference)
    is_same = person_id is None or person_id == source.person_id
    person = source.person if is_same or person_id is None else Person.objects.filter(pk=person_id).first()
    if person is None:
        raise RuleBroken("person_missing", _("Say who the new referral is for"), "case_number")
    category = category or source.category
    if category not in Category.values:
        raise RuleBroken("category_missing", _("Select what kind of home is needed"), "category")
    _check_age(person, category)
    sections = COPIED_FOR_SAME if is_same else COPIED_FOR_OTHER
    referral = Referral(
        id=key,
        authority_id=actor.organisation_id,
        person=person,
        category=category,
        answers={code: copied_answers(source, code, category) for code in sections if source.answers.get(code)},
        officer_id=actor.user_id,
        officer_name=actor.name,
        social_worker_id=source.social_worker_id,
    )
    if not actor.may("referral.view"):
        referral.social_worker_id = actor.user_id
    if not is_same:
        referral.answers = {**first_answers(person, source.urgency, None), **referral.answers}
    derive(referral)
    referral.save(force_insert=True)
    record("referral.copied", subject=referral, actor=actor, data={"from": source.reference, "category": str(category)})
    if as_sibling:
        link_siblings(actor, references=[source.reference, referral.reference])
        referral.refresh_from_db()
    return referral


@transaction.atomic
def withdraw_referral(actor: Actor, *, reference: str, reason: str) -> Referral:
    """Give the referral up. A draft just ends; of a published one every provider's view is closed and all are told
    why. An award that waits for approval is taken back first.

    Refused without a reason; when providers would read in it who the person is (`discloses`); and (NotNow) once it is
    awarded, placed or over.
    """
    actor.require("referral.withdraw", "referral.draft")
    referral = referral_of(actor, reference)
    if not may_withdraw(actor, referral):
        raise NotPermitted("referral.withdraw")
    reason = reason.strip()
    if not reason:
        raise RuleBroken("reason_missing", _("Say why the referral is withdrawn"), "reason")
    REFERRAL.after(referral.status, "withdraw")
    if waiting := Award.objects.filter(referral=referral, status="awaiting_approval").first():
        from placements.actions.awards import take_back_award

        take_back_award(actor, award_id=waiting.pk, reason=reason)
    referral = _held(actor, reference)
    if not may_withdraw(actor, referral):
        raise NotPermitted("referral.withdraw")
    was_published = referral.status != "draft"
    if was_published:
        check_note(referral, reason, field="reason")
    referral.status = REFERRAL.after(referral.status, "withdraw")
    referral.ended_at = database_now()
    referral.end_reason = reason
    referral.save(update_fields=["status", "ended_at", "end_reason"])
    told: list[Notice] = []
    if was_published:
        from placements.actions.closing import close_for_everyone

        told = close_for_everyone(referral, reason=reason)
    record("referral.withdrawn", subject=referral, actor=actor, data={"was_published": was_published}, notify=told)
    return referral


# --- Inside -----------------------------------------------------------------------------------------------------------


def _held(actor: Actor, reference: str) -> Referral:
    """The referral under its lock, read after the lock was got."""
    locks.hold(referrals=[referral_id_of(actor, reference)])
    return referral_of(actor, reference)


def _save(referral: Referral) -> None:
    referral.revision += 1
    referral.updated_at = database_now()
    referral.save()


def _keep_person(actor: Actor, referral: Referral, *sections: str) -> None:
    if referral.person is None:
        return
    changes: dict[str, Any] = {}
    for code in sections:
        given = referral.answers.get(code) or {}
        asked = [question for question in section_of(code).questions_for(referral.category) if question.person_column]
        changes |= {question.person_column: given[question.name] for question in asked if given.get(question.name)}
    if changes:
        put_person(actor, referral.person, changes)


def _person_for(actor: Actor, person_id: UUID | None, new: NewPerson | None, category: str) -> Person:
    if new is not None:
        return create_person(
            actor,
            case_number=new.case_number,
            given_name=new.given_name,
            family_name=new.family_name,
            date_of_birth=new.date_of_birth,
            sex=new.sex,
            known_as=new.known_as,
            other_names=list(new.other_names),
            home_postcode=new.home_postcode,
            client_group=Person.ClientGroup.ADULT
            if category == Category.ADULT_RESIDENTIAL
            else Person.ClientGroup.CHILD,
        )
    person: Person | None = Person.objects.filter(pk=person_id).first() if person_id else None
    if person is None:
        raise RuleBroken("person_missing", _("Say who the referral is for"), "person")
    return person


def _social_worker(actor: Actor, chosen: UUID | None) -> tuple[UUID, str] | None:
    """(user id, name) of the social worker: the actor, where that is all they are, or the one chosen."""
    if not actor.may("referral.view") and actor.user_id is not None:
        return actor.user_id, actor.name
    if chosen is None:
        return None
    for user_id, name in social_workers(actor):
        if user_id == chosen:
            return user_id, name
    raise RuleBroken("social_worker_unknown", _("Select one of your organisation’s social workers"), "social_worker")


def _check_age(person: Person, category: str) -> None:
    low, high = AGES[category]
    if not low <= age_on(person.date_of_birth, database_today()) <= high:
        raise RuleBroken("age_not_for_category", age_problem(low, high), "category")


def _fields_of(entry: Entry, section: str) -> list[str]:
    """The names of the section's answers that a save changed, of this section alone or of several."""
    found: list[str] = entry.data.get("fields") or (entry.data.get("sections") or {}).get(section) or []
    return found


def _check_revision(actor: Actor, referral: Referral, section: str, base_revision: int, window: str) -> None:
    if base_revision >= referral.revision:
        return
    theirs = [
        entry
        for entry in Entry.objects.filter(
            organisation_id=actor.organisation_id,
            subject_id=str(referral.pk),
        )
        .filter(
            Q(kind="referral.section_saved", data__section=section)
            | Q(kind="referral.sections_saved", data__sections__has_key=section)
        )
        .order_by("-at")[:200]
        if int(entry.data.get("revision", 0)) > base_revision and not (window and entry.data.get("window") == window)
    ]
    if not theirs:
        return
    latest = theirs[0]
    who = _("You, in another window,") if latest.actor_user_id == actor.user_id else latest.actor_name
    raise ChangedMeanwhile(
        _("%(who)s changed this section at %(time)s, while you were typing. Your answers are below and not saved yet.")
        % {"who": who, "time": date_format(localtime(latest.at), "H:i")},
        fields=sorted({name for entry in theirs for name in _fields_of(entry, section)}),
        revision=referral.revision,
    )
