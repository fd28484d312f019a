"""Which homes could meet the need, and which cannot with every reason: what the matching page shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from rest_framework import serializers as s

from brokerage.core.api.inputs import MoneyField, Query, Shape
from brokerage.core.api.operations import Call, operation
from brokerage.core.clock import database_today
from brokerage.core.vocabulary import EstablishmentKind, Rating, SexAccepted
from dpv.models import Lot
from dpv.queries.access import lots_open_to
from placements.actions.publishing import closing_terms, invited_keys
from placements.matching import Candidate, explain
from placements.queries.matching import candidates, lots_looked_on, wanted_of
from placements.queries.referrals import referral_of
from providers.standing import Standing, warnings_about, warnings_of

MOST = 1000


class MatchReason(Shape):
    """Why a home cannot be invited."""

    code = s.CharField(help_text="Stable, such as `no_vacancy`; `need:` with a need’s code where it is not met.")
    message = s.CharField()
    example = {"code": "no_vacancy", "message": "No vacancy"}


class CandidateRow(Shape):
    """An admitted home on a lot; for fostering, one carer household of an admitted agency."""

    key = s.CharField(help_text="What `chosen` names when it is invited.")
    admission_id = s.UUIDField()
    vehicle = s.CharField(help_text="The vehicle’s code.")
    lot_id = s.UUIDField()
    lot = s.CharField(help_text="The lot’s code.")
    lot_name = s.CharField()
    provider_id = s.UUIDField()
    provider_name = s.CharField()
    establishment_id = s.UUIDField()
    establishment_name = s.CharField()
    household_id = s.UUIDField(allow_null=True)
    household = s.CharField(allow_null=True, help_text="Its code.")
    kind = s.ChoiceField(choices=EstablishmentKind.choices)
    outward = s.CharField(allow_blank=True)
    age_min = s.IntegerField()
    age_max = s.IntegerField()
    sex_accepted = s.ChoiceField(choices=SexAccepted.choices)
    rating = s.ChoiceField(choices=Rating.choices)
    vacancies = s.IntegerField(allow_null=True)
    ceiling = MoneyField(allow_null=True, help_text="Highest weekly price in force.")
    miles = s.DecimalField(max_digits=6, decimal_places=1, allow_null=True, help_text="As the crow flies.")
    reasons = MatchReason(many=True, help_text="Empty where it may be invited.")
    is_restricted = s.BooleanField(help_text="A measure restricts its use: it is invited only with a reason.")
    open_alerts = s.ListField(
        child=s.CharField(),
        help_text="References of live safeguarding alerts about it, for clients with `alerts:read`: read them first.",
    )
    example = {
        "key": "1f0e8c3a-7d1b-4b57-8b6e-0a9c2d4f6e80",
        "admission_id": "1f0e8c3a-7d1b-4b57-8b6e-0a9c2d4f6e80",
        "vehicle": "WL-RES",
        "lot_id": "0b9d1f0e-6a3f-4d2b-8f6e-2a3c4d5e6f70",
        "lot": "STD",
        "lot_name": "Children’s residential",
        "provider_id": "2d3c4b5a-6978-4f87-a695-b4c3d2e1f010",
        "provider_name": "Birch Care Ltd",
        "establishment_id": "3e4d5c6b-7a89-4098-b7a6-c5d4e3f20110",
        "establishment_name": "Birch House",
        "household_id": None,
        "household": None,
        "kind": "childrens_home",
        "outward": "HA3",
        "age_min": 8,
        "age_max": 17,
        "sex_accepted": "any",
        "rating": "good",
        "vacancies": 1,
        "ceiling": "4200.00",
        "miles": "2.7",
        "reasons": [],
        "is_restricted": False,
        "open_alerts": [],
    }


class LotLookedOn(Shape):
    """A lot that was looked on."""

    id = s.UUIDField()
    code = s.CharField()
    name = s.CharField()
    vehicle = s.CharField(help_text="The vehicle’s code.")
    vehicle_name = s.CharField()
    example = {
        "id": CandidateRow.example["lot_id"],
        "code": "STD",
        "name": "Children’s residential",
        "vehicle": "WL-RES",
        "vehicle_name": "Residential care, west London",
    }


class Matches(Shape):
    """Who could meet the need."""

    lots = LotLookedOn(many=True, help_text="`lot_ids` names these when the referral is published.")
    closing_hours = s.IntegerField(
        allow_null=True, help_text="Hours to answer that the vehicles’ rules give; null without a lot or an urgency."
    )
    must_be_sealed = s.BooleanField(help_text="A vehicle’s rules keep offers sealed until closing time.")
    already_invited_count = s.IntegerField()
    eligible_count = s.IntegerField()
    excluded_count = s.IntegerField()
    eligible = CandidateRow(many=True, help_text="Nearest first, without those invited already.")
    excluded = CandidateRow(many=True, help_text="Nearest first, each with every reason.")
    example = {
        "lots": [LotLookedOn.example],
        "closing_hours": 24,
        "must_be_sealed": False,
        "already_invited_count": 0,
        "eligible_count": 1,
        "excluded_count": 1,
        "eligible": [CandidateRow.example],
        "excluded": [{**CandidateRow.example, "vacancies": 0, "reasons": [MatchReason.example]}],
    }


class MatchQuery(Query):
    """Where to look."""

    lot_ids = s.ListField(
        child=s.UUIDField(),
        required=False,
        max_length=50,
        help_text="For a draft: only these lots (repeat the name). A published referral is matched on its own lots.",
    )
    limit = s.IntegerField(
        min_value=0,
        max_value=MOST,
        default=400,
        help_text="Rows in each of the two lists; the counts are always whole.",
    )


@operation(scope="referrals:write", query=MatchQuery, answer=Matches)
def list_eligible_establishments(call: Call, reference: str) -> dict[str, Any]:
    """List eligible establishments with reasons

    Every admitted home or household on the lots, those that may be invited and those that may not, with every reason.
    It advises: the officer chooses among the eligible, and says why one is left out.
    """
    call.actor.require("referral.match")
    referral = referral_of(call.actor, reference)
    today = database_today()
    open_lots = list(lots_open_to(referral.authority_id, referral.category, today))
    lots = lots_looked_on(referral, open_lots, {str(lot) for lot in call.query.get("lot_ids", ())})
    found = candidates([lot.pk for lot in lots], wanted_of(referral), today)
    already = set() if referral.status == "draft" else invited_keys(referral)
    eligible = [home for home in found if home.is_eligible and home.key not in already]
    excluded = [home for home in found if not home.is_eligible]
    terms = closing_terms(lots, referral.urgency, today) if lots and referral.urgency else None
    most = call.query["limit"]
    warned = warnings_of(call.actor, {home.establishment_id for home in (*eligible[:most], *excluded[:most])})
    return {
        "lots": [
            {
                "id": lot.pk,
                "code": lot.code,
                "name": lot.name,
                "vehicle": lot.vehicle.code,
                "vehicle_name": lot.vehicle.name,
            }
            for lot in lots
        ],
        "closing_hours": terms.hours if terms else None,
        "must_be_sealed": bool(terms and terms.is_sealed),
        "already_invited_count": len(already),
        "eligible_count": len(eligible),
        "excluded_count": len(excluded),
        "eligible": _rows(eligible[:most], lots, warned),
        "excluded": _rows(excluded[:most], lots, warned),
    }


#: What a candidate calls as the answer does.
_SAME = ("provider_name", "lot_name", "kind", "outward", "age_min", "age_max", "sex_accepted", "rating", "vacancies")


def _rows(
    homes: Sequence[Candidate], lots: Sequence[Lot], warned: Mapping[UUID, Sequence[Standing]]
) -> list[dict[str, Any]]:
    by_id = {str(lot.pk): lot for lot in lots}
    return [
        {
            "key": home.key,
            "admission_id": home.admission,
            "vehicle": by_id[home.lot].vehicle.code,
            "lot_id": home.lot,
            "lot": by_id[home.lot].code,
            "provider_id": home.provider,
            "establishment_id": home.establishment,
            "establishment_name": home.name,
            "household_id": home.household,
            "household": home.household_code or None,
            **{name: getattr(home, name) for name in _SAME},
            "ceiling": home.ceiling,
            "miles": home.miles,
            "reasons": [{"code": code, "message": explain(code)} for code in home.reasons],
            "is_restricted": home.is_restricted,
            "open_alerts": [
                line.reference
                for line in warnings_about(warned, home.establishment_id, home.household_id)
                if line.reference
            ],
        }
        for home in homes
    ]
