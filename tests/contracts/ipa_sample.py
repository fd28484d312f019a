"""One agreement with everything in it, invented throughout, for the tests and benchmarks of documents."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal as D

from contracts.standard_clauses import standard_clauses
from contracts.terms import (
    AbsenceRule,
    AdditionalService,
    AgreementTerms,
    AnnexPart,
    Approval,
    AuthorityParty,
    CallOff,
    Contact,
    Dates,
    Discount,
    Fact,
    MatchStatement,
    Mileage,
    NoticeRule,
    OfferAnnex,
    Outcome,
    Person,
    PlacementTerms,
    ProviderParty,
    ReferralAnnex,
    RegistrationEvidence,
    Review,
    SealPanel,
    Signature,
    Variation,
)
from tests.contracts.ipa_sample_costs import COSTS as COSTS
from tests.contracts.ipa_sample_costs import SOURCE

AWARDED_AT = dt.datetime(2026, 11, 30, 16, 42, 11, tzinfo=dt.UTC)
VEHICLE = "West London Residential Care Purchasing Vehicle"

TERMS = AgreementTerms(
    reference="IPA-HRW-2026-00418",
    version=1,
    language="en",
    drawn_up_at=AWARDED_AT,
    authority=AuthorityParty(
        name="London Borough of Harrow",
        gss_code="E09000015",
        department="Children's Commissioning and Placements",
        address=("Forward Drive", "Harrow", "HA3 8FL"),
        contact=Contact(
            name="Amara Osei",
            role="Placement officer",
            telephone="020 7946 0115",
            email="placements@harrow.example",
            hours="Monday to Friday, 9am to 5pm",
        ),
        out_of_hours=Contact(
            name="Emergency duty team", telephone="020 7946 0199", hours="Nights, weekends and bank holidays"
        ),
    ),
    provider=ProviderParty(
        legal_name="Larkfield Care Limited",
        trading_name="Larkfield Homes",
        company_number="09876543",
        charity_number="",
        profit_status="For profit",
        registered_address=("4 Mill Yard", "Uxbridge", "UB8 1ZZ"),
        regulator="Ofsted",
        regulator_id="1234567",
        contact=Contact(
            name="Tom Whitlock",
            role="Referrals manager",
            telephone="01632 960 201",
            email="referrals@larkfield.example",
        ),
        out_of_hours=Contact(name="On-call manager", telephone="01632 960 299"),
    ),
    call_off=CallOff(
        route="invite",
        route_label="Individual call-off: providers were invited and their offers compared",
        regime="pa23-light-touch",
        regime_label="Procurement Act 2023, light-touch regime",
        regime_text="Call-off from an open framework for light-touch services (sections 9, 45 and 49).",
        vehicle_reference="WLA-RES-2026",
        vehicle_name=VEHICLE,
        lead_authority="London Borough of Ealing",
        lot_code="Lot 2",
        lot_name="Residential, therapeutic",
        rule_version="2026-04",
        rule_version_from=dt.date(2026, 4, 1),
        referral_reference="REF-HRW-2026-01277",
        offer_reference="OFF-2026-05512",
        awarded_on=dt.date(2026, 11, 30),
        link_authority="London Borough of Hillingdon",
    ),
    person=Person(
        full_name="Jordan Alexander Pemberton",
        known_as="Jo",
        date_of_birth=dt.date(2013, 5, 17),
        sex="Male",
        gender_identity="",
        reference="HRW-889120",
        legal_status_code="C2",
        legal_status_label="Full care order",
        sen="Education, health and care plan: social, emotional and mental health",
        disability="Moderate hearing loss in the left ear",
        first_language="English",
        communication="Sits where he can see faces; wears a hearing aid",
        religion="None",
        ethnicity="White and Black Caribbean",
        further=(Fact(label="Contact with family", value="Grandmother every second Sunday, in Harrow"),),
    ),
    placement=PlacementTerms(
        placement_type="Children's home",
        placement_code="K2",
        name="Larkfield House",
        establishment_reference="LH-01",
        address=("12 Orchard Rise", "Amersham", "HP6 0ZZ"),
        registered_manager="Denise Okafor",
        staffing="2 staff by day and 1 waking night for 4 young people",
        host_authority="Buckinghamshire",
        area="out_of_area",
        approval=Approval(
            name="Ruth Delaney",
            role="Nominated officer",
            on=dt.date(2026, 11, 30),
            reference="NO-2026-112",
        ),
        host_notified_on=dt.date(2026, 12, 1),
        evidence=RegistrationEvidence(
            regulator="Ofsted",
            urn="SC0412345",
            as_of=dt.date(2026, 11, 30),
            status="Active",
            rating="Good",
            inspected_on=dt.date(2026, 3, 12),
            registered_on=dt.date(2017, 9, 4),
            capacity=4,
            age_range="8 to 17",
            conditions="No more than 4 children with emotional and behavioural difficulties",
        ),
    ),
    dates=Dates(
        start_on=dt.date(2026, 12, 3),
        expected_end_on=dt.date(2028, 5, 31),
        expected_length="78 weeks",
        permanence_on=dt.date(2026, 12, 3),
        permanence_rule="Planned for 9 months or more: due from the start; paid even if the stay ends early",
        reviews=(
            Review(label="First looked-after review", due_on=dt.date(2026, 12, 31)),
            Review(label="Second looked-after review", due_on=dt.date(2027, 3, 31)),
            Review(label="Contract review", due_on=dt.date(2027, 6, 3)),
        ),
    ),
    costs=COSTS,
    discounts=(
        Discount(
            label="Permanence",
            rate=D("3"),
            applies=True,
            weekly_saving=D("127.50"),
            from_on=dt.date(2026, 12, 3),
            reason="Planned for 78 weeks",
            source_clause=f"{SOURCE}, 3.2",
        ),
        Discount(
            label="Sibling group",
            rate=D("5"),
            applies=False,
            weekly_saving=D("0.00"),
            reason="No brother or sister is placed with this provider",
            source_clause=f"{SOURCE}, 3.1",
        ),
    ),
    additional_services=(
        AdditionalService(
            label="Additional 1:1 support",
            unit="hours",
            unit_rate=D("24.50"),
            quantity=D("14"),
            weekly=D("343.00"),
            outcome="Jo attends school every day and travels home without a missing episode",
            start_on=dt.date(2026, 12, 3),
            end_on=dt.date(2027, 2, 25),
            review_on=dt.date(2027, 2, 4),
            source_clause="Menu of additional services, line 7",
        ),
        AdditionalService(
            label="Dyadic developmental psychotherapy",
            unit="session",
            unit_rate=D("95.00"),
            quantity=D("1"),
            weekly=D("95.00"),
            outcome="Jo names what upsets him and accepts comfort from his key worker",
            start_on=dt.date(2027, 1, 11),
            end_on=dt.date(2027, 7, 16),
            review_on=dt.date(2027, 4, 12),
            source_clause="Menu of additional services, line 12",
        ),
    ),
    absence=(
        AbsenceRule(from_night=1, to_night=7, percent=D("100"), source_clause=f"{SOURCE}, 5.1"),
        AbsenceRule(
            from_night=8,
            to_night=None,
            percent=D("50"),
            weekly=D("2125.00"),
            source_clause=f"{SOURCE}, 5.2",
        ),
    ),
    mileage=Mileage(
        included_miles=D("20"),
        per="a day",
        included_hours_a_day=D("2"),
        excess_rate=D("0.45"),
        source_clause=f"{SOURCE}, 7.1",
        note="Family time in Harrow counts towards the included miles",
    ),
    notice=(
        NoticeRule(given_by="provider", from_day=1, to_day=None, notice_days=28, source_clause="Clause 21.1"),
        NoticeRule(given_by="authority", from_day=1, to_day=7, notice_days=1, source_clause="Clause 21.2"),
        NoticeRule(given_by="authority", from_day=8, to_day=91, notice_days=14, source_clause="Clause 21.2"),
        NoticeRule(given_by="authority", from_day=92, to_day=None, notice_days=28, source_clause="Clause 21.2"),
    ),
    outcomes=(
        Outcome(
            title="Jo goes to school every day",
            measure="Attendance of 90% or more in each half term",
            starting_point="61% in the summer term",
            review_on=dt.date(2027, 3, 31),
            responsible="Registered manager",
        ),
        Outcome(
            title="Jo is safe on his way home",
            measure="No missing episodes in 8 weeks",
            starting_point="5 episodes in 8 weeks",
            review_on=dt.date(2027, 2, 4),
            responsible="Key worker",
        ),
        Outcome(
            title="Jo sees his grandmother and looks forward to it",
            measure="Visits kept; what Jo says afterwards",
            starting_point="Visits stopped in August",
            review_on=dt.date(2027, 3, 31),
            responsible="Social worker",
        ),
    ),
    clauses=standard_clauses(
        nation="England",
        authority_name="London Borough of Harrow",
        provider_name="Larkfield Care Limited",
        vehicle_name=VEHICLE,
    ),
    variations=(
        Variation(version=1, effective_on=dt.date(2026, 12, 3), summary="First version", agreed_by="Both sides"),
    ),
    referral=ReferralAnnex(
        reference="REF-HRW-2026-01277",
        released_at=dt.datetime(2026, 11, 23, 10, 5, tzinfo=dt.UTC),
        parts=(
            AnnexPart(
                title="About the person",
                facts=(
                    Fact(label="Age", value="13"),
                    Fact(label="Sex", value="Male"),
                    Fact(label="Legal status", value="C2: Full care order"),
                ),
            ),
            AnnexPart(
                title="Needs",
                paragraphs=(
                    "A boy who has lived with loss and needs adults who stay. He is funny, kind to "
                    "animals and "
                    "good with his hands.",
                    "He needs a small home with a therapeutic model, and staff who know attachment.",
                ),
            ),
            AnnexPart(
                title="Risks",
                facts=(
                    Fact(label="Missing", value="Risk present: 5 episodes in 8 weeks, always towards Harrow"),
                    Fact(label="Self-harm", value="No known risk"),
                    Fact(label="Fire", value="No known risk"),
                ),
            ),
            AnnexPart(
                title="Where and when",
                facts=(
                    Fact(label="Needed by", value="Within 5 days or more"),
                    Fact(label="Within", value="20 miles of HA1"),
                    Fact(label="Locations to avoid", value="UB4, for reasons given in the full papers"),
                ),
            ),
        ),
    ),
    offer=OfferAnnex(
        reference="OFF-2026-05512",
        submitted_at=dt.datetime(2026, 11, 26, 15, 20, tzinfo=dt.UTC),
        accepted_at=AWARDED_AT,
        facts=(
            Fact(label="Establishment", value="Larkfield House"),
            Fact(label="Start", value="3 December 2026"),
            Fact(label="Who lives there now", value="3 young people aged 12 to 15, two boys and a girl"),
        ),
        statements=(
            MatchStatement(
                kind="need",
                label="Attachment and loss",
                statement="Every adult is trained in dyadic developmental practice. Jo has two key workers.",
            ),
            MatchStatement(
                kind="need",
                label="Hearing loss",
                statement="The dining and living rooms have soft furnishing and a portable loop.",
            ),
            MatchStatement(
                kind="risk",
                label="Missing",
                statement="A key worker travels with Jo for 12 weeks. The police protocol is agreed "
                "beforehand, and the family's addresses are known.",
            ),
        ),
        conditions=("The hearing aid is reviewed before the start.",),
    ),
)

SIGNATURES = (
    Signature(
        side="authority",
        name="Ruth Delaney",
        role="Head of placements",
        organisation="London Borough of Harrow",
        signed_at=dt.datetime(2026, 12, 1, 9, 14, 30, tzinfo=dt.UTC),
        method="Password and authenticator app, proved again 2 minutes before",
        evidence_hash="3f0a9c55d1b24e8897c6aa01b4d7e2f9113c5a6677889900aabbccddeeff0011",
    ),
    Signature(
        side="provider",
        name="Marcus Bell",
        role="Director",
        organisation="Larkfield Care Limited",
        signed_at=dt.datetime(2026, 12, 1, 11, 2, 5, tzinfo=dt.UTC),
        method="Passkey, proved again 1 minute before",
        evidence_hash="a41be07d9c3366f2581d0e4ab97c11d20f6e5d4c3b2a19087766554433221100",
    ),
)

PANEL = SealPanel(check_at="https://brokerage.example/verify/", sealed_by="Placement brokerage demonstration seal")

FOSTERING = replace(
    TERMS,
    reference="IPA-CDF-2026-00007",
    placement=replace(
        TERMS.placement,
        placement_type="Foster placement, not long-term",
        placement_code="U6",
        name="Afon Fostering",
        address=(),
        carer_household="AF-0231",
        outward_postcode="CF14",
        area="in_area",
        approval=None,
        is_emergency=True,
        information_due_on=dt.date(2026, 12, 10),
    ),
    additional_services=(),
    discounts=(),
    mileage=None,
)
