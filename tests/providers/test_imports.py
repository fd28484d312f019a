"""Files that come in: whole, dry, twice, stopped half-way, and on a bad day."""

from __future__ import annotations

import datetime as dt
import io
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from brokerage.core.audit.models import Entry
from brokerage.core.errors import NotPermitted
from brokerage.core.tenants.context import acting
from brokerage.core.tenants.models import Organisation
from brokerage.demo.files import read_demo_file
from providers.imports import engine
from providers.imports.engine import carry_on, run_import
from providers.imports.kinds import Outcome
from providers.models import CarerHousehold, Establishment, ImportProblem, ImportRun, Insurance, Occupancy, Provider
from tests.cast import actor_of, ident

pytestmark = pytest.mark.django_db

BAD = Path("brokerage/demo/data/bad")
HEADINGS = (
    "provider_name,provider_company_number,profit_status,name,kind,regulator,urn,registration_date,"
    "registration_status,rating,capacity,age_min,age_max,sex_accepted,needs,postcode,vacancies,vacancies_on"
)


def home(**cells: str) -> str:
    """One row of a register under HEADINGS."""
    values = {
        "provider_name": "Dunmore Homes Ltd",
        "provider_company_number": "91000001",
        "profit_status": "for_profit",
        "name": "Dunmore House",
        "kind": "childrens_home",
        "regulator": "ofsted",
        "urn": "SC911001",
        "registration_date": "2019-05-14",
        "registration_status": "active",
        "rating": "good",
        "capacity": "4",
        "age_min": "8",
        "age_max": "17",
        "sex_accepted": "any",
        "needs": "emotional_behavioural;missing",
        "postcode": "HA1 2AA",
        "vacancies": "1",
        "vacancies_on": "2026-11-19",
        **cells,
    }
    return ",".join(values[name] for name in HEADINGS.split(","))


def register(*rows: str) -> bytes:
    return "\n".join([HEADINGS, *rows, ""]).encode()


def bring_in(content: bytes | Path, kind: str = "register", who: str = "carol", **options: Any) -> ImportRun:
    return run_import(actor_of(who), kind, content, **options)


def problems_of(run: ImportRun, who: str = "carol") -> list[tuple[int, str, str]]:
    with acting(actor_of(who)):
        return list(ImportProblem.objects.filter(run=run).values_list("line", "column", "message"))


def counts(run: ImportRun) -> tuple[int, int, int, int]:
    return (run.rows_created, run.rows_updated, run.rows_unchanged, run.rows_refused)


def written() -> tuple[int, ...]:
    with acting(actor_of("carol")):
        return tuple(model.objects.count() for model in (Organisation, Provider, Establishment, Occupancy))


def test_the_demo_region_comes_in_whole_and_a_second_time_changes_nothing() -> None:
    today = dt.date.today()
    for kind, name, rows in (
        ("register", "register.csv", 300),
        ("households", "carer_households.csv", 260),
        ("insurance", "insurance.csv", 270),
    ):
        content = read_demo_file(name, on=today)
        first = bring_in(content, kind)
        assert (first.state, counts(first)) == ("done", (rows, 0, 0, 0)), problems_of(first)
        second = bring_in(content, kind)
        assert (second.state, counts(second)) == ("done", (0, 0, rows, 0)), problems_of(second)
    with acting(actor_of("carol")):
        assert Provider.objects.exclude(organisation__slug__in=["alder", "birch", "cedar"]).count() == 90
        agency = Establishment.objects.filter(kind="fostering_agency").exclude(provider_id=ident("alder")).first()
        assert agency is not None
        assert not Occupancy.objects.filter(establishment=agency).exists()
        assert Occupancy.objects.filter(household__isnull=False).count() == 262
        assert CarerHousehold.objects.filter(is_on_hold=True).exists()
        assert Insurance.objects.count() == 279
        assert Establishment.objects.filter(registration_checked_on=today).count() == 300


def test_a_dry_run_writes_nothing_but_its_report() -> None:
    before = written()
    run = bring_in(register(home(), home(urn="SC911002", name="Dunmore Lodge", age_max="seven")), dry_run=True)
    assert counts(run) == (1, 0, 0, 1)
    assert written() == before
    assert [problem[:2] for problem in problems_of(run)] == [(3, "age_max")]
    with acting(actor_of("carol")):
        kinds = list(Entry.objects.filter(subject_id=str(run.pk)).values_list("kind", flat=True))
    assert kinds == ["import.checked"]


def test_the_trail_tells_who_imported_what_and_which_fields_changed() -> None:
    bring_in(register(home()))
    run = bring_in(register(home(rating="inadequate", registration_status="suspended")))
    assert counts(run) == (0, 1, 0, 0)
    with acting(actor_of("carol")):
        entries = {
            entry.kind: entry.data
            for entry in Entry.objects.filter(subject_id=str(run.pk), actor_name="Carol Contract")
        }
    assert entries["import.rows"]["updated"] == [{"key": "SC911001", "fields": ["rating", "registration_status"]}]
    assert entries["import.done"]["updated"] == 1
    with acting(actor_of("carol")):
        assert Establishment.objects.get(urn="SC911001").registration_checked_on == dt.date.today()


def test_a_provider_known_by_name_gets_its_company_number_and_stays_one() -> None:
    bring_in(register(home(provider_company_number="")))
    bring_in(register(home(), home(urn="SC911002", provider_name="dunmore homes ltd", provider_company_number="")))
    with acting(actor_of("carol")):
        assert [p.company_number for p in Provider.objects.filter(legal_name__iexact="Dunmore Homes Ltd")] == [
            "91000001"
        ]


def test_a_new_provider_gets_an_address_of_its_own() -> None:
    bring_in(register(home(provider_name="Alder", provider_company_number="91000009")))
    with acting(actor_of("carol")):
        assert Provider.objects.get(company_number="91000009").organisation.slug == "alder-2"


def test_the_place_comes_from_the_postcode_when_the_file_has_none() -> None:
    bring_in(register(home()))
    with acting(actor_of("carol")):
        one = Establishment.objects.get(urn="SC911001")
    assert (one.outward, one.gss_code) == ("HA1", "E09000015")
    assert one.easting and one.northing
    run = bring_in(register(home(postcode="ZZ9 9ZZ", urn="SC911002")))
    assert [problem[:2] for problem in problems_of(run)] == [(2, "postcode")]


def test_an_older_file_does_not_undo_what_an_award_or_the_provider_did_since() -> None:
    bring_in(register(home(vacancies="2", vacancies_on="2026-11-01")))
    with acting(actor_of("carol")):
        Occupancy.objects.filter(establishment__urn="SC911001").update(
            taken=3, updated_at=dt.datetime(2026, 11, 5, tzinfo=dt.UTC)
        )
    assert counts(bring_in(register(home(vacancies="2", vacancies_on="2026-11-01")))) == (0, 0, 1, 0)
    with acting(actor_of("carol")):
        assert Occupancy.objects.get(establishment__urn="SC911001").taken == 3
    assert counts(bring_in(register(home(vacancies="0", vacancies_on="2026-11-19")))) == (0, 1, 0, 0)
    with acting(actor_of("carol")):
        assert Occupancy.objects.get(establishment__urn="SC911001").taken == 4


def test_an_establishment_does_not_change_hands_by_a_file() -> None:
    bring_in(register(home()))
    run = bring_in(register(home(provider_name="Other Ltd", provider_company_number="91000002")))
    assert [problem[:2] for problem in problems_of(run)] == [(2, "provider_name")]


def test_a_provider_nobody_can_tell_apart_is_asked_for() -> None:
    bring_in(register(home(), home(urn="SC911002", provider_company_number="91000002")))
    run = bring_in(register(home(urn="SC911003", provider_company_number="")))
    assert [problem[:2] for problem in problems_of(run)] == [(2, "provider_company_number")]


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"age_min": "12", "age_max": "10"}, "age_max"),
        ({"capacity": ""}, "capacity"),
        ({"vacancies": "5"}, "vacancies"),
        ({"regulator": "", "urn": "XX"}, "regulator"),
        ({"registration_date": "46347"}, "registration_date"),
        ({"registration_date": "11/21/2026"}, "registration_date"),
        ({"needs": "kindness"}, "needs"),
        ({"provider_company_number": "12"}, "provider_company_number"),
        ({"postcode": "HA1"}, "postcode"),
    ],
)
def test_a_bad_cell_is_told_by_line_and_column(cells: dict[str, str], column: str) -> None:
    run = bring_in(register(home(urn="SC911009"), home(**cells)))
    assert counts(run) == (1, 0, 0, 1)
    assert [problem[:2] for problem in problems_of(run)] == [(3, column)]


# --- Bad days ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["register_bom.csv", "register_ofsted_headers.csv"])
def test_a_byte_order_mark_and_the_regulators_own_headings_are_read(name: str) -> None:
    run = bring_in(BAD / name)
    assert run.state == "done" and run.rows_created > 10 and run.rows_refused == 0, problems_of(run)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("register_semicolons.csv", "not separated by commas"),
        ("register_latin1.csv", "not in UTF-8"),
        ("not_a_csv.csv", "not a CSV file"),
        ("empty.csv", "empty"),
        ("header_only.csv", "no rows"),
        ("register_wrong_columns.csv", "columns"),
    ],
)
def test_a_file_that_cannot_be_read_gets_one_sentence_and_writes_nothing(name: str, words: str) -> None:
    before = written()
    run = bring_in(BAD / name)
    assert run.state == "failed"
    assert words in run.message
    assert problems_of(run)
    assert written() == before


def test_missing_columns_are_named_and_unused_ones_told() -> None:
    run = bring_in(BAD / "register_wrong_columns.csv")
    assert {"provider_name", "urn", "postcode"} <= {column for _line, column, _message in problems_of(run)}
    content = register(home()).replace(b"vacancies_on\n", b"vacancies_on,colour\n").replace(b"11-19\n", b"11-19,red\n")
    run = bring_in(content)
    assert (run.state, counts(run), run.message) == ("done", (1, 0, 0, 0), "Columns not used: colour")


def test_an_excel_workbook_gets_a_clear_sentence() -> None:
    run = bring_in(b"PK\x03\x04 and so on")
    assert "Excel workbook" in run.message


def test_the_bad_rows_are_left_out_and_the_good_ones_written() -> None:
    run = bring_in(BAD / "register_one_bad_row.csv")
    assert [problem[:2] for problem in problems_of(run)] == [(8, "age_max")]
    assert run.rows_created == run.rows_total - 1
    run = bring_in(BAD / "register_duplicate_urn.csv")
    (line, _column, message) = problems_of(run)[-1]
    assert line == run.rows_total + 1 and "line 6" in message


def test_excel_s_dates_are_refused_with_what_to_do() -> None:
    run = bring_in(BAD / "register_excel_dates.csv")
    assert run.rows_refused == run.rows_total > 0
    assert all("Excel" in message for _line, _column, message in problems_of(run))


def test_one_row_the_database_refuses_does_not_take_its_batch_along(monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db import IntegrityError

    from providers.imports import register as module

    real = module.Owners.write

    def refuse_two(self: Any) -> None:
        if any(organisation.name == "Bad Ltd" for organisation in self._organisations):
            raise IntegrityError("refused")
        real(self)

    monkeypatch.setattr(module.Owners, "write", refuse_two)
    rows = [home(urn="SC911001"), home(urn="SC911002", provider_name="Bad Ltd", provider_company_number="91000003")]
    run = bring_in(register(*rows, home(urn="SC911004")))
    assert counts(run) == (2, 0, 0, 1)
    assert problems_of(run) == [(3, "", "This row contradicts what is already recorded")]


# --- Stopped and taken up again ----------------------------------------------------------------------------


def many(rows: int, homes_each: int = 5) -> Iterator[str]:
    for number in range(rows):
        owner = number // homes_each
        yield home(
            provider_name=f"Owner {owner} Ltd",
            provider_company_number=f"95{owner:06}",
            name=f"House {number}",
            urn=f"SC{2_000_000 + number}",
        )


def test_a_killed_import_goes_on_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    content = register(*many(50))
    real = engine._do_batch
    done: list[int] = []

    def killed_at_the_third(*args: Any) -> ImportRun:
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(1)
        return real(*args)

    monkeypatch.setattr(engine, "_do_batch", killed_at_the_third)
    with pytest.raises(KeyboardInterrupt):
        bring_in(content, batch_size=10)
    with acting(actor_of("carol")):
        half = ImportRun.objects.get(state="running")
        assert (half.rows_done, Establishment.objects.filter(name__startswith="House").count()) == (20, 20)
    monkeypatch.setattr(engine, "_do_batch", real)
    run = bring_in(content, batch_size=10)
    assert run.pk == half.pk
    assert (run.state, run.rows_done, counts(run)) == ("done", 50, (50, 0, 0, 0))


def test_a_row_repeated_across_the_interruption_is_still_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = list(many(20))
    content = register(*rows, rows[0])
    actor = actor_of("carol")
    run = run_import(actor, "register", register(*rows[:1]), batch_size=10)
    with acting(actor):
        ImportRun.objects.filter(pk=run.pk).update(state="running", rows_done=10, rows_created=10)
        run.refresh_from_db()
    run = carry_on(actor, run, io.BytesIO(content), batch_size=10)
    assert "line 2" in problems_of(run)[-1][2]


def test_two_workers_on_one_run_do_not_do_a_batch_twice() -> None:
    actor = actor_of("carol")
    run = run_import(actor, "register", register(*many(5)))
    with acting(actor):
        ImportRun.objects.filter(pk=run.pk).update(state="running", rows_done=3)
    stale = ImportRun(pk=run.pk, rows_done=0)
    with pytest.raises(engine.TakenOver):
        engine._do_batch(actor, stale, engine.kind_of("register"), [])


def test_a_while_at_a_time_the_worker_carries_it_on() -> None:
    actor = actor_of("carol")
    content = register(*many(30))
    with acting(actor):
        run = ImportRun.objects.create(
            organisation_id=actor.organisation_id, kind="register", file_name="x.csv", sha256="x", is_dry_run=False
        )
    rounds = 0
    while run.state != "done":
        run = carry_on(actor, run, io.BytesIO(content), batch_size=10, seconds=0)
        rounds += 1
    assert (run.rows_done, counts(run), rounds) == (30, (30, 0, 0, 0), 4)


def test_50_000_rows_need_little_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "register.csv"
    with path.open("w", encoding="utf-8") as file:
        file.write("provider_name,kind,cover_amount,starts_on,expires_on\n")
        file.writelines(f"Owner {row} Ltd,public_liability,5.00,2026-01-01,2026-12-31\n" for row in range(50_000))
    sizes: list[int] = []

    def count_only(_actor: Any, rows: Any, _today: dt.date) -> Outcome:
        sizes.append(len(rows))
        return Outcome(created=len(rows))

    counting = replace(engine.kind_of("insurance"), importer=count_only)
    monkeypatch.setattr(engine, "kind_of", lambda _code: counting)
    actor = actor_of("carol")
    tracemalloc.start()
    try:
        run = run_import(actor, "insurance", path)
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (run.state, run.rows_done, run.rows_created) == ("done", 50_000, 50_000)
    assert set(sizes) == {engine.BATCH}
    # Of each row only 16 bytes of its key are kept: 50,000 rows as values would take some 60 MB.
    assert peak < 16_000_000


# --- Who may ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["hugh", "olive", "connie", "alice"])
def test_only_the_central_team_s_contract_managers_import_the_register(who: str) -> None:
    with pytest.raises(NotPermitted):
        bring_in(register(home()), who=who)


def test_another_organisation_sees_neither_the_run_nor_its_problems() -> None:
    run = bring_in(register(home(age_max="x")))
    for who in ("connie", "alice"):
        with acting(actor_of(who)):
            assert not ImportRun.objects.filter(pk=run.pk).exists()
            assert not ImportProblem.objects.filter(run_id=run.pk).exists()
