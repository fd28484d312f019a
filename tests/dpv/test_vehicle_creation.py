"""Making a vehicle, changing it, and adding lots: rules, the trail, pages, and another region's wall."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import ProgrammingError
from django.http import Http404
from django.test import Client

from brokerage.core.audit.models import Entry
from brokerage.core.errors import NotNow, NotPermitted, RuleBroken
from brokerage.core.tenants.context import acting
from brokerage.core.tenants.models import Organisation
from dpv.actions.vehicle_setup import add_lot, change_vehicle, create_vehicle
from dpv.actions.vehicles import add_access, add_rule_version
from dpv.forms.vehicle_setup import SERVICES
from dpv.models import Lot, RuleVersion, Vehicle
from dpv.queries.access import lots_open_to
from dpv.queries.rules import rules_in_force
from dpv.rule_defaults import DEFAULTS
from tests.cast import FAR_AHEAD, LONG_AGO, TODAY, actor_of, ident

pytestmark = pytest.mark.django_db

SignIn = Callable[[str], Client]
WEST, WALES = "/o/west-london-central", "/o/south-east-wales-central"
TOMORROW, YESTERDAY = TODAY + dt.timedelta(days=1), TODAY - dt.timedelta(days=1)


def authority(slug: str) -> Any:
    with acting(actor_of("carol")):
        return Organisation.objects.get(slug=slug).pk


def create(who: str = "carol", **changes: Any) -> Vehicle:
    values = {
        "code": "t-sen",
        "name": " Special  schools ",
        "name_cy": "Ysgolion arbennig",
        "lead_authority_id": authority("harrow"),
        "legal_regime": "pa2023_light_touch",
        "starts_on": TODAY,
        "ends_on": FAR_AHEAD,
        "service": "sen",
        "terms_summary": "Prices for a school year.",
        **changes,
    }
    with acting(actor_of(who)) as actor:
        return create_vehicle(actor, **values)


def lot(who: str = "carol", **changes: Any) -> Lot:
    values = {
        "vehicle_code": "T-SEN",
        "code": "day",
        "name": "Day places",
        "category": "sen_school",
        "age_min": 5,
        "age_max": 19,
        "needs": ["autism"],
        "is_solo": False,
        **changes,
    }
    with acting(actor_of(who)) as actor:
        return add_lot(actor, **values)


def change(who: str = "carol", **changes: Any) -> Vehicle:
    values = {
        "code": "T-FOST",
        "name": "Test fostering",
        "name_cy": "",
        "terms_summary": "",
        "ends_on": FAR_AHEAD,
        "reason": "Board paper 7.",
        **changes,
    }
    with acting(actor_of(who)) as actor:
        return change_vehicle(actor, **values)


def entry_of(kind: str) -> Entry:
    with acting(actor_of("carol")) as carol:
        return Entry.objects.get(organisation_id=carol.organisation_id, kind=kind)


def test_a_new_vehicle_has_the_services_rules_and_serves_once_it_has_lot_and_access() -> None:
    vehicle = create()
    assert (vehicle.code, vehicle.name, vehicle.region_id) == ("T-SEN", "Special schools", ident("west-london"))
    lot()
    with acting(actor_of("olive")) as olive:
        harrow = olive.organisation_id
        version, rules = rules_in_force(vehicle.pk, TODAY)
        assert rules == DEFAULTS["sen"]() and version.valid_from == TODAY
        assert not lots_open_to(harrow, "sen_school", TODAY).exists()
    with acting(actor_of("carol")) as carol:
        add_access(
            carol,
            code="T-SEN",
            authority_id=harrow,
            starts_on=TODAY,
            ends_on=None,
            annual_fee=Decimal("0.00"),
            joining_discount=Decimal("0.00"),
            notice_months=6,
        )
    with acting(actor_of("olive")):
        assert [found.code for found in lots_open_to(harrow, "sen_school", TODAY)] == ["DAY"]
    entry = entry_of("vehicle.created")
    assert entry.subject_reference == "T-SEN" and entry.actor_name == "Carol Contract"
    assert entry.data["lead_authority"] == "harrow" and entry.data["rules"] == "sen"
    assert entry_of("lot.created").data == {
        "category": "sen_school",
        "ages": [5, 19],
        "needs": ["autism"],
        "is_solo": False,
    }


def test_the_first_rules_can_be_changed_before_a_term_that_lies_ahead() -> None:
    starts_on = TODAY + dt.timedelta(days=90)
    vehicle = create(starts_on=starts_on)
    with acting(actor_of("carol")) as carol:
        assert RuleVersion.objects.get(vehicle=vehicle).valid_from == TODAY
        add_rule_version(
            carol,
            code="T-SEN",
            valid_from=starts_on,
            values={"permanence_percent": "2.00"},
            source="Clause 9",
            reason="As tendered.",
        )
        assert rules_in_force(vehicle.pk, starts_on)[1].permanence_percent == Decimal("2.00")


def test_a_term_that_has_begun_has_rules_from_its_first_day() -> None:
    vehicle = create(starts_on=LONG_AGO)
    with acting(actor_of("carol")):
        assert RuleVersion.objects.get(vehicle=vehicle).valid_from == LONG_AGO


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"code": "T FOST"}, "code_invalid", "code"),
        ({"code": "-"}, "code_invalid", "code"),
        ({"code": "A" * 21}, "code_invalid", "code"),
        ({"code": "t-fost"}, "code_taken", "code"),
        ({"name": "  "}, "name_missing", "name"),
        ({"lead_authority_id": ident("birch")}, "not_a_member", "lead_authority"),
        ({"legal_regime": "none"}, "regime_unknown", "legal_regime"),
        ({"service": "prisons"}, "service_unknown", "service"),
        ({"starts_on": FAR_AHEAD + dt.timedelta(days=1)}, "ends_before_start", "ends_on"),
        ({"starts_on": LONG_AGO, "ends_on": YESTERDAY}, "vehicle_end_in_past", "ends_on"),
    ],
)
def test_a_vehicle_refused(changes: dict[str, Any], code: str, field: str) -> None:
    with pytest.raises(RuleBroken) as refusal:
        create(**changes)
    assert (refusal.value.code, refusal.value.field) == (code, field)
    with acting(actor_of("carol")):
        assert Vehicle.objects.count() == 2


def test_a_lead_of_another_region_is_refused() -> None:
    with pytest.raises(RuleBroken) as refusal:
        create(lead_authority_id=authority("newport"))
    assert refusal.value.code == "not_a_member"


def test_another_regions_code_is_taken_though_it_is_not_seen() -> None:
    with pytest.raises(RuleBroken) as refusal:
        create("wendy", code="T-FOST", lead_authority_id=authority("newport"))
    assert refusal.value.code == "code_taken"
    assert create("wendy", code="W-1", lead_authority_id=authority("newport")).region_id == ident("south-east-wales")
    with acting(actor_of("carol")):
        assert not Vehicle.objects.filter(code="W-1").exists()


def test_only_contract_managers_of_the_region() -> None:
    for act in (create, lot, change):
        for who in ("mark", "connie", "adam", "alice"):
            with pytest.raises(NotPermitted):
                act(who)
    for act in (change, lambda who: lot(who, vehicle_code="T-FOST")):
        with pytest.raises(Http404):
            act("wendy")


def test_the_database_holds_the_region_too() -> None:
    with pytest.raises(ProgrammingError, match="row-level security"), acting(actor_of("wendy")):
        Vehicle.objects.create(
            region_id=ident("west-london"),
            lead_authority=Organisation.objects.get(slug="harrow"),
            code="STOLEN",
            name="Stolen",
            legal_regime="pa2023_light_touch",
            starts_on=TODAY,
            ends_on=FAR_AHEAD,
        )


def test_changing_names_and_closing_by_the_last_day() -> None:
    change(name="Fostering for all", terms_summary="New terms", ends_on=TODAY)
    entry = entry_of("vehicle.changed")
    assert entry.data["changes"] == {
        "name": ["Test fostering", "Fostering for all"],
        "terms_summary": [],
        "ends_on": [FAR_AHEAD.isoformat(), TODAY.isoformat()],
    }
    assert entry.data["reason"] == "Board paper 7."
    with acting(actor_of("olive")) as olive:
        assert lots_open_to(olive.organisation_id, "fostering", TODAY).exists()
        assert not lots_open_to(olive.organisation_id, "fostering", TOMORROW).exists()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, "vehicle_unchanged"),
        ({"name": ""}, "name_missing"),
        ({"name": "Other", "reason": " "}, "reason_missing"),
        ({"ends_on": YESTERDAY}, "vehicle_end_in_past"),
        ({"ends_on": LONG_AGO - dt.timedelta(days=1)}, "ends_before_start"),
    ],
)
def test_a_change_refused(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(RuleBroken) as refusal:
        change(**changes)
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"code": "a/b"}, "code_invalid"),
        ({"code": "std"}, "code_taken"),
        ({"name": ""}, "name_missing"),
        ({"category": "prison"}, "category_unknown"),
        ({"needs": ["autism", "wings"]}, "need_unknown"),
        ({"age_min": -1}, "ages"),
        ({"age_min": 12, "age_max": 11}, "ages"),
        ({"age_max": 121}, "ages"),
    ],
)
def test_a_lot_refused(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(RuleBroken) as refusal:
        lot(**{"vehicle_code": "T-FOST", **changes})
    assert refusal.value.code == code


def test_a_vehicle_that_is_over_takes_no_lot_until_it_is_prolonged() -> None:
    with acting(actor_of("carol")):
        Vehicle.objects.filter(code="T-FOST").update(ends_on=YESTERDAY)
    with pytest.raises(NotNow):
        lot(vehicle_code="T-FOST")
    change(name="Renamed", ends_on=YESTERDAY)
    change(name="Renamed", ends_on=TOMORROW)
    assert lot(vehicle_code="T-FOST").code == "DAY"


def test_every_service_with_default_rules_has_a_name() -> None:
    assert set(SERVICES) == set(DEFAULTS)


def test_a_region_starts_from_nothing_on_its_pages(sign_in: SignIn) -> None:
    client = sign_in("wendy")
    empty = client.get(f"{WALES}/vehicles/").content.decode()
    assert "Add the first vehicle of your region" in empty and f"{WALES}/vehicles/new/" in empty
    page = client.get(f"{WALES}/vehicles/new/").content.decode()
    assert "Newport" in page and "Harrow" not in page
    sent = {
        "code": "w-fost",
        "name": "Welsh fostering",
        "name_cy": "Maethu",
        "lead_authority": str(authority("newport")),
        "legal_regime": "pa2023_light_touch",
        "starts_on": TODAY.isoformat(),
        "ends_on": FAR_AHEAD.isoformat(),
        "service": "fostering",
        "terms_summary": "Terms.",
    }
    wrong = client.post(f"{WALES}/vehicles/new/", {**sent, "code": "T-FOST"})
    assert wrong.status_code == 200 and b"Another vehicle has this code" in wrong.content
    made = client.post(f"{WALES}/vehicles/new/", sent)
    assert made.status_code == 302 and made.headers["Location"] == f"{WALES}/vehicles/W-FOST/"
    shown = client.get(f"{WALES}/vehicles/W-FOST/").content.decode()
    assert "is made. Add its lots next." in shown and "Add one, then admit establishments" in shown
    assert 'lang="cy">Maethu' in shown and f"{WALES}/vehicles/W-FOST/lots/new/" in shown
    form = {"code": "std", "name": "Standard", "category": "fostering", "age_min": "0", "age_max": "17"}
    refused = client.post(f"{WALES}/vehicles/W-FOST/lots/new/", {**form, "age_min": "18"})
    assert refused.status_code == 200 and b"must be the youngest or more" in refused.content
    added = client.post(f"{WALES}/vehicles/W-FOST/lots/new/", {**form, "needs": ["autism", "nursing"]})
    assert added.status_code == 302 and added.headers["Location"] == f"{WALES}/vehicles/W-FOST/lots/STD/"
    assert b"Nobody is on this lot yet" in client.get(added.headers["Location"]).content


def test_changing_a_vehicle_on_its_page(sign_in: SignIn) -> None:
    client = sign_in("carol")
    page = f"{WEST}/vehicles/T-RES/edit/"
    assert "Test residential" in client.get(page).content.decode()
    sent = {"name": "Homes", "name_cy": "", "terms_summary": "", "ends_on": FAR_AHEAD.isoformat()}
    assert b"Enter the reason" in client.post(page, sent).content
    assert client.post(page, {**sent, "reason": "New name."}).status_code == 302
    assert b"Homes" in client.get(f"{WEST}/vehicles/").content


def test_the_pages_are_shut_to_others(sign_in: SignIn) -> None:
    pages = ("vehicles/new/", "vehicles/T-RES/edit/", "vehicles/T-RES/lots/new/")
    for who, slug in (("connie", "harrow"), ("mark", "west-london-central")):
        client = sign_in(who)
        for page in pages:
            assert client.get(f"/o/{slug}/{page}").status_code == 403
            assert client.post(f"/o/{slug}/{page}").status_code == 403
        shown = client.get(f"/o/{slug}/vehicles/T-RES/").content.decode()
        assert "/edit/" not in shown and "lots/new" not in shown
        assert "vehicles/new" not in client.get(f"/o/{slug}/vehicles/").content.decode()
    for page in pages[1:]:
        assert sign_in("wendy").get(f"{WALES}/{page}").status_code == 404


def test_a_vehicle_that_is_over_shows_no_way_to_add_a_lot(sign_in: SignIn) -> None:
    with acting(actor_of("carol")):
        Vehicle.objects.filter(code="T-RES").update(ends_on=YESTERDAY)
    client = sign_in("carol")
    assert "lots/new" not in client.get(f"{WEST}/vehicles/T-RES/").content.decode()
    assert client.get(f"{WEST}/vehicles/T-RES/lots/new/").status_code == 409
