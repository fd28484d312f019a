"""The check of a regulator's list says what it will trigger; importing it triggers just that, at once."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import IntegrityError

from brokerage.core.audit import outbox
from brokerage.core.audit.models import OutboxItem
from brokerage.core.notifications.models import Message
from brokerage.core.tenants.context import acting, worker
from placements.models import Invitation, Placement
from providers.actions.verification import change_registration, withdraw_verification
from providers.consequences import homes_of, totals
from providers.imports import kinds
from providers.imports.doubts import is_doubtful
from providers.imports.engine import run_import
from providers.models import Establishment, ImportRun
from tests import scenarios
from tests.cast import actor_of, ident
from tests.firewall.finding import findings, living
from tests.providers.test_imports import bring_in, home, problems_of, register
from tests.safeguarding.concerns.noting import worked

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
    assert "What importing it triggers" in page and "Placements 1, councils 1" in page
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


WHOLE = register(house("Birch Lodge", "SC990002", capacity="2"))


def missing() -> dict[str, Any]:
    with acting(actor_of("carol")):
        return dict(Establishment.objects.filter(missing_since__isnull=False).values_list("name", "missing_since"))


def test_the_check_counts_only_the_people_of_the_importer_s_region() -> None:
    for who in ("olive", "edith", "nia"):
        living(who=who)
    told = totals(bring_in(CLOSED, dry_run=True))
    # Of Swansea, which is in another region, a list that names one home tells nothing.
    assert (told["placements"], told["authorities"]) == (2, 2)
    bring_in(CLOSED)
    do_queued()
    assert [len(findings(who)) for who in ("olive", "edith", "nia")] == [1, 1, 1], "they are told all the same"


def test_a_home_that_the_whole_list_does_not_name_is_found_and_nothing_is_closed() -> None:
    placement = living()
    living("birch-lodge")
    scenarios.submitted_offer(story=scenarios.invited("birch-house"))
    checked = bring_in(WHOLE, dry_run=True, is_whole_list=True)
    told = totals(checked)
    missing_now = _homes()
    assert (told["missing"], told["registration_lost"], told["admissions"]) == (len(missing_now), 0, 0)
    assert (told["placements"], told["invitations"], told["offers"]) == (1, 1, 1)
    row = next(one for one in homes_of(checked) if one["name"] == "Birch House")
    assert [str(label) for label in row["labels"]] == ["Is not on the newest list"] and missing() == {}
    bring_in(WHOLE, is_whole_list=True)
    assert set(missing()) == missing_now and "Birch House" in missing_now and "Birch Lodge" not in missing_now
    do_queued()
    do_queued()
    (finding,) = findings()
    assert (finding.placement_id, finding.codes) == (placement.pk, ["not_on_newest_list"])
    with acting(actor_of("olive")):
        home = Establishment.objects.get(pk=ident("birch-house"))
        assert home.registration_status == "active"
        assert Placement.objects.get(pk=placement.pk).status == "active"
        assert Invitation.objects.get(establishment_id=home.pk).status == "offered"
    # The officer of the referral hears once.
    worked("events")
    with worker():
        heard = Message.objects.filter(template="firewall.home_missing", channel="in_app")
        assert {row.organisation_id for row in heard} == {actor_of("olive").organisation_id}
        assert len({row.event_id for row in heard}) == 1 and "Birch" not in str(list(heard.values()))
    # The same list again is no news; one that names it again clears it.
    assert totals(bring_in(WHOLE, dry_run=True, is_whole_list=True))["missing"] == 0
    bring_in(register(house()))
    assert "Birch House" not in missing()
    do_queued()
    assert [one.state for one in findings()] == ["cleared"]


def _homes() -> set[str]:
    """The children's homes of Ofsted's register here, but for the one that the list names."""
    with acting(actor_of("carol")):
        rows = Establishment.objects.filter(kind="childrens_home", regulator="ofsted", registration_status="active")
        return set(rows.exclude(urn="SC990002").values_list("name", flat=True))


def test_what_only_brings_changes_says_nothing_about_the_rest() -> None:
    living()
    assert totals(bring_in(WHOLE, dry_run=True))["missing"] == 0
    bring_in(WHOLE)
    assert missing() == {}
    # A list with a row that nobody could read is no proof either; one that was only refused is on the list.
    unreadable = register(house("Birch Lodge", "SC990002", capacity="two"), house("Birch Barn", "SC990009"))
    run = bring_in(unreadable, dry_run=True, is_whole_list=True)
    assert totals(run)["missing"] == 0 and "could not be read" in run.message
    refused = register(house(age_min="17", age_max="8"), house("Birch Lodge", "SC990002", capacity="2"))
    bring_in(refused, is_whole_list=True)
    assert "Birch House" not in missing()


def many_homes(count: int) -> list[str]:
    """So many homes of Ofsted's register that the platform knows, as rows."""
    rows = [house(f"Birch {number}", f"SC99{number:04d}") for number in range(100, 100 + count)]
    bring_in(register(*rows))
    return rows


def test_a_list_that_leaves_out_much_is_not_taken_for_the_whole_list(sign_in: Any, tmp_path: Any) -> None:
    rows = many_homes(25)
    for content in (WHOLE, register(*rows[:4])):
        checked = bring_in(content, dry_run=True, is_whole_list=True)
        assert totals(checked)["missing"] == 0 and "hardly the whole list" in checked.message
        assert "Nothing is noted as missing" in bring_in(content, is_whole_list=True).message and missing() == {}
    assert queued() == [[str(ident("birch-lodge"))]], "of which the list says something"
    page = sign_in("carol").get(f"/o/west-london-central/imports/{checked.pk}/").content.decode()
    assert "hardly the whole list" in page and "Homes that are not on this list" not in page
    path = tmp_path / "list.csv"
    path.write_bytes(register(*rows[:4]))
    command = ("import_register", str(path), "--as", "west-london-central", "--whole-list")
    with pytest.raises(CommandError, match="--many-missing"):
        call_command(*command)
    assert missing() == {}
    call_command(*command, "--many-missing")
    assert len(missing()) >= 21 and "Birch 124" in missing() and "Birch 100" not in missing()
    # Those are told; the same list again has nothing new to tell, and is not doubted.
    assert bring_in(register(*rows[:4]), dry_run=True, is_whole_list=True).message == ""


@pytest.mark.parametrize(
    ("known", "gone", "expected"),
    [(25, 20, False), (25, 21, True), (210, 21, False), (209, 21, True), (0, 0, False), (1000, 100, False)],
)
def test_more_than_twenty_and_more_than_a_tenth(known: int, gone: int, expected: bool) -> None:
    assert is_doubtful(known, gone) is expected


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"provider_name": "Other Ltd", "provider_company_number": "91000002"}, "provider_name"),
        ({"postcode": "ZZ9 9ZZ"}, "postcode"),
        ({"age_min": "17", "age_max": "8"}, "age_max"),
    ],
)
def test_a_home_whose_row_is_refused_is_on_the_list(cells: dict[str, str], column: str) -> None:
    bring_in(WHOLE, is_whole_list=True)
    assert "Birch House" in missing()
    run = bring_in(register(house(**cells)), is_whole_list=True)
    assert run.rows_refused == 1 and [problem[1] for problem in problems_of(run)] == [column]
    assert "Birch House" not in missing() and [str(ident("birch-house"))] in queued()


def test_a_list_speaks_of_its_own_regulator_and_kinds_alone() -> None:
    before = _homes()
    bring_in(register(house("Birch Flats", "SC990009", kind="supported_accommodation")), is_whole_list=True)
    assert not before & set(missing())
    with acting(actor_of("carol")):
        known = Establishment.objects.filter(missing_since__isnull=False)
        assert set(known.values_list("kind", "regulator")) <= {("supported_accommodation", "ofsted")}


def test_whoever_asked_the_regulator_says_so_and_it_is_over() -> None:
    living()
    bring_in(WHOLE, is_whole_list=True)
    do_queued()
    with acting(actor_of("carol")) as carol:
        change_registration(carol, establishment_id=ident("birch-house"), values={}, reason="The regulator’s page")
    do_queued()
    assert "Birch House" not in missing() and [one.state for one in findings()] == ["cleared"]


def test_a_whole_list_is_chosen_on_the_page(sign_in: Any) -> None:
    living()
    carol = sign_in("carol")
    here = "/o/west-london-central/imports/"
    assert "This is the whole list" in carol.get(f"{here}new/").content.decode()
    file = SimpleUploadedFile("list.csv", WHOLE, "text/csv")
    page = carol.post(f"{here}new/", {"kind": "register", "file": file, "is_whole_list": "on"})
    with worker():
        OutboxItem.objects.filter(kind="import_run").update(available_at=dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
    outbox.drain("default", rounds=1)
    said = " ".join(carol.get(page["Location"]).content.decode().split())
    assert "Homes that are not on this list" in said and "Is not on the newest list" in said
    carol.post(f"{page['Location']}import/")
    with acting(actor_of("carol")):
        assert all(ImportRun.objects.values_list("is_whole_list", flat=True))
