"""The import commands: what they print, and when they stop with an error."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from brokerage.core.audit.models import Entry
from brokerage.core.tenants.context import acting
from providers.models import Establishment, ImportRun
from tests.cast import actor_of
from tests.providers.test_imports import home, register

pytestmark = pytest.mark.django_db

CENTRAL = "--as=west-london-central"


def call(*arguments: str) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    call_command(*arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def homes() -> int:
    with acting(actor_of("carol")):
        return Establishment.objects.filter(urn__startswith="SC911").count()


@pytest.fixture
def good(tmp_path: Path) -> str:
    path = tmp_path / "good.csv"
    path.write_bytes(register(home(), home(urn="SC911002")))
    return str(path)


@pytest.fixture
def mixed(tmp_path: Path) -> str:
    path = tmp_path / "mixed.csv"
    path.write_bytes(register(home(), home(urn="SC911002", age_max="x")))
    return str(path)


def test_a_good_file_is_checked_then_imported_by_the_system(good: str) -> None:
    out, _err = call("import_register", good, CENTRAL)
    assert "Checked 2 of 2 rows" in out and "Imported 2 of 2 rows" in out
    assert "2 rows: 2 new, 0 updated, 0 unchanged, 0 refused" in out
    assert homes() == 2
    with acting(actor_of("carol")):
        run = ImportRun.objects.get(is_dry_run=False)
        assert Entry.objects.get(subject_id=str(run.pk), kind="import.done").actor_name == "System"


def test_a_dry_run_imports_nothing(good: str) -> None:
    out, _err = call("import_register", good, CENTRAL, "--dry-run")
    assert "2 would be new" in out
    assert homes() == 0


def test_one_bad_row_stops_everything_unless_told_to_keep_going(mixed: str) -> None:
    err = io.StringIO()
    with pytest.raises(CommandError, match="Nothing was imported"):
        call_command("import_register", mixed, CENTRAL, stdout=io.StringIO(), stderr=err)
    assert "line 3, age_max:" in err.getvalue()
    assert homes() == 0
    out, _err = call("import_register", mixed, CENTRAL, "--keep-going")
    assert "2 rows: 1 new, 0 updated, 0 unchanged, 1 refused" in out
    assert homes() == 1


def test_what_cannot_be_is_said_in_a_sentence(good: str) -> None:
    with pytest.raises(CommandError, match="There is no organisation nowhere"):
        call("import_register", good, "--as=nowhere")
    with pytest.raises(CommandError, match="There is no file"):
        call("import_register", "/nowhere.csv", CENTRAL)
    with pytest.raises(CommandError, match="does not import files of this kind"):
        call("import_register", good, "--as=harrow")


def test_each_command_takes_its_own_kinds() -> None:
    bad = Path("brokerage/demo/data/bad")
    for arguments, column in (
        (("import_prices", str(bad / "prices_one_bad_row.csv"), CENTRAL), "line 14, ceiling_weekly"),
        (("import_placements", str(bad / "placements_total_wrong.csv"), "--as=harrow"), "line 5, weekly_total"),
        (("import_register", str(bad / "header_only.csv"), CENTRAL, "--households"), "agency_urn"),
        (("import_register", str(bad / "header_only.csv"), CENTRAL, "--insurance"), "cover_amount"),
        (("import_prices", str(bad / "header_only.csv"), CENTRAL, "--menus"), "unit_price"),
    ):
        err = io.StringIO()
        with pytest.raises(CommandError):
            call_command(*arguments, stdout=io.StringIO(), stderr=err)
        assert column in err.getvalue()
