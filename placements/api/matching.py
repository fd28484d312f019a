"""Which homes could meet the need, and which cannot with every reason: what the matching page shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rest_framework import serializers as s

from brokerage.core.api.inputs import Query, Shape
from brokerage.core.api.operations import Call, operation
from brokerage.core.clock import database_today
from brokerage.core.vocabulary import EstablishmentKind, Rating, SexAccepted
from dpv.queries.access import lots_open_to
from placements.actions.publishing import closing_terms, invited_keys
from placements.matching import Candidate, explain
from placements.queries.matching import candidates, lots_looked_on, wanted_of
from placements.queries.referrals import referral_of

MOST = 1000


class MatchReason(Shape):
    """Why a home cannot be invited."""

    code = s.CharField(help_text="Stable, such as `no_vacancy`; `need:` with a need’s code where it is not met.")
    message = s.CharField()
    example = {"code": "no_vacancy", "message": "No vacancy"}


class CandidateRow(Shape):
    """An admitted home on a lot; for fostering, one carer household of an admitted agency."""

    key = s.CharField(help_text="What `chosen` names when it is invited.")
    admission = s.UUIDField()
    lot = s.UUIDField()
    vehicle = s.UUIDField()
    provider = s.UUIDField()
    establishment = s.UUIDField()
    household = s.UUIDField(allow_null=True)
    provider_name = s.CharField()
    name = s.CharField()
    household_code = s.CharField(allow_blank=True)
    lot_name = s.CharField()
    kind = s.ChoiceField(choices=EstablishmentKind.choices)
    outward = s.CharField(allow_blank=True)
    age_min = s.IntegerField()
    age_max = s.IntegerField()
    sex_accepted = s.ChoiceField(choices=SexAccepted.choices)
    rating = s.ChoiceField(choices=Rating.choices)
    vacancies = s.IntegerField(allow_null=True)
    ceiling = s.DecimalField(
        max_digits=9, decimal_places=2, allow_null=True, help_text="Highest weekly price in force, in pounds."
    )
    miles = s.DecimalField(max_digits=6, decimal_places=1, allow_null=True, help_text="As the crow flies.")
    reasons = MatchReason(many=True, help_text="Empty where it may be invited.")
    example = {
        "key": "1f0e8c3a-7d1b-4b57-8b6e-0a9c2d4f6e80",
        "admission": "1f0e8c3a-7d1b-4b57-8b6e-0a9c2d4f6e80",
        "lot": "0b9d1f0e-6a3f-4d2b-8f6e-2a3c4d5e6f70",
        "vehicle": "7c6b5a49-3827-4160-9f8e-7d6c5b4a3920",
        "provider": "2d3c4b5a-6978-4f87-a695-b4c3d2e1f010",
        "establishment": "3e4d5c6b-7a89-4098-b7a6-c5d4e3f20110",
        "household": None,
        "provider_name": "Birch Care Ltd",
        "name": "Birch House",
        "household_code": "",
        "lot_name": "Children’s residential",
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
    }


class LotLookedOn(Shape):
    """A lot that was looked on."""

    id = s.UUIDField()
    name = s.CharField()
    vehicle = s.UUIDField()
    vehicle_name = s.CharField()
    example = {
        "id": CandidateRow.example["lot"],
        "name": "Children’s residential",
        "vehicle": CandidateRow.example["vehicle"],
        "vehicle_name": "Residential care, west London",
    }


class Matches(Shape):
    """Who could meet the need."""

    lots = LotLookedOn(many=True, help_text="`lots` names these when the referral is published.")
    closing_hours = s.IntegerField(
        allow_null=True, help_text="Hours to answer that the vehicles’ rules give; null without a lot or an urgency."
    )
    must_be_sealed = s.BooleanField(help_text="A vehicle’s rules keep offers sealed until closing time.")
    already_invited = s.IntegerField()
    eligible_count = s.IntegerField()
    excluded_count = s.IntegerField()
    eligible = CandidateRow(many=True, help_text="Nearest first, without those invited already.")
    excluded = CandidateRow(many=True, help_text="Nearest first, each with every reason.")
    example = {
        "lots": [LotLookedOn.example],
        "closing_hours": 24,
        "must_be_sealed": False,
        "already_invited": 0,
        "eligible_count": 1,
        "excluded_count": 1,
        "eligible": [CandidateRow.example],
        "excluded": [{**CandidateRow.example, "vacancies": 0, "reasons": [MatchReason.example]}],
    }


class MatchQuery(Query):
    """Where to look."""

    lots = s.ListField(
        child=s.UUIDField(),
        required=False,
        max_length=50,
        help_text="For a draft: only these lots (repeat the name). A published referral is matched on its own lots.",
    )
    most = s.IntegerField(
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
    lots = lots_looked_on(referral, open_lots, {str(lot) for lot in call.query.get("lots", ())})
    found = candidates([lot.pk for lot in lots], wanted_of(referral), today)
    already = set() if referral.status == "draft" else invited_keys(referral)
    eligible = [home for home in found if home.is_eligible and home.key not in already]
    excluded = [home for home in found if not home.is_eligible]
    terms = closing_terms(lots, referral.urgency, today) if lots and referral.urgency else None
    most = call.query["most"]
    return {
        "lots": [
            {"id": lot.pk, "name": lot.name, "vehicle": lot.vehicle_id, "vehicle_name": lot.vehicle.name}
            for lot in lots
        ],
        "closing_hours": terms.hours if terms else None,
        "must_be_sealed": bool(terms and terms.is_sealed),
        "already_invited": len(already),
        "eligible_count": len(eligible),
        "excluded_count": len(excluded),
        "eligible": _rows(eligible[:most]),
        "excluded": _rows(excluded[:most]),
    }


#: Answer's name -> the candidate's, where they are the same.
_SAME = tuple(name for name in CandidateRow.example if name not in ("key", "reasons"))


def _rows(homes: Sequence[Candidate]) -> list[dict[str, Any]]:
    return [
        {
            "key": home.key,
            **{name: getattr(home, name) for name in _SAME},
            "reasons": [{"code": code, "message": explain(code)} for code in home.reasons],
        }
        for home in homes
    ]
