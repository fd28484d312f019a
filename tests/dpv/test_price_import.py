"""Ceiling prices and menus from files: who is admitted, what changes, what is refused."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest

from brokerage.core.audit.models import Entry
from brokerage.core.errors import NotPermitted
from brokerage.core.periods import add_months
from brokerage.core.tenants.context import acting
from dpv.models import Admission, Ceiling, MenuItem
from providers.imports.engine import run_import
from providers.models import ImportProblem, ImportRun
from tests.cast import LONG_AGO, TODAY, actor_of, ident

pytestmark = pytest.mark.django_db

BAD = Path("brokerage/demo/data/bad")
PRICES = "vehicle,lot,establishment_urn,age_band,ceiling_weekly,valid_from,valid_to,quality_score"
MENUS = "vehicle,provider_company_number,provider_name,service,unit,unit_price,valid_from"


def prices(*rows: str, who: str = "carol", dry_run: bool = False) -> ImportRun:
    return run_import(actor_of(who), "prices", "\n".join([PRICES, *rows]).encode(), dry_run=dry_run)


def menus(*rows: str) -> ImportRun:
    return run_import(actor_of("carol"), "menus", "\n".join([MENUS, *rows]).encode())


def problems_of(run: ImportRun) -> list[tuple[int, str]]:
    with acting(actor_of("carol")):
        return list(ImportProblem.objects.filter(run=run).values_list("line", "column"))


def counts(run: ImportRun) -> tuple[int, int, int, int]:
    return (run.rows_created, run.rows_updated, run.rows_unchanged, run.rows_refused)


def test_a_price_sets_a_ceiling_and_admits_who_is_not_on_the_lot() -> None:
    with acting(actor_of("carol")):
        Admission.objects.filter(pk=ident("admission cedar-house")).update(status="ended")
    rows = ["T-RES,STD,SC990003,8-17,4700.00,2026-04-01,,71.50", "T-RES,STD,SC990003,0-7,4600.00,2026-04-01,,71.50"]
    assert counts(prices(*rows)) == (2, 0, 0, 0)
    assert counts(prices(*rows)) == (0, 0, 2, 0)
    with acting(actor_of("carol")):
        admission = Admission.objects.get(establishment_id=ident("cedar-house"), status="admitted")
        assert (admission.quality_score, admission.admitted_on) == (Decimal("71.50"), dt.date(2026, 4, 1))
        bands = admission.ceilings.values_list("age_min", "age_max", "weekly", "set_by_name")
        assert set(bands) == {
            (8, 17, Decimal("4700.00"), "Carol Contract"),
            (0, 7, Decimal("4600.00"), "Carol Contract"),
        }


def test_a_price_changed_by_a_file_is_told_as_updated_with_both_amounts() -> None:
    run = prices(f"T-RES,STD,SC990001,0-17,3900.00,{LONG_AGO},,82.00")
    assert counts(run) == (0, 1, 0, 0)
    with acting(actor_of("carol")):
        assert Ceiling.objects.get(pk=ident("ceiling birch-house")).weekly == Decimal("3900.00")
        assert Admission.objects.get(pk=ident("admission birch-house")).quality_score == Decimal("82.00")
        told = Entry.objects.get(subject_id=str(run.pk), kind="import.rows").data["updated"][0]
    assert (told["weekly_before"], told["weekly"]) == ("4000.00", "3900.00")


def test_a_fixed_ceiling_is_not_raised_by_a_file_either() -> None:
    """The same rule as on the page: neither from a later day, nor by rewriting what offers relied on."""
    begun = TODAY - dt.timedelta(days=30)
    with acting(actor_of("carol")):
        Ceiling.objects.filter(pk=ident("ceiling birch-house")).update(valid_from=begun)
    for day in (TODAY, begun):
        run = prices(f"T-RES,STD,SC990001,0-17,4100.00,{day},,")
        assert counts(run) == (0, 0, 0, 1) and problems_of(run) == [(2, "ceiling_weekly")]
        with acting(actor_of("carol")):
            assert "£4,000.00 is fixed until" in ImportProblem.objects.get(run=run).message
    free = add_months(begun, 12)
    assert counts(prices(f"T-RES,STD,SC990001,0-17,4100.00,{free},,")) == (1, 0, 0, 0)
    assert counts(prices(f"T-RES,STD,SC990001,0-17,3900.00,{TODAY},,")) == (1, 0, 0, 0)


def test_a_later_price_is_held_against_an_earlier_one_of_the_same_file() -> None:
    with acting(actor_of("carol")):
        Admission.objects.filter(pk=ident("admission cedar-house")).update(status="ended")
    later = TODAY + dt.timedelta(days=60)
    run = prices(f"T-RES,STD,SC990003,0-17,4700.00,{later},,", f"T-RES,STD,SC990003,0-17,4600.00,{TODAY},,")
    assert counts(run) == (1, 0, 0, 1) and problems_of(run) == [(2, "ceiling_weekly")]


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("X-RES,STD,SC990001,0-17,4100.00,2026-04-01,,", "lot"),
        ("T-RES,SOLO,SC990001,0-17,4100.00,2026-04-01,,", "lot"),
        ("T-RES,STD,SC000000,0-17,4100.00,2026-04-01,,", "establishment_urn"),
        ("T-RES,STD,SC990000,0-17,4100.00,2026-04-01,,", "establishment_urn"),
        ("T-RES,STD,SC990001,17-8,4100.00,2026-04-01,,", "age_band"),
        ("T-RES,STD,SC990001,8,4100.00,2026-04-01,,", "age_band"),
        ("T-RES,STD,SC990001,0-17,0,2026-04-01,,", "ceiling_weekly"),
        ("T-RES,STD,SC990001,0-17,NaN,2026-04-01,,", "ceiling_weekly"),
        ("T-RES,STD,SC990001,0-17,1e3,2026-04-01,,", "ceiling_weekly"),
        ("T-RES,STD,SC990001,0-17,4100.001,2026-04-01,,", "ceiling_weekly"),
        ("T-RES,STD,SC990001,0-17,4100.00,2026-04-01,2026-03-01,", "valid_to"),
        ("T-RES,STD,SC990001,0-17,4100.00,2026-04-01,,101", "quality_score"),
    ],
)
def test_a_bad_price_is_refused_at_its_cell(row: str, column: str) -> None:
    run = prices(row)
    assert counts(run) == (0, 0, 0, 1)
    assert problems_of(run) == [(2, column)]


def test_a_barred_establishment_gets_no_price() -> None:
    with acting(actor_of("carol")):
        Admission.objects.filter(pk=ident("admission birch-house")).update(status="barred")
    assert problems_of(prices("T-RES,STD,SC990001,0-17,4100.00,2026-04-01,,")) == [(2, "establishment_urn")]


def test_a_dry_run_admits_nobody() -> None:
    with acting(actor_of("carol")):
        Admission.objects.filter(pk=ident("admission cedar-house")).update(status="ended")
    assert counts(prices("T-RES,STD,SC990003,8-17,4700.00,2026-04-01,,", dry_run=True)) == (1, 0, 0, 0)
    with acting(actor_of("carol")):
        assert not Admission.objects.filter(establishment_id=ident("cedar-house"), status="admitted").exists()


def test_prices_with_continental_commas_are_refused_row_by_row() -> None:
    run = run_import(actor_of("carol"), "prices", BAD / "prices_locale_commas.csv")
    assert run.rows_refused == run.rows_total > 0
    assert {column for _line, column in problems_of(run)} == {"ceiling_weekly"}


def test_a_negative_price_is_told_by_its_line() -> None:
    run = run_import(actor_of("carol"), "prices", BAD / "prices_one_bad_row.csv")
    assert (14, "ceiling_weekly") in problems_of(run)


@pytest.mark.parametrize("who", ["hugh", "connie", "alice"])
def test_only_contract_managers_import_prices(who: str) -> None:
    with pytest.raises(NotPermitted):
        prices(f"T-RES,STD,SC990001,0-17,4100.00,{LONG_AGO},,", who=who)


def test_a_menu_sets_unit_prices_once() -> None:
    row = "T-RES,9000000b,Birch Care Ltd,waking_night,night,165.00,2026-04-01"
    row = row.replace("9000000b", "")
    assert counts(menus(row)) == (1, 0, 0, 0)
    assert counts(menus(row)) == (0, 0, 1, 0)
    assert counts(menus(row.replace("165.00", "170.00"))) == (0, 1, 0, 0)
    with acting(actor_of("carol")):
        assert MenuItem.objects.get(service="waking_night").unit_price == Decimal("170.00")


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("T-RES,,Birch Care Ltd,waking_night,hour,165.00,2026-04-01", "unit"),
        ("T-RES,,Birch Care Ltd,butler,night,165.00,2026-04-01", "service"),
        ("X-RES,,Birch Care Ltd,waking_night,night,165.00,2026-04-01", "vehicle"),
        ("T-RES,,Nobody Ltd,waking_night,night,165.00,2026-04-01", "provider_company_number"),
        ("T-RES,,Birch Care Ltd,waking_night,night,-1,2026-04-01", "unit_price"),
    ],
)
def test_a_bad_menu_row_is_refused_at_its_cell(row: str, column: str) -> None:
    assert problems_of(menus(row)) == [(2, column)]
