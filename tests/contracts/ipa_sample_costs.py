"""The schedule of costs of the sample agreement: a core price, a discount, two extras and a one-off."""

from __future__ import annotations

from decimal import Decimal as D

from contracts.terms import CostLine, Costs, FundingShare

SOURCE = "Vehicle terms, schedule 4"

COSTS = Costs(
    lines=(
        CostLine(
            code="core",
            label="Core weekly price, residential therapeutic",
            amount=D("4250.00"),
            unit="week",
            quantity=D(1),
            base=D("4250.00"),
            rule="core-price",
            source_clause=f"{SOURCE}, 2.1 (ceiling £4,400.00)",
        ),
        CostLine(
            code="permanence",
            label="Permanence discount",
            amount=D("-127.50"),
            base=D("4250.00"),
            rate=D("3.0"),
            rule="permanence-discount",
            source_clause=f"{SOURCE}, 3.2",
        ),
        CostLine(
            code="one-to-one",
            label="Additional 1:1 support",
            amount=D("343.00"),
            unit="hours",
            quantity=D("14"),
            base=D("24.50"),
            rule="additional-service",
            source_clause="Menu of additional services, line 7",
        ),
        CostLine(
            code="therapy",
            label="Dyadic developmental psychotherapy",
            amount=D("95.00"),
            unit="session",
            quantity=D("1"),
            base=D("95.00"),
            rule="additional-service",
            source_clause="Menu of additional services, line 12",
        ),
        CostLine(
            code="setting-up",
            label="Bedroom adaptation",
            amount=D("380.00"),
            period="once",
            rule="one-off",
            source_clause=f"{SOURCE}, 6.1",
        ),
    ),
    weekly=D("4560.50"),
    four_weekly=D("18242.00"),
    annual=D("237797.50"),
    annual_basis="365 days",
    funding=(
        FundingShare(payer="Social care", weekly=D("3648.40"), percent=D("80"), cost_code="CSC-4471"),
        FundingShare(payer="Education", weekly=D("684.08"), percent=D("15"), cost_code="EDU-0310"),
        FundingShare(payer="Health", weekly=D("228.02"), percent=D("5"), cost_code="ICB-NW-22"),
    ),
    price_basis="Per week of 7 nights; the first and last week are paid by the night, at a seventh each",
    price_life="Frozen for the life of the placement",
    payment=(
        "The provider invoices in arrears every 4 weeks, quoting the agreement's reference.",
        "The authority pays a correct invoice within 30 days. Welfare services are exempt from VAT.",
    ),
)
