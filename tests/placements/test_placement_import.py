"""Running placements from an authority's file: its own only, no place taken twice, each fault at its cell."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.forms import ChoiceField

from brokerage.core.audit.models import Entry
from brokerage.core.errors import NotPermitted
from brokerage.core.tenants.context import acting
from brokerage.demo.files import read_demo_file
from placements.forms.placements import StartForm
from placements.models import Person, Placement
from placements.queries.placements import host_notice_of
from providers.imports.engine import run_import
from providers.models import ImportProblem, ImportRun, Occupancy
from tests.cast import actor_of, ident

pytestmark = pytest.mark.django_db

BAD = Path("brokerage/demo/data/bad")
CELLS = {
    "authority_gss": "E09000015",
    "reference": "HRW-P-0001",
    "person_reference": "HRW-0001",
    "given_name": "Keziah",
    "family_name": "Thistlethorn",
    "date_of_birth": "2014-09-29",
    "sex": "female",
    "client_group": "child",
    "legal_status": "C2",
    "need_code": "N1",
    "category": "residential",
    "source": "existing",
    "vehicle": "T-RES",
    "lot": "STD",
    "establishment_urn": "SC990001",
    "carer_code": "",
    "provider_name": "",
    "outward": "",
    "placement_type": "K2",
    "placement_provider": "PR4",
    "started_on": "2025-09-01",
    "expected_end_on": "",
    "weekly_core": "3900.00",
    "weekly_extras": "100.50",
    "weekly_total": "4000.50",
}
SPOT = {
    "source": "spot",
    "vehicle": "",
    "lot": "",
    "establishment_urn": "",
    "provider_name": "Far Away Homes Ltd",
    "outward": "HA3",
}


def file_of(*rows: dict[str, str]) -> bytes:
    lines = [",".join(CELLS), *(",".join({**CELLS, **row}.values()) for row in rows)]
    return "\n".join(lines).encode()


def bring_in(*rows: dict[str, str], who: str = "connie", **options: Any) -> ImportRun:
    return run_import(actor_of(who), "placements", file_of(*rows), **options)


def problems_of(run: ImportRun, who: str = "connie") -> list[tuple[int, str]]:
    with acting(actor_of(who)):
        return list(ImportProblem.objects.filter(run=run).values_list("line", "column"))


def counts(run: ImportRun) -> tuple[int, int, int, int]:
    return (run.rows_created, run.rows_updated, run.rows_unchanged, run.rows_refused)


def test_a_running_placement_stands_with_its_person_home_and_price() -> None:
    rows = [{}, {"reference": "HRW-P-0002", "started_on": "2026-01-01"}]
    assert counts(bring_in(*rows)) == (2, 0, 0, 0)
    assert counts(bring_in(*rows)) == (0, 0, 2, 0)
    with acting(actor_of("connie")):
        one = Placement.objects.select_related("person").get(reference="HRW-P-0001")
        assert (one.status, one.started_on, one.source) == ("active", dt.date(2025, 9, 1), "existing")
        assert (one.provider_id, one.establishment_id) == (ident("birch"), ident("birch-house"))
        assert (one.lot_id, one.weekly_total) == (ident("lot T-RES"), Decimal("4000.50"))
        assert (one.outward, one.host_gss_code, one.placing_band) == ("HA1", "E09000015", "in_area")
        assert Person.objects.filter(case_number="HRW-0001").count() == 1
        assert (one.person.given_name, one.person.legal_status) == ("Keziah", "C2")


@pytest.mark.parametrize("code", ["t0", "A6", "Z14", "P3"])
def test_a_file_may_name_every_type_that_the_page_offers(code: str) -> None:
    assert counts(bring_in({"placement_type": code})) == (1, 0, 0, 0)
    offered = StartForm.base_fields["placement_type"]
    assert isinstance(offered, ChoiceField) and code.upper() in dict(offered.choices)


def test_nobody_is_reminded_to_tell_the_host_of_a_placement_that_was_not_made_here() -> None:
    bring_in({"category": "residential"})
    with acting(actor_of("connie")):
        placement = Placement.objects.get()
        placement.placing_band = "out_of_area"
        assert host_notice_of(placement).due_on is None


def test_no_place_is_taken_a_second_time() -> None:
    bring_in({})
    with acting(actor_of("connie")):
        assert Occupancy.objects.get(establishment_id=ident("birch-house")).taken == 0


def test_a_spot_placement_off_the_register_keeps_the_provider_s_name() -> None:
    assert counts(bring_in(SPOT)) == (1, 0, 0, 0)
    with acting(actor_of("connie")):
        one = Placement.objects.get()
    assert (one.provider_id, one.provider_name, one.outward) == (None, "Far Away Homes Ltd", "HA3")
    assert one.placing_band


def test_a_fostered_child_lives_with_the_household_not_at_the_office() -> None:
    fostering = {"category": "fostering", "vehicle": "T-FOST", "establishment_urn": "SC990000", "placement_type": "U6"}
    bring_in({**fostering, "carer_code": "ALD-1"}, {**fostering, "reference": "HRW-P-0002"})
    with acting(actor_of("connie")):
        known, unknown = Placement.objects.order_by("reference")
    assert (known.household_id, known.outward) == (ident("ALD-1"), "HA1")
    assert (unknown.household_id, unknown.outward, unknown.placing_band) == (None, "", "")


def test_a_changed_price_is_told_as_updated_and_no_name_goes_into_the_trail() -> None:
    bring_in({})
    run = bring_in({"weekly_core": "3950.00", "weekly_total": "4050.50", "given_name": "Kezia"})
    assert counts(run) == (0, 1, 0, 0)
    with acting(actor_of("adam")):
        trail = [entry.data for entry in Entry.objects.filter(subject_id=str(run.pk))]
    assert {"key": "HRW-P-0001", "fields": ["person.given_name", "weekly_core", "weekly_total"]} in trail[-2]["updated"]
    assert "Kezia" not in str(trail)


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"authority_gss": "E09000009"}, "authority_gss"),
        ({"started_on": "2999-01-01"}, "started_on"),
        ({"started_on": "2010-01-01"}, "started_on"),
        ({"date_of_birth": "2999-01-01"}, "date_of_birth"),
        ({"expected_end_on": "2025-08-31"}, "expected_end_on"),
        ({"weekly_total": "4000.49"}, "weekly_total"),
        ({"weekly_core": "-1"}, "weekly_core"),
        ({"legal_status": ""}, "legal_status"),
        ({"placement_type": ""}, "placement_type"),
        ({"placement_type": "Q9"}, "placement_type"),
        ({"placement_type": "H5"}, "placement_type"),
        ({"placement_type": "P2"}, "placement_type"),
        ({"source": "call_off"}, "source"),
        ({"source": "spot"}, "vehicle"),
        ({"lot": ""}, "lot"),
        ({"lot": "SOLO"}, "lot"),
        ({"establishment_urn": "SC000000"}, "establishment_urn"),
        ({"establishment_urn": ""}, "establishment_urn"),
        ({"carer_code": "ALD-1"}, "carer_code"),
        ({**SPOT, "outward": ""}, "outward"),
        ({**SPOT, "outward": "ZZ9"}, "outward"),
    ],
)
def test_a_bad_row_is_refused_at_its_cell(cells: dict[str, str], column: str) -> None:
    run = bring_in(cells)
    assert run.rows_refused == 1
    assert (2, column) in problems_of(run)
    with acting(actor_of("connie")):
        assert not Placement.objects.exists() and not Person.objects.exists()


def test_a_reference_used_for_another_person_is_refused() -> None:
    bring_in({})
    run = bring_in({"reference": "HRW-P-0002", "date_of_birth": "2013-01-01"})
    assert problems_of(run) == [(2, "date_of_birth")]


def test_a_placement_that_has_ended_here_is_not_opened_again() -> None:
    bring_in({})
    with acting(actor_of("connie")):
        Placement.objects.update(status="ended", ended_on=dt.date.today())
    assert problems_of(bring_in({})) == [(2, "reference")]


def test_the_demo_s_placements_of_one_authority_come_in_and_the_others_are_refused() -> None:
    actor = actor_of("carol")
    for kind, name in (("register", "register.csv"), ("households", "carer_households.csv")):
        run_import(actor, kind, read_demo_file(name, on=dt.date.today()))
    content = read_demo_file("placements.csv", on=dt.date.today()).decode()
    content = content.replace("WL-FOST,STD", ",").replace("WL-FOST,COMPLEX", ",").replace("WL-RES,STD", ",")
    run = run_import(actor_of("connie"), "placements", content.encode())
    own = content.count("E09000015,HRW")
    others = {column for _line, column in problems_of(run)} - {"lot"}
    assert others == {"authority_gss"}
    assert 0 < run.rows_created <= own
    assert run.rows_created + run.rows_refused == 121


def test_the_bad_files_are_refused_at_their_lines() -> None:
    unknown_urns = run_import(actor_of("connie"), "placements", BAD / "placements_unknown_urn.csv")
    assert (6, "establishment_urn") in problems_of(unknown_urns)
    wrong_total = run_import(actor_of("connie"), "placements", BAD / "placements_total_wrong.csv")
    assert (5, "weekly_total") in problems_of(wrong_total)
    dates = run_import(actor_of("connie"), "placements", BAD / "placements_excel_dates.csv")
    assert dates.rows_refused == dates.rows_total > 0


@pytest.mark.parametrize("who", ["olive", "sandra", "carol", "alice"])
def test_only_commissioners_and_finance_import_placements(who: str) -> None:
    with pytest.raises(NotPermitted):
        bring_in({}, who=who)


def test_another_authority_sees_nothing_of_it() -> None:
    bring_in({})
    with acting(actor_of("edith")):
        assert not Placement.objects.exists() and not ImportRun.objects.exists()
    run = bring_in({"authority_gss": "E09000009"}, who="edith")
    assert run.rows_created == 1
