"""The check of a regulator's list says what it will trigger; importing it triggers just that, at once."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError

from brokerage.core.audit import outbox
from brokerage.core.audit.models import OutboxItem
from brokerage.core.tenants.context import acting, worker
from providers.actions.verification import change_registration, withdraw_verification
from providers.consequences import homes_of, totals
from providers.imports import kinds
from providers.imports.engine import run_import
from providers.models import Establishment, ImportRun
from tests import scenarios
from tests.cast import actor_of, ident
from tests.firewall.finding import findings, living
from tests.providers.test_imports import bring_in, home, register

pytestmark = pytest.mark.django_db


def house(name: str = "Birch House", urn: str = "SC990001", **cells: str) -> str:
    """Birch House as the regulator lists it."""
    owner = {"provider_name": "Birch Care Ltd", "provider_company_number": "90000001"}
    ages = {"age_min": "8", "age_max": "17", "vacancies": "", "vacancies_on": "", "needs": "missing"}
    return home(**{**owner, "name": name, "urn": urn, **ages, **cells})


CLOSED = register(house(registration_status="cancelled"))


def queued() -> list[list[str]]:
    with worker():
        items = OutboxItem.objects.filter(kind="firewall_homes").order_by("created_at")
        return [item.payload["homes"] for item in items]


def do_queued() -> None:
    with worker():
        items = list(OutboxItem.objects.filter(kind="firewall_homes"))
    for item in items:
        outbox._handlers["firewall_homes"](item)


def test_the_check_counts_what_the_import_then_triggers() -> None:
    for who in ("olive", "olive", "edith"):
        living(who=who)
    living("birch-lodge")
    scenarios.submitted_offer(story=scenarios.invited("birch-house"))
    _story, _award = scenarios.awarded("birch-house")
    before = len(findings("olive"))
    checked = bring_in(CLOSED, dry_run=True)
    told = totals(checked)
    # Two live there, and the awarded one is to move in; one of Ealing's.
    assert (told["placements"], told["authorities"], told["registration_lost"]) == (4, 2, 1)
    assert (told["admissions"], told["invitations"], told["offers"], told["awards"]) == (1, 1, 1, 1)
    assert [row["name"] for row in homes_of(checked)] == ["Birch House"]
    assert not queued() and len(findings("olive")) == before == 0
    with acting(actor_of("carol")):
        assert Establishment.objects.get(pk=ident("birch-house")).registration_status == "active"
    bring_in(CLOSED)
    assert queued() == [[str(ident("birch-house"))]]
    do_queued()
    assert (len(findings("olive")), len(findings("edith"))) == (3, 1)
    do_queued()
    assert (len(findings("olive")), len(findings("edith"))) == (3, 1)
    # The same list again triggers nothing more.
    assert totals(bring_in(CLOSED, dry_run=True))["placements"] == 0


def test_ages_kind_and_rating_are_told_and_what_does_not_change_is_not() -> None:
    living(age=14)
    rows = register(
        house(age_max="13", rating="inadequate", capacity="6"), house("Birch Lodge", "SC990002", capacity="2")
    )
    told = totals(bring_in(rows, dry_run=True))
    assert (told["ages"], told["rating"], told["grew"], told["kind"]) == (2, 1, 1, 0)
    assert (told["placements"], told["registration_lost"]) == (1, 0)
    gone = totals(bring_in(register(house(kind="supported_accommodation")), dry_run=True))
    assert (gone["kind"], gone["placements"]) == (1, 1)


def test_nobody_learns_from_the_check_which_councils_are_concerned() -> None:
    placement = living(who="edith")
    checked = bring_in(CLOSED, dry_run=True)
    kept = json.dumps(checked.consequences)
    for secret in (placement.pk, placement.reference, placement.authority_id, "Ealing", "Kestrel"):
        assert str(secret) not in kept


def test_the_command_prints_it(tmp_path: Any, capsys: Any) -> None:
    living()
    path = tmp_path / "list.csv"
    path.write_bytes(CLOSED)
    call_command("import_register", str(path), "--as", "west-london-central", "--dry-run")
    said = capsys.readouterr().out
    assert "1 homes lose their registration" in said and "1 placements of 1 authorities raise a finding" in said


def test_the_page_of_the_check_says_it(sign_in: Any) -> None:
    living()
    checked = run_import(actor_of("carol"), "register", CLOSED, dry_run=True, file_name="list.csv")
    page = sign_in("carol").get(f"/o/west-london-central/imports/{checked.pk}/").content.decode()
    assert "What importing it triggers" in page and "1 placements of 1 councils" in page
    assert "Loses its registration" in page


def test_a_lapsed_policy_that_is_imported_is_looked_at_too() -> None:
    header = "provider_company_number,kind,cover_amount,starts_on,expires_on"
    with acting(actor_of("carol")):
        from providers.models import Insurance

        policy = Insurance.objects.get(provider_id=ident("birch"), kind="public_liability")
    row = f"90000001,public_liability,10000000,{policy.starts_on},{policy.starts_on}"
    living()
    content = f"{header}\n{row}\n".encode()
    assert totals(bring_in(content, kind="insurance", dry_run=True))["placements"] == 1
    bring_in(content, kind="insurance")
    do_queued()
    assert findings()[0].codes == ["insurance_public_liability"]


def test_what_the_central_team_records_by_hand_is_looked_at_at_once() -> None:
    living()
    with acting(actor_of("carol")) as carol:
        values = {"registration_status": "suspended"}
        change_registration(carol, establishment_id=ident("birch-house"), values=values, reason="The regulator’s page")
        withdraw_verification(carol, provider_id=ident("cedar"), reason="Papers withdrawn")
    assert queued() == [[str(ident("birch-house"))], [str(ident("cedar-house"))]]
    do_queued()
    assert [one.home for one in findings()] == ["Birch House"]


def test_an_import_that_is_no_check_keeps_no_forecast() -> None:
    living()
    assert bring_in(CLOSED).consequences == {}
    with acting(actor_of("carol")):
        assert ImportRun.objects.count() == 1


def test_one_row_that_contradicts_hides_nothing_of_what_the_others_trigger(monkeypatch: pytest.MonkeyPatch) -> None:
    living()
    kind = kinds.kind_of("register")

    def touchy(actor: Any, rows: Any, today: Any) -> Any:
        if len(rows) > 1 or rows[0].values["urn"] == "SC990009":
            raise IntegrityError("refused")
        return kind.importer(actor, rows, today)

    monkeypatch.setitem(kinds._kinds, "register", replace(kind, importer=touchy))
    rows = register(house(registration_status="cancelled"), house("Birch Barn", "SC990009"))
    checked = bring_in(rows, dry_run=True)
    assert (checked.rows_updated, checked.rows_refused) == (1, 1)
    assert (totals(checked)["placements"], totals(checked)["registration_lost"]) == (1, 1)
    with acting(actor_of("carol")):
        assert Establishment.objects.get(pk=ident("birch-house")).registration_status == "active"


def test_a_later_part_of_the_file_takes_nothing_back() -> None:
    living()
    # The owner changes with each of its rows, and so each part of the file touches all its homes.
    rows = register(
        house(registration_status="cancelled", profit_status="not_for_profit"),
        house("Birch Lodge", "SC990002", capacity="2", profit_status="not_for_profit"),
    )
    told = totals(bring_in(rows, dry_run=True, batch_size=1))
    assert (told["placements"], told["registration_lost"]) == (1, 1)


def test_no_alert_waits_behind_a_long_list() -> None:
    living()
    bring_in(CLOSED)
    with worker():
        assert set(OutboxItem.objects.filter(kind="firewall_homes").values_list("queue", flat=True)) == {"default"}
