"""Rules by version, access of authorities, and the menu."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.http import Http404

from brokerage.core.audit.models import Entry
from brokerage.core.errors import NotNow, NotPermitted, RuleBroken
from brokerage.core.periods import add_months
from brokerage.core.tenants.context import acting
from dpv.actions.menus import end_menu_item, set_menu_item
from dpv.actions.vehicles import add_access, add_rule_version, end_access
from dpv.models import AccessAgreement, MenuItem, RuleVersion
from dpv.queries.access import lots_open_to
from dpv.queries.menu import menu_of
from dpv.queries.rules import rules_in_force
from tests.cast import LONG_AGO, TODAY, actor_of, ident

pytestmark = pytest.mark.django_db

VEHICLE, TOMORROW = ident("T-FOST"), TODAY + dt.timedelta(days=1)


def change_rules(who: str = "carol", **changes: Any) -> RuleVersion:
    with acting(actor_of(who)) as actor:
        return add_rule_version(
            actor,
            **{
                "code": "T-FOST",
                "valid_from": TOMORROW,
                "values": {"sibling_discount_percent": "7.50"},
                "source": "Board paper 12",
                "reason": "Agreed with providers.",
                **changes,
            },
        )


def test_a_change_is_a_new_version_and_the_old_one_stays_as_it_was() -> None:
    with acting(actor_of("olive")):
        before = RuleVersion.objects.get(pk=ident("rules T-FOST")).parameters
    version = change_rules()
    with acting(actor_of("olive")):
        assert RuleVersion.objects.get(pk=ident("rules T-FOST")).parameters == before
        assert rules_in_force(VEHICLE, TODAY)[1].sibling_discount_percent == Decimal("5.00")
        found, rules = rules_in_force(VEHICLE, TOMORROW)
        assert found.pk == version.pk and rules.sibling_discount_percent == Decimal("7.50")
        assert rules.source_of("sibling_discount_percent") == "Board paper 12"
        assert rules.source_of("permanence_percent") != "Board paper 12"
    with acting(actor_of("carol")) as carol:
        entry = Entry.objects.get(organisation_id=carol.organisation_id, kind="rules.changed")
        assert entry.data["changes"] == {"sibling_discount_percent": ["5.00", "7.50"]}


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"valid_from": LONG_AGO}, "rules_in_past", "valid_from"),
        ({"values": {"sibling_discount_percent": "5"}}, "rules_unchanged", None),
        ({"values": {"sibling_discount_percent": "101"}}, "rule_invalid", "sibling_discount_percent"),
        ({"values": {"price_weight": "70.00"}}, "rule_invalid", "quality_weight"),
        ({"values": {"colour": "red"}}, "rule_unknown", "colour"),
        ({"source": ""}, "source_missing", "source"),
        ({"reason": ""}, "reason_missing", "reason"),
    ],
)
def test_rules_refused(changes: dict[str, Any], code: str, field: str | None) -> None:
    with pytest.raises(RuleBroken) as refusal:
        change_rules(**changes)
    assert (refusal.value.code, refusal.value.field) == (code, field)
    with acting(actor_of("carol")):
        assert RuleVersion.objects.filter(vehicle_id=VEHICLE).count() == 1


def test_a_version_stands_after_every_other() -> None:
    change_rules()
    with pytest.raises(RuleBroken) as refusal:
        change_rules(values={"sibling_discount_percent": "9"})
    assert refusal.value.code == "rules_not_latest"


def test_who_may_change_rules() -> None:
    for who in ("mark", "connie", "alice"):
        with pytest.raises(NotPermitted):
            change_rules(who)
    with pytest.raises(Http404):
        change_rules("wendy")


def give_access(**changes: Any) -> AccessAgreement:
    with acting(actor_of("carol")) as carol:
        return add_access(
            carol,
            **{
                "code": "T-FOST",
                "authority_id": ident("nobody"),
                "starts_on": TODAY,
                "ends_on": None,
                "annual_fee": Decimal("100000.00"),
                "joining_discount": Decimal("7500.00"),
                "notice_months": 6,
                **changes,
            },
        )


def end(access: AccessAgreement, last_on: dt.date, **changes: Any) -> AccessAgreement:
    with acting(actor_of("carol")) as carol:
        return end_access(carol, access_id=access.pk, last_on=last_on, **changes)


def harrows_access() -> AccessAgreement:
    with acting(actor_of("carol")):
        return AccessAgreement.objects.get(vehicle_id=VEHICLE, authority__slug="harrow")


def test_access_ends_with_its_notice_and_opens_again() -> None:
    access = harrows_access()
    with pytest.raises(RuleBroken) as early:
        end(access, TODAY)
    assert early.value.code == "notice_too_short"
    end(access, add_months(TODAY, 6))
    end(access, TODAY, both_agree=True)
    with acting(actor_of("olive")) as olive:
        assert lots_open_to(olive.organisation_id, "fostering", TODAY).count() == 1
        assert lots_open_to(olive.organisation_id, "fostering", TOMORROW).count() == 0
        harrow = olive.organisation_id
    with pytest.raises(RuleBroken) as overlap:
        give_access(authority_id=harrow, starts_on=TODAY)
    assert overlap.value.code == "access_overlaps"
    give_access(authority_id=harrow, starts_on=TOMORROW)
    with acting(actor_of("olive")):
        assert lots_open_to(harrow, "fostering", TOMORROW).count() == 1


def test_access_that_is_over_cannot_end_again() -> None:
    access = harrows_access()
    with acting(actor_of("carol")):
        AccessAgreement.objects.filter(pk=access.pk).update(ends_on=TODAY - dt.timedelta(days=1))
    with pytest.raises(NotNow):
        end(access, TODAY, both_agree=True)


def test_access_is_for_the_regions_own_authorities() -> None:
    newport = actor_of("nia").organisation_id
    for authority in (newport, ident("birch")):
        with pytest.raises(RuleBroken) as refusal:
            give_access(authority_id=authority)
        assert refusal.value.code == "not_a_member"


def test_menu_prices_are_set_and_ended() -> None:
    admission = ident("admission alder-fostering")
    with acting(actor_of("carol")) as carol:
        item = set_menu_item(
            carol,
            admission_id=admission,
            service="waking_night",
            unit_price=Decimal("180.00"),
            valid_from=TODAY,
        )
        assert item.unit == "night"
        again = set_menu_item(
            carol, admission_id=admission, service="waking_night", unit_price=Decimal("185.00"), valid_from=TODAY
        )
        assert again.pk == item.pk
        assert {row.service: row.unit_price for row in menu_of(ident("alder"), VEHICLE, TODAY)} == {
            "one_to_one_hour": Decimal("25.00"),
            "waking_night": Decimal("185.00"),
        }
        end_menu_item(carol, item_id=item.pk, last_on=TODAY)
        assert len(menu_of(ident("alder"), VEHICLE, TOMORROW)) == 1
        with pytest.raises(RuleBroken):
            end_menu_item(carol, item_id=item.pk, last_on=TODAY - dt.timedelta(days=1))
        for price in ("0.00", "1.001"):
            with pytest.raises(RuleBroken):
                set_menu_item(
                    carol,
                    admission_id=admission,
                    service="waking_night",
                    unit_price=Decimal(price),
                    valid_from=TODAY,
                )
    with acting(actor_of("wendy")) as wendy, pytest.raises(Http404):
        end_menu_item(wendy, item_id=item.pk, last_on=TODAY)
    with acting(actor_of("bob")):
        assert not MenuItem.objects.filter(provider_id=ident("alder")).exists()
