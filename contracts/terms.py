"""The terms of one placement agreement (IPA) as plain values: everything it prints, and nothing else.

Frozen at the award, stored as canonical JSON, signed by its hash. Signatures and the seal are not terms:
people sign the terms, so the terms cannot contain them. No ORM, no settings, no clock.
Money is `Money` (two decimal places), moments are UTC, texts are in the agreement's language.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Literal

from contracts.terms_costs import AbsenceRule as AbsenceRule
from contracts.terms_costs import AdditionalService as AdditionalService
from contracts.terms_costs import CostLine as CostLine
from contracts.terms_costs import Costs as Costs
from contracts.terms_costs import Discount as Discount
from contracts.terms_costs import FundingShare as FundingShare
from contracts.terms_costs import Mileage as Mileage
from contracts.terms_costs import NoticeRule as NoticeRule
from contracts.terms_costs import Side
from contracts.terms_json import from_data, from_json, sha256_of, to_data, to_json

Language = Literal["en", "cy"]
#: Begins a clause that has no text in the language of its agreement; in both languages, so that either reader knows.
ENGLISH_ONLY = "[Yn Saesneg yn unig / In English only]"
Area = Literal["in_area", "out_of_area", "at_a_distance"]


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One labelled value, for whatever a vehicle prints beyond the fixed fields."""

    label: str
    value: str


@dataclass(frozen=True, kw_only=True)
class Contact:
    """A person or desk to ring; `hours` says when, in words."""

    name: str
    role: str = ""
    telephone: str = ""
    email: str = ""
    hours: str = ""


@dataclass(frozen=True, kw_only=True)
class AuthorityParty:
    """The placing council."""

    name: str
    gss_code: str
    address: tuple[str, ...]
    contact: Contact
    out_of_hours: Contact | None = None
    department: str = ""


@dataclass(frozen=True, kw_only=True)
class ProviderParty:
    """The legal entity that sells the care; `regulator_id` is the provider's own number, not the home's."""

    legal_name: str
    registered_address: tuple[str, ...]
    contact: Contact
    out_of_hours: Contact | None = None
    trading_name: str = ""
    company_number: str = ""
    charity_number: str = ""
    profit_status: str = ""
    regulator: str = ""
    regulator_id: str = ""


@dataclass(frozen=True, kw_only=True)
class CallOff:
    """How the placement was bought, and under which rules of which date."""

    route: str
    route_label: str
    regime: str
    regime_label: str
    regime_text: str = ""
    vehicle_reference: str = ""
    vehicle_name: str = ""
    lead_authority: str = ""
    lot_code: str = ""
    lot_name: str = ""
    rule_version: str = ""
    rule_version_from: dt.date | None = None
    referral_reference: str = ""
    offer_reference: str = ""
    awarded_on: dt.date | None = None
    justification: str = ""
    link_authority: str = ""


@dataclass(frozen=True, kw_only=True)
class Person:
    """The person who will live there. `reference` is the authority's case number."""

    full_name: str
    date_of_birth: dt.date
    sex: str
    reference: str
    known_as: str = ""
    gender_identity: str = ""
    legal_status_code: str = ""
    legal_status_label: str = ""
    deprivation_of_liberty: str = ""
    sen: str = ""
    disability: str = ""
    first_language: str = ""
    communication: str = ""
    religion: str = ""
    ethnicity: str = ""
    unaccompanied_asylum_seeking: bool = False
    further: tuple[Fact, ...] = ()


@dataclass(frozen=True, kw_only=True)
class RegistrationEvidence:
    """What the regulator's register said on `as_of`; printed as evidence, never refreshed."""

    regulator: str
    urn: str
    as_of: dt.date
    status: str
    rating: str = ""
    inspected_on: dt.date | None = None
    registered_on: dt.date | None = None
    capacity: int | None = None
    age_range: str = ""
    conditions: str = ""


@dataclass(frozen=True, kw_only=True)
class Approval:
    """Somebody's recorded consent, e.g. the nominated officer's to a placement out of area."""

    name: str
    role: str
    on: dt.date
    reference: str = ""


@dataclass(frozen=True, kw_only=True)
class PlacementTerms:
    """The home, or the carer household: fostering prints the household's code and outward postcode only."""

    placement_type: str
    name: str
    evidence: RegistrationEvidence
    host_authority: str
    area: Area
    placement_code: str = ""
    establishment_reference: str = ""
    address: tuple[str, ...] = ()
    carer_household: str = ""
    outward_postcode: str = ""
    registered_manager: str = ""
    is_emergency: bool = False
    information_due_on: dt.date | None = None
    approval: Approval | None = None
    host_notified_on: dt.date | None = None
    staffing: str = ""


@dataclass(frozen=True, kw_only=True)
class Review:
    label: str
    due_on: dt.date


@dataclass(frozen=True, kw_only=True)
class Dates:
    """Start, expected end and what hangs on it; `permanence_on` is the day the discount becomes due."""

    start_on: dt.date
    expected_end_on: dt.date | None = None
    expected_length: str = ""
    permanence_on: dt.date | None = None
    permanence_rule: str = ""
    reviews: tuple[Review, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Outcome:
    title: str
    measure: str = ""
    starting_point: str = ""
    review_on: dt.date | None = None
    responsible: str = ""


@dataclass(frozen=True, kw_only=True)
class Clauses:
    """Numbered paragraphs of the sections that are words; `standard_clauses` writes the usual ones."""

    purpose: tuple[str, ...]
    absence: tuple[str, ...]
    additional_services: tuple[str, ...]
    notice: tuple[str, ...]
    information_sharing: tuple[str, ...]
    retention: tuple[str, ...]
    safeguarding: tuple[str, ...]
    notifiable_events: tuple[str, ...]
    missing: tuple[str, ...]
    no_move: tuple[str, ...]
    variation: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Variation:
    """One earlier version of this agreement, or this one, and why."""

    version: int
    effective_on: dt.date
    summary: str
    agreed_by: str = ""


@dataclass(frozen=True, kw_only=True)
class AnnexPart:
    title: str
    facts: tuple[Fact, ...] = ()
    paragraphs: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ReferralAnnex:
    """The referral as it was released to this provider, word for word."""

    reference: str
    released_at: dt.datetime
    parts: tuple[AnnexPart, ...]


@dataclass(frozen=True, kw_only=True)
class MatchStatement:
    """How the provider said it meets one need or manages one risk."""

    kind: Literal["need", "risk"]
    label: str
    statement: str


@dataclass(frozen=True, kw_only=True)
class OfferAnnex:
    """The offer as it was accepted."""

    reference: str
    submitted_at: dt.datetime
    accepted_at: dt.datetime
    statements: tuple[MatchStatement, ...]
    facts: tuple[Fact, ...] = ()
    conditions: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class AgreementTerms:
    """One version of one agreement. Equal terms have equal JSON, equal hash and equal PDF bytes."""

    reference: str
    version: int
    language: Language
    drawn_up_at: dt.datetime
    authority: AuthorityParty
    provider: ProviderParty
    call_off: CallOff
    person: Person
    placement: PlacementTerms
    dates: Dates
    costs: Costs
    discounts: tuple[Discount, ...]
    additional_services: tuple[AdditionalService, ...]
    absence: tuple[AbsenceRule, ...]
    mileage: Mileage | None
    notice: tuple[NoticeRule, ...]
    outcomes: tuple[Outcome, ...]
    clauses: Clauses
    variations: tuple[Variation, ...]
    referral: ReferralAnnex
    offer: OfferAnnex
    schema: int = 1

    def to_json(self) -> str:
        """Canonical JSON: sorted keys, no spaces, decimals as strings, ISO dates, NFC texts."""
        return to_json(self)

    def to_data(self) -> dict[str, Any]:
        """The same as plain JSON values, for a JSON column: decimals and dates are texts."""
        return to_data(self)

    def terms_hash(self) -> str:
        """SHA-256 of the canonical JSON, 64 hex digits: what both sides sign."""
        return sha256_of(self.to_json())


def read_terms(stored: str | dict[str, Any]) -> AgreementTerms:
    """Stored JSON, as text or as a JSON column's value, back to terms. ValueError unless exactly this shape."""
    if isinstance(stored, str):
        return from_json(AgreementTerms, stored)
    return from_data(AgreementTerms, stored)


@dataclass(frozen=True, kw_only=True)
class Signature:
    """One side's signature: who, for whom, when, how they proved who they are, the hash of that evidence.

    `client` names the system that signed; `name` is then the person who owns it.
    """

    side: Side
    name: str
    role: str
    organisation: str
    signed_at: dt.datetime
    method: str
    evidence_hash: str
    client: str = ""


@dataclass(frozen=True, kw_only=True)
class SealPanel:
    """What the page says about the seal; `check_at` is the public checking page's full address."""

    check_at: str
    sealed_by: str = ""
