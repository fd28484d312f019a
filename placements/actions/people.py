"""The people referrals are for: record them, keep them right, and log every reading of who they are."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.http import Http404
from django.utils.translation import gettext as _

from brokerage.core.audit.record import record
from brokerage.core.clock import database_today
from brokerage.core.errors import NotPermitted, RuleBroken
from brokerage.core.geography import normalise_postcode
from brokerage.core.periods import age_on
from brokerage.core.tenants.actors import Actor
from brokerage.core.vocabulary import Sex
from placements.models import Person, Referral
from placements.queries.referrals import visible_referrals

NAMES_AT_MOST = 40
#: What `update_person` may change.
CHANGEABLE = (
    "case_number",
    "given_name",
    "family_name",
    "known_as",
    "other_names",
    "date_of_birth",
    "sex",
    "gender_identity",
    "ethnicity",
    "religion",
    "first_language",
    "home_postcode",
    "school_name",
    "legal_status",
    "need_code",
)


@dataclass(frozen=True)
class Identity:
    """Who a person is, as read by somebody who may know it; the reading is in the audit trail."""

    full_name: str
    known_as: str
    date_of_birth: dt.date
    case_number: str


@transaction.atomic
def create_person(
    actor: Actor,
    *,
    case_number: str,
    given_name: str,
    family_name: str,
    date_of_birth: dt.date,
    sex: str,
    client_group: str = Person.ClientGroup.CHILD,
    known_as: str = "",
    other_names: list[str] | None = None,
    home_postcode: str = "",
    person_id: UUID | None = None,
) -> Person:
    """Record a person. Refused when a name, case number or sex is missing, the birth lies ahead, the postcode is no
    full postcode, or the authority already has that case number (`case_number_taken`)."""
    actor.require("referral.draft")
    person = Person(
        id=person_id or uuid.uuid4(),
        authority_id=actor.organisation_id,
        client_group=client_group,
        **_tidy(
            {
                "case_number": case_number,
                "given_name": given_name,
                "family_name": family_name,
                "known_as": known_as,
                "other_names": other_names or [],
                "date_of_birth": date_of_birth,
                "sex": sex,
                "home_postcode": home_postcode,
            }
        ),
    )
    _check_free(actor, person.case_number)
    # Taken this moment, or by somebody whom a delegation does not show: the unique index answers for all.
    try:
        with transaction.atomic():
            person.save(force_insert=True)
    except IntegrityError:
        raise _taken() from None
    record("person.created", subject=person, actor=actor, data={"client_group": str(client_group)})
    return person


@transaction.atomic
def update_person(actor: Actor, *, person_id: UUID, changes: Mapping[str, Any]) -> Person:
    """Change named values of a person. Who may not know who the person is (`may_know`) may not change it either.

    Refused as `create_person` is. Drafts follow the record; other referrals keep the age they were published with.
    """
    actor.require("referral.draft")
    person = _person(person_id)
    if {"given_name", "family_name", "known_as", "date_of_birth", "case_number", "other_names"} & set(changes):
        _require_may_know(actor, person_id)
    if {"date_of_birth", "sex"} & set(put_person(actor, person, changes)):
        age = age_on(person.date_of_birth, database_today())
        Referral.objects.filter(person=person, status="draft").update(age=age, sex=person.sex)
    return person


def put_person(actor: Actor, person: Person, changes: Mapping[str, Any]) -> list[str]:
    """Write the changes that differ, and record the names of the changed fields. Part of a bigger act."""
    unknown = set(changes) - set(CHANGEABLE)
    if unknown:
        raise ValueError(f"A person's {sorted(unknown)} cannot be changed.")
    tidy = _tidy(changes)
    changed = sorted(name for name, value in tidy.items() if getattr(person, name) != value)
    if "case_number" in changed:
        _check_free(actor, tidy["case_number"])
    for name in changed:
        setattr(person, name, tidy[name])
    if changed:
        person.save(update_fields=changed)
        record("person.changed", subject=person, actor=actor, data={"fields": changed})
    return changed


@transaction.atomic
def read_identity(actor: Actor, *, person_id: UUID, reference: str = "") -> Identity:
    """Who the person is, for whoever `may_know` it; the reading is logged with the referral's reference."""
    person = _read(actor, person_id, reference, ["name", "date_of_birth"])
    return Identity(person.full_name, person.known_as, person.date_of_birth, person.case_number)


@transaction.atomic
def read_person(actor: Actor, *, person_id: UUID) -> Person:
    """The person's whole record, for whoever `may_know` it; the reading is logged."""
    return _read(actor, person_id, "", list(CHANGEABLE))


def _read(actor: Actor, person_id: UUID, reference: str, fields: list[str]) -> Person:
    _require_may_know(actor, person_id)
    person = _person(person_id)
    record("person.read", subject=person, actor=actor, reference=reference, data={"fields": fields})
    return person


def may_know(actor: Actor, person_id: UUID) -> bool:
    """Whether the actor may read and correct who the person is: by role, or (social workers) for a referral that they
    drafted or are named on."""
    if actor.may("referral.identity"):
        return True
    return actor.may("referral.identity_own") and visible_referrals(actor).filter(person_id=person_id).exists()


def find_person(actor: Actor, *, case_number: str) -> Person | None:
    """The authority's person with that case number, whatever its case and outer spaces."""
    actor.require("person.view", "referral.draft")
    found: Person | None = Person.objects.filter(
        authority_id=actor.organisation_id, case_number__iexact=case_number.strip()
    ).first()
    return found


def known_person(actor: Actor, *, case_number: str, field: str = "case_number") -> Person:
    """As `find_person`; RuleBroken (`person_unknown`) on `field` when there is nobody with that case number."""
    person = find_person(actor, case_number=case_number)
    if person is None:
        raise RuleBroken("person_unknown", _("There is no person with this case number"), field)
    return person


def _require_may_know(actor: Actor, person_id: UUID) -> None:
    if not may_know(actor, person_id):
        raise NotPermitted("referral.identity")


def _person(person_id: UUID) -> Person:
    person: Person | None = Person.objects.filter(pk=person_id).first()
    if person is None:
        raise Http404("No such person.")
    return person


def _check_free(actor: Actor, case_number: str) -> None:
    if Person.objects.filter(authority_id=actor.organisation_id, case_number__iexact=case_number).exists():
        raise _taken()


def _taken() -> RuleBroken:
    return RuleBroken(
        "case_number_taken",
        _("There already is a person with this case number. Choose “A person we know” and enter it there."),
        "case_number",
    )


def _tidy(values: Mapping[str, Any]) -> dict[str, Any]:
    tidy: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, str):
            value = " ".join(value.split())
            limit = getattr(Person._meta.get_field(name), "max_length", None)
            if limit is not None and name != "home_postcode" and len(value) > limit:
                raise RuleBroken("too_long", _("Enter at most %(count)s characters") % {"count": limit}, name)
        tidy[name] = value
    missing = {
        "case_number": _("Enter the case number"),
        "given_name": _("Enter the given name"),
        "family_name": _("Enter the family name"),
    }
    for name, message in missing.items():
        if name in tidy and not tidy[name]:
            raise RuleBroken(f"{name}_missing", message, name)
    if "sex" in tidy and tidy["sex"] not in Sex.values:
        raise RuleBroken("sex_missing", _("Select female or male"), "sex")
    if tidy.get("home_postcode"):
        tidy["home_postcode"] = normalise_postcode(tidy["home_postcode"], field="home_postcode")
    if "date_of_birth" in tidy:
        _check_birth(tidy["date_of_birth"])
    if "other_names" in tidy:
        names = [" ".join(str(name).split())[:120] for name in tidy["other_names"]]
        tidy["other_names"] = [name for name in dict.fromkeys(names) if name][:NAMES_AT_MOST]
    return tidy


def _check_birth(born_on: dt.date | None) -> None:
    today = database_today()
    if born_on is None:
        raise RuleBroken("date_of_birth_missing", _("Enter the date of birth"), "date_of_birth")
    if born_on > today:
        raise RuleBroken("date_of_birth_ahead", _("The date of birth must be in the past"), "date_of_birth")
    if born_on.year < today.year - 120:
        raise RuleBroken("date_of_birth_invalid", _("Check the year of birth"), "date_of_birth")
