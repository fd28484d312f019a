"""The terms of a seeded agreement: one text with marks that SQL replaces, so that each hash is that of its terms."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from contracts.terms import (
    AgreementTerms,
    AuthorityParty,
    CallOff,
    Clauses,
    Contact,
    CostLine,
    Costs,
    Dates,
    OfferAnnex,
    Person,
    PlacementTerms,
    ProviderParty,
    ReferralAnnex,
    RegistrationEvidence,
)

_START, _END, _BORN = dt.date(1901, 1, 1), dt.date(1902, 2, 2), dt.date(1903, 3, 3)
_AWARDED = dt.datetime(1904, 4, 4, tzinfo=dt.UTC)
_WEEKLY, _FOUR_WEEKLY, _ANNUAL = Decimal("123456.78"), Decimal("234567.89"), Decimal("987654.32")

#: What stands in the text -> the SQL expression that takes its place.
MARKS = {
    "@agreement": "agreement_reference",
    "@referral": "referral_reference",
    "@authority": "authority_name",
    "@provider": "provider_name",
    "@home": "home_name",
    "@person": "person_name",
    "@case": "case_number",
    _START.isoformat(): "starts_on::text",
    _END.isoformat(): "expected_end_on::text",
    _BORN.isoformat(): "born::text",
    "1904-04-04T00:00:00.000000Z": """to_char(decided_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')""",
    str(_WEEKLY): "weekly_total::text",
    str(_FOUR_WEEKLY): "(weekly_total * 4)::text",
    str(_ANNUAL): "(weekly_total * 52)::text",
}


def text_sql() -> str:
    """The SQL expression of an agreement's terms as canonical text."""
    terms = AgreementTerms(
        reference="@agreement",
        version=1,
        language="en",
        drawn_up_at=_AWARDED,
        authority=AuthorityParty(name="@authority", gss_code="", address=(), contact=Contact(name="@authority")),
        provider=ProviderParty(legal_name="@provider", registered_address=(), contact=Contact(name="@provider")),
        call_off=CallOff(
            route="individual",
            route_label="Individual call-off with invitations and offers",
            regime="pa2023_light_touch",
            regime_label="Procurement Act 2023, light touch",
            referral_reference="@referral",
        ),
        person=Person(full_name="@person", date_of_birth=_BORN, sex="", reference="@case"),
        placement=PlacementTerms(
            placement_type="Placement",
            name="@home",
            evidence=RegistrationEvidence(regulator="", urn="", as_of=_START, status="Active"),
            host_authority="@authority",
            area="in_area",
        ),
        dates=Dates(start_on=_START, expected_end_on=_END),
        costs=Costs(
            lines=(
                CostLine(
                    code="core",
                    label="Core weekly price",
                    amount=_WEEKLY,
                    period="week",
                    unit="week",
                    base=_WEEKLY,
                    rule="ceiling_life_months",
                    source_clause="Vehicle terms",
                ),
            ),
            weekly=_WEEKLY,
            four_weekly=_FOUR_WEEKLY,
            annual=_ANNUAL,
            annual_basis="52 weeks",
            price_basis="Week",
            price_life="For the placement's life",
        ),
        discounts=(),
        additional_services=(),
        absence=(),
        mileage=None,
        notice=(),
        outcomes=(),
        clauses=Clauses(
            purpose=("This agreement is a call-off under the vehicle.",),
            absence=(),
            additional_services=(),
            notice=("Notice is given in writing.",),
            information_sharing=(),
            retention=(),
            safeguarding=(),
            notifiable_events=(),
            missing=(),
            no_move=(),
            variation=(),
        ),
        variations=(),
        referral=ReferralAnnex(reference="@referral", released_at=_AWARDED, parts=()),
        offer=OfferAnnex(reference="@referral", submitted_at=_AWARDED, accepted_at=_AWARDED, statements=()),
    )
    text = terms.to_json().replace("'", "''").replace("%", "%%")
    for number, mark in enumerate(MARKS, 1):
        text = text.replace(mark, f"%{number}$s")
    return f"format('{text}', {', '.join(MARKS.values())})"
