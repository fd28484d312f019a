"""The API of a central team's acts on admissions: admit, price, score, suspend, lift, review, bar, end; and the menu's
prices."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from rest_framework import serializers as s

from brokerage.core import locks
from brokerage.core.api.inputs import Input, MoneyField
from brokerage.core.api.operations import Call, Created, operation
from brokerage.core.clock import database_today
from brokerage.core.forms.checked import checked_field
from brokerage.core.texts import LONGEST_REASON
from dpv.actions.admissions import admit_establishment, bar_admission, end_admission, score_admission
from dpv.actions.ceilings import NewCeiling, set_ceiling
from dpv.actions.menus import end_menu_item, set_menu_item
from dpv.actions.suspensions import lift_suspension, move_review, suspend_admissions
from dpv.api.admissions import get_admission, get_menu_item
from dpv.api.shapes import AdmissionOut, CeilingOut, MenuItemOut, admission_out, ceiling_out, menu_item_out
from dpv.models import Admission, MenuItem
from dpv.queries.admissions import admission_by_id, ceiling_history, lot_by_code, other_live_admissions

_OVER = ("admission_over",)
_MOVE = ("admission_not_now",)
#: What a reason is held to.
_TEXT = ("names_a_person", "text_too_long")
_SECOND = (*_MOVE, *_TEXT, "second_person_needed")
_PRICES = ("ceiling_invalid", "ages_invalid", "ages_outside_lot")


def _age(**kwargs: Any) -> s.IntegerField:
    return s.IntegerField(min_value=0, max_value=120, **kwargs)


def _reason(text: str) -> s.CharField:
    return s.CharField(max_length=LONGEST_REASON, help_text=text)


class AgeBandCeiling(Input):
    """A ceiling for an age band: completed years, both ends included, and pounds a week."""

    age_min = _age()
    age_max = _age()
    weekly = MoneyField(max_digits=9)
    example = {"age_min": 8, "age_max": 17, "weekly": "4150.00"}


class NewAdmission(Input):
    """A home to admit to a lot."""

    vehicle = s.CharField(max_length=20, help_text="The vehicle's code.")
    lot = s.CharField(max_length=20, help_text="The lot's code.")
    establishment_id = s.UUIDField()
    quality_score = s.DecimalField(max_digits=5, decimal_places=2, allow_null=True, required=False, default=None)
    tier = s.ChoiceField(choices=Admission.Tier.choices)
    ceilings = AgeBandCeiling(many=True, min_length=1, max_length=20)
    reason = _reason("Why it is admitted: the evaluation and its date. Name no child or adult.")
    is_checked = checked_field()
    example = {
        "vehicle": "WL-RES",
        "lot": "STD",
        "establishment_id": "0f9e8d7c-6b5a-4c3d-8e1f-2a3b4c5d6e7f",
        "quality_score": "81.50",
        "tier": "preferred",
        "ceilings": [AgeBandCeiling.example],
        "reason": "Passed the evaluation of 3 November 2026",
    }


class NewCeilingInput(Input):
    """A ceiling price from a day on."""

    age_min = _age(required=False, help_text="The lot's lowest age, if left out.")
    age_max = _age(required=False, help_text="The lot's highest age, if left out.")
    weekly = MoneyField(max_digits=9, help_text="Pounds a week.")
    valid_from = s.DateField(required=False, help_text="Today, if left out.")
    reason = _reason("Why it is set: the price round, or an earlier change and why. Name no child or adult.")
    is_checked = checked_field()
    example = {"weekly": "4150.00", "valid_from": "2027-04-01", "reason": "Price round 2027"}


class ScoreInput(Input):
    """A new quality score and tier. What is left out stays."""

    quality_score = s.DecimalField(max_digits=5, decimal_places=2, allow_null=True, required=False)
    tier = s.ChoiceField(choices=Admission.Tier.choices, required=False)
    reason = _reason("Why they change. Name no child or adult.")
    is_checked = checked_field()
    example = {"quality_score": "84.00", "reason": "Evaluation of November 2026"}


class SuspendInput(Input):
    """A suspension, until somebody lifts it."""

    reason = _reason("Authorities of the region can read it; the provider is not sent it. Name no child or adult.")
    review_on = s.DateField(help_text="When it is to be looked at again.")
    other_lots = s.BooleanField(required=False, default=False, help_text="Suspend the home's other lots too.")
    is_checked = checked_field()
    example = {"reason": "Inspection below good", "review_on": "2026-12-06"}


class ReviewInput(Input):
    """What a review of a suspension found, and when the next one is."""

    reason = _reason("What the review found. Name no child or adult.")
    review_on = s.DateField(help_text="The next review.")
    is_checked = checked_field()
    example = {"reason": "Two of three actions done", "review_on": "2027-01-10"}


class AdmissionReason(Input):
    """Why."""

    reason = _reason("Why. Name no child or adult.")
    is_checked = checked_field()
    example = {"reason": "Visited on 20 November; improvements seen"}


class MenuItemInput(Input):
    """The unit price of an extra from a day on."""

    service = s.ChoiceField(choices=MenuItem.Service.choices)
    unit_price = MoneyField(max_digits=9, help_text="Pounds a unit.")
    valid_from = s.DateField(required=False, help_text="Today, if left out.")
    example = {"service": "one_to_one_hour", "unit_price": "25.50", "valid_from": "2027-04-01"}


class MenuItemEnd(Input):
    """The last day of a price."""

    last_on = s.DateField()
    example = {"last_on": "2027-03-31"}


def _hold(call: Call, admission: UUID) -> None:
    locks.hold(admissions_exclusive=[admission])


def _as_it_stands(call: Call, admission: UUID) -> dict[str, Any]:
    return admission_out(call.actor, admission_by_id(admission), database_today())


@operation(
    scope="vehicles:write",
    body=NewAdmission,
    answer=AdmissionOut,
    status=201,
    codes=(
        "registration_wrong_type",
        "registration_not_active",
        "admission_barred",
        "already_admitted",
        "measure_on_earlier_registration",
        "vehicle_not_in_term",
        "score_invalid",
        "ceiling_twice",
        *_PRICES,
        *_TEXT,
    ),
)
def admit(call: Call) -> Created:
    """Admit a home to a lot.

    Today, with the ceilings it may ask at most from today on. The provider is told.
    """
    said = dict(call.body)
    call.actor.require("dpv.admit")
    lot = lot_by_code(said.pop("vehicle"), said.pop("lot"))
    ceilings = [NewCeiling(**one) for one in said.pop("ceilings")]
    with call.renaming({"weekly_all": "ceilings", "ages": "ceilings"}):
        made = admit_establishment(call.actor, lot_id=lot.pk, ceilings=ceilings, **said)
    return Created(_as_it_stands(call, made.pk), location=f"/admissions/{made.pk}")


@operation(
    scope="vehicles:write",
    body=ScoreInput,
    answer=AdmissionOut,
    codes=("score_invalid", *_TEXT, *_OVER),
    current=get_admission,
    lock=_hold,
)
def change_score(call: Call, admission: UUID) -> dict[str, Any]:
    """Change an admission's quality score or tier.

    Offers ranked later use them.
    """
    call.actor.require("dpv.admit")
    _hold(call, admission)
    before = admission_by_id(admission)
    kept = {"quality_score": before.quality_score, "tier": before.tier}
    score_admission(call.actor, admission_id=admission, **(kept | call.body))
    return _as_it_stands(call, admission)


@operation(
    scope="vehicles:write",
    body=NewCeilingInput,
    answer=CeilingOut,
    status=201,
    codes=("ceiling_in_past", "ceiling_after_term", "ceiling_fixed", "no_rules", *_PRICES, *_TEXT, *_OVER),
    current=get_admission,
    lock=_hold,
)
def add_ceiling(call: Call, admission: UUID) -> Created:
    """Set a ceiling price.

    For an age band (all the lot's ages, if none is given) from a day on. It is fixed for the time the vehicle's rules
    say: until then it may be lowered, not raised (`ceiling_fixed`). The same band and day again corrects it. The
    provider is told.
    """
    call.actor.require("dpv.ceiling")
    found = admission_by_id(admission)
    said = call.body
    wanted = NewCeiling(
        said.get("age_min", found.lot.age_min), said.get("age_max", found.lot.age_max), weekly=said["weekly"]
    )
    today = database_today()
    with call.renaming({"ages": "age_min"}):
        row = set_ceiling(
            call.actor,
            admission_id=admission,
            ceiling=wanted,
            valid_from=said.get("valid_from", today),
            reason=said["reason"],
            is_checked=said["is_checked"],
        )
    line = next(line for line in ceiling_history(found, today) if line.ceiling.pk == row.pk)
    return Created(ceiling_out(line, told=True), location=f"/admissions/{admission}")


def _wanted(call: Call, admission: UUID) -> list[UUID]:
    """The admission, and with `other_lots` those of the home's other lots of the region."""
    others = other_live_admissions(admission_by_id(admission)) if call.body["other_lots"] else []
    return [admission, *(row.pk for row in others)]


def _hold_wanted(call: Call, admission: UUID) -> None:
    locks.hold(admissions_exclusive=_wanted(call, admission))


@operation(
    scope="vehicles:write",
    body=SuspendInput,
    answer=AdmissionOut,
    codes=("review_in_past", *_TEXT, *_MOVE),
    current=get_admission,
    lock=_hold_wanted,
)
def suspend_from_lot(call: Call, admission: UUID) -> dict[str, Any]:
    """Suspend an admission.

    From this moment the home cannot be invited, offer or be awarded under it, or under its other lots of the region
    with `other_lots`. Placements go on. The provider is told, without the reason.
    """
    call.actor.require("dpv.suspend")
    said = call.body
    suspend_admissions(
        call.actor,
        admission_ids=_wanted(call, admission),
        **{name: said[name] for name in ("reason", "review_on", "is_checked")},
    )
    return _as_it_stands(call, admission)


@operation(
    scope="vehicles:write",
    body=AdmissionReason,
    answer=AdmissionOut,
    codes=_SECOND,
    current=get_admission,
    lock=_hold,
)
def lift_from_lot(call: Call, admission: UUID) -> dict[str, Any]:
    """Lift a suspension.

    As another person than whoever suspended it. The home may be invited, offer and be awarded again if nothing else is
    wrong. The provider is told, and who was told that it may not be used.
    """
    lift_suspension(call.actor, admission_id=admission, **call.body)
    return _as_it_stands(call, admission)


@operation(
    scope="vehicles:write",
    body=ReviewInput,
    answer=AdmissionOut,
    codes=("review_in_past", *_TEXT),
    current=get_admission,
    lock=_hold,
)
def review_suspension(call: Call, admission: UUID) -> dict[str, Any]:
    """Record a review of a suspension that goes on.

    With the day of the next one. Answers 404 for an admission that is not suspended.
    """
    move_review(call.actor, admission_id=admission, **call.body)
    return _as_it_stands(call, admission)


@operation(
    scope="vehicles:write",
    body=AdmissionReason,
    answer=AdmissionOut,
    codes=_SECOND,
    current=get_admission,
    lock=_hold,
)
def bar_from_lot(call: Call, admission: UUID) -> dict[str, Any]:
    """Bar a home from a lot.

    For good, and only one that is suspended, as another person than whoever suspended it. It comes back only when the
    bar is ended by somebody else than whoever barred it, and it is admitted anew. The provider is told.
    """
    bar_admission(call.actor, admission_id=admission, **call.body)
    return _as_it_stands(call, admission)


@operation(
    scope="vehicles:write",
    body=AdmissionReason,
    answer=AdmissionOut,
    codes=_SECOND,
    current=get_admission,
    lock=_hold,
)
def end_on_lot(call: Call, admission: UUID) -> dict[str, Any]:
    """End an admission.

    The provider leaves, or a bar is closed. Placements already agreed go on. The provider is told.
    """
    end_admission(call.actor, admission_id=admission, **call.body)
    return _as_it_stands(call, admission)


@operation(
    scope="vehicles:write", body=MenuItemInput, answer=MenuItemOut, status=201, codes=("price_invalid", "menu_in_past")
)
def put_menu_item(call: Call, admission: UUID) -> Created:
    """Set the price of an extra.

    For the admission's provider on its vehicle, whatever the home, from a day on. The same service and day again
    corrects it.
    """
    call.actor.require("dpv.ceiling")
    said = {"valid_from": database_today()} | call.body
    item = set_menu_item(call.actor, admission_id=admission, **said)
    return Created(menu_item_out(item), location=f"/menu-items/{item.pk}")


def _hold_item(call: Call, item: UUID) -> None:
    locks.hold(blocks=[item])


@operation(
    scope="vehicles:write",
    body=MenuItemEnd,
    answer=MenuItemOut,
    codes=("menu_end_in_past",),
    current=get_menu_item,
    lock=_hold_item,
)
def end_price(call: Call, item: UUID) -> dict[str, Any]:
    """Take an extra off the menu after a day.

    Extras already placed keep their price.
    """
    return menu_item_out(end_menu_item(call.actor, item_id=item, last_on=call.body["last_on"]))
