"""Pages of vehicles: who may open them, what another region sees, forms that act, counts of queries."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest
from django.db import ProgrammingError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from brokerage.core.tenants.context import acting
from dpv.forms.rules import RulesForm
from dpv.models import AccessAgreement, Admission, Ceiling, Lot, RuleVersion, Suspension
from dpv.queries.admissions import admitted_counts, counts_by_lot, may_see_establishments, vehicles_listed
from dpv.rule_defaults import DEFAULTS
from dpv.rule_words import GROUPS, lines_of
from dpv.rules import PARAMETERS, VehicleRules
from providers.models import Establishment
from tests.cast import TODAY, actor_of, ident

pytestmark = pytest.mark.django_db

SignIn = Callable[[str], Client]
HOUSE, LODGE = ident("admission birch-house"), ident("admission birch-lodge")
WEST, WALES = "/o/west-london-central", "/o/south-east-wales-central"
LOT = "vehicles/T-RES/lots/STD/"
READ = ("vehicles/", "vehicles/T-RES/", "vehicles/T-RES/rules/", LOT, f"admissions/{HOUSE}/")
WRITE = (
    "vehicles/T-RES/rules/change/",
    "vehicles/T-RES/access/new/",
    f"{LOT}admit/",
    f"{LOT}admit/{ident('birch-house')}/",
    *(f"admissions/{HOUSE}/{act}/" for act in ("ceiling", "score", "suspend", "end", "menu")),
)


@pytest.mark.parametrize("page", [*READ, *WRITE])
def test_contract_managers_open_every_page(sign_in: SignIn, page: str) -> None:
    answer = sign_in("carol").get(f"{WEST}/{page}")
    assert answer.status_code == 200 and answer.content.count(b"<h1") == 1


@pytest.mark.parametrize("page", READ)
def test_commissioners_read_and_see_no_button_they_may_not_use(sign_in: SignIn, page: str) -> None:
    answer = sign_in("connie").get(f"/o/harrow/{page}")
    assert answer.status_code == 200
    for act in ("/suspend/", "/ceiling/", "/admit/", "/rules/change/", "/access/"):
        assert act not in answer.content.decode()


@pytest.mark.parametrize("page", [*READ, *WRITE])
def test_the_wrong_role_is_refused_and_another_region_finds_nothing(sign_in: SignIn, page: str) -> None:
    assert sign_in("olive").get(f"/o/harrow/{page}").status_code == 403
    elsewhere = sign_in("wendy").get(f"{WALES}/{page}")
    if page == "vehicles/":
        assert b"T-RES" not in elsewhere.content
    else:
        assert elsewhere.status_code == 404


@pytest.mark.parametrize("page", WRITE)
def test_readers_may_not_write(sign_in: SignIn, page: str) -> None:
    client = sign_in("connie")
    assert client.get(f"/o/harrow/{page}").status_code == 403
    assert client.post(f"/o/harrow/{page}").status_code in (403, 405)


def test_a_market_manager_suspends_but_neither_prices_nor_bars(sign_in: SignIn) -> None:
    client = sign_in("mark")
    assert client.get(f"{WEST}/admissions/{HOUSE}/suspend/").status_code == 200
    for act in ("ceiling", "bar", "end", "score", "menu"):
        assert client.get(f"{WEST}/admissions/{HOUSE}/{act}/").status_code == 403


def test_suspending_and_lifting_through_the_pages(sign_in: SignIn) -> None:
    client = sign_in("carol")
    page = f"{WEST}/admissions/{HOUSE}/"
    empty = client.post(f"{page}suspend/", {})
    assert empty.status_code == 200 and b"Enter the reason" in empty.content
    review = (TODAY + dt.timedelta(days=7)).isoformat()
    done = client.post(f"{page}suspend/", {"reason": "Concern.", "review_on": review, "others": "on"})
    assert done.status_code == 302 and done.headers["Location"] == page
    with acting(actor_of("carol")):
        assert set(Admission.objects.filter(status="suspended").values_list("pk", flat=True)) == {HOUSE}
        assert Suspension.objects.get().reason == "Concern."
    assert b"Suspended from this lot" in client.get(page).content
    assert client.get(f"{page}suspend/").status_code == 409
    assert b"You suspended it: a colleague lifts it" in client.get(page).content
    assert b"administrator can invite a colleague" in client.get(page).content
    assert f"{page}lift/".encode() not in client.get(page).content
    for act in ("lift", "bar", "end"):
        alone = client.post(f"{page}{act}/", {"reason": "Visited."})
        assert alone.status_code == 200 and b"Somebody else than whoever suspended it decides" in alone.content
    other = sign_in("mark")
    assert f"{page}lift/".encode() in other.get(page).content
    assert other.post(f"{page}lift/", {"reason": "Visited."}).status_code == 302
    assert other.get(f"{page}lift/").status_code == 409


def test_what_one_suspended_another_bars(sign_in: SignIn) -> None:
    page = f"{WEST}/admissions/{HOUSE}/"
    early = sign_in("carol").get(f"{page}bar/")
    assert early.status_code == 409 and b"Suspend it first; then a colleague bars it" in early.content
    assert f"{page}bar/".encode() not in sign_in("carol").get(page).content
    review = (TODAY + dt.timedelta(days=7)).isoformat()
    sign_in("mark").post(f"{page}suspend/", {"reason": "Concern.", "review_on": review})
    carol = sign_in("carol")
    assert f"{page}bar/".encode() in carol.get(page).content and carol.get(f"{page}bar/").status_code == 200
    assert carol.post(f"{page}bar/", {"reason": "Upheld."}).status_code == 302
    after = carol.get(page).content
    assert b"You barred it: a colleague ends the bar" in after and f"{page}end/".encode() not in after
    alone = carol.post(f"{page}end/", {"reason": "Over."})
    assert alone.status_code == 200 and b"Somebody else than whoever barred it ends the bar" in alone.content


def test_the_provider_reads_its_own_admission_without_reasons(sign_in: SignIn) -> None:
    review = (TODAY + dt.timedelta(days=7)).isoformat()
    sign_in("carol").post(f"{WEST}/admissions/{HOUSE}/suspend/", {"reason": "Told in confidence.", "review_on": review})
    own = sign_in("bob").get(f"/o/birch/admissions/{HOUSE}/")
    assert own.status_code == 200
    assert b"Suspended from this lot" in own.content and b"in confidence" not in own.content
    assert b"Carol" not in own.content
    assert sign_in("cecil").get(f"/o/cedar/admissions/{HOUSE}/").status_code == 404
    assert sign_in("bob").get("/o/birch/vehicles/").status_code == 403


def test_a_ceiling_above_the_fixed_one_is_refused_beside_its_field(sign_in: SignIn) -> None:
    client = sign_in("carol")
    page = f"{WEST}/admissions/{HOUSE}/ceiling/"
    sent = {"band": "all", "weekly": "4,150.00", "valid_from": TODAY.isoformat(), "reason": "Round."}
    assert client.post(page, sent).status_code == 302
    later = (TODAY + dt.timedelta(days=30)).isoformat()
    refused = client.post(page, {**sent, "weekly": "4200", "valid_from": later})
    assert refused.status_code == 200 and b"is fixed until" in refused.content and b"4200" in refused.content
    with acting(actor_of("carol")):
        assert Ceiling.objects.filter(admission_id=HOUSE).count() == 2


def test_admitting_through_the_pages(sign_in: SignIn) -> None:
    client = sign_in("carol")
    with acting(actor_of("carol")):
        first = Lot.objects.get(pk=ident("lot T-RES"))
        Lot.objects.create(
            region_id=first.region_id,
            vehicle_id=first.vehicle_id,
            code="THER",
            name="Therapeutic",
            category="residential",
            age_min=8,
            age_max=17,
        )
    found = client.get(f"{WEST}/vehicles/T-RES/lots/THER/admit/", {"q": "lodge"})
    link = f"{WEST}/vehicles/T-RES/lots/THER/admit/{ident('birch-lodge')}/"
    assert link in found.content.decode() and b"Birch House" not in found.content
    nothing = client.post(link, {"tier": "preferred", "reason": "Passed."})
    assert b"Enter at least one ceiling price" in nothing.content
    sent = {"tier": "preferred", "quality_score": "81.5", "weekly_11_15": "4,050", "reason": "Passed."}
    done = client.post(link, sent)
    assert done.status_code == 302
    with acting(actor_of("olive")):
        admission = Admission.objects.get(lot__code="THER")
        assert admission.quality_score == Decimal("81.50")
        assert list(admission.ceilings.values_list("age_min", "age_max", "weekly")) == [(11, 15, Decimal("4050.00"))]


def test_rules_change_through_the_page_and_the_history_says_what(sign_in: SignIn) -> None:
    client = sign_in("carol")
    page = f"{WEST}/vehicles/T-RES/rules/change/"
    with acting(actor_of("carol")):
        rules = VehicleRules.from_json(RuleVersion.objects.get(pk=ident("rules T-RES")).parameters)
    sent = posted(rules) | {"valid_from": TODAY.isoformat(), "source": "Clause 9", "reason": "Agreed."}
    unchanged = client.post(page, sent)
    assert unchanged.status_code == 200 and b"Change at least one rule" in unchanged.content
    wrong = client.post(page, sent | {"retainer_max_percent": "120", "notice": "somebody, 0, 28"})
    assert wrong.status_code == 200 and b"error" in wrong.content
    assert client.post(page, sent | {"retainer_max_percent": "40"}).status_code == 302
    history = client.get(f"{WEST}/vehicles/T-RES/rules/").content.decode()
    assert "Clause 9" in history and "40%" in history and "50%" in history


def posted(rules: VehicleRules) -> dict[str, str]:
    """The form as a browser sends it untouched."""
    form = RulesForm(rules=rules)
    return {
        name: {True: "yes", False: "no"}.get(form[name].initial, str(form[name].initial))
        if isinstance(form[name].initial, bool)
        else str(form[name].initial)
        for name in PARAMETERS
    }


@pytest.mark.parametrize("service", sorted(DEFAULTS))
def test_the_untouched_form_gives_back_the_same_rules(service: str) -> None:
    rules = DEFAULTS[service]()
    form = RulesForm({**posted(rules), "valid_from": TODAY.isoformat(), "source": "x", "reason": "x"}, rules=rules)
    assert form.is_valid(), form.errors
    assert VehicleRules.from_json(
        {name: {"value": value} for name, value in form.values().items()}
    ) == VehicleRules.from_json({name: {"value": entry["value"]} for name, entry in rules.to_json().items()})


def test_every_rule_stands_in_one_group_and_has_words() -> None:
    names = [name for _title, group in GROUPS for name in group]
    assert sorted(names) == sorted(PARAMETERS)
    for factory in DEFAULTS.values():
        assert all(line.value for _title, lines in lines_of(factory()) for line in lines)


def test_the_lots_page_asks_the_same_number_of_questions_for_many(sign_in: SignIn) -> None:
    client = sign_in("carol")

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"{WEST}/{LOT}").status_code == 200
        return len(queries)

    count()  # the first visit of a session writes it
    few = count()
    with acting(actor_of("carol")):
        lot = Lot.objects.get(pk=ident("lot T-RES"))
        home = Establishment.objects.get(pk=ident("birch-house"))
        for number in range(20):
            home.pk, home.urn, home.name = ident(f"extra {number}"), f"SC98{number:04}", f"Extra {number}"
            home.save(force_insert=True)
            Admission.objects.create(
                region_id=lot.region_id,
                vehicle_id=lot.vehicle_id,
                lot=lot,
                provider_id=home.provider_id,
                establishment_id=home.pk,
                admitted_on=TODAY,
            )
    assert count() == few <= 25


def test_filters_narrow_and_say_when_nothing_matches(sign_in: SignIn) -> None:
    client = sign_in("carol")
    some = client.get(f"{WEST}/{LOT}", {"text": "lodge"}).content
    assert b"Birch Lodge" in some and b"Birch House" not in some
    assert b"No admissions match" in client.get(f"{WEST}/{LOT}", {"status": "barred"}).content


def test_an_associate_member_reads_vehicles_and_counts_and_no_establishment() -> None:
    associate = replace(actor_of("connie"), kind="associate")
    with acting(associate):
        vehicles = list(vehicles_listed())
        assert {vehicle.code for vehicle in vehicles} == {"T-FOST", "T-RES"}
        assert admitted_counts(vehicle.pk for vehicle in vehicles)[ident("T-RES")] == 3
        assert counts_by_lot(ident("T-RES")) == {ident("lot T-RES"): {"admitted": 3}}
        assert AccessAgreement.objects.count() == 4 and RuleVersion.objects.count() == 2
    assert not may_see_establishments(associate)
    with pytest.raises(ProgrammingError), acting(associate):
        list(Establishment.objects.all())
