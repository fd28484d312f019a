"""The seeded country: as asked for, repeatable, chained, counted, its constraints in place, kept apart by tenant."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connections, transaction

from brokerage.core.tenants.context import Context, entered
from contracts.models import Agreement
from contracts.terms import read_terms
from placements.models import Referral
from tests import databases
from tests.conftest import connect_to

DAY = dt.date(2026, 11, 1)
TABLES = (
    "placements_referral",
    "placements_release",
    "placements_invitation",
    "placements_offer",
    "placements_placement",
    "contracts_agreement",
    "audit_link",
    "notifications_message",
)


def run(**changes: object) -> str:
    said = StringIO()
    call_command("seed_scale", **{"referrals": 400, "establishments": 60, "day": DAY, **changes}, stdout=said)
    return said.getvalue()


def ask(sql: str) -> list[tuple[Any, ...]]:
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("SET LOCAL ROLE brokerage_loader")
        cursor.execute(sql)
        return list(cursor.fetchall())


def digest() -> dict[str, object]:
    return {
        table: ask(f"SELECT count(*), md5(string_agg(md5(t::text), '' ORDER BY t::text)) FROM {table} t")[0]
        for table in TABLES
    }


def count(sql: str) -> int:
    ((found,),) = ask(f"SELECT count(*) {sql}")
    return int(found)


def constraints() -> list[tuple[object, ...]]:
    return ask(
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), convalidated FROM pg_constraint"
        " WHERE connamespace = 'public'::regnamespace UNION ALL"
        " SELECT tablename, indexname, indexdef, true FROM pg_indexes WHERE schemaname = 'public' UNION ALL"
        " SELECT tgrelid::regclass::text, tgname, '', tgenabled <> 'D' FROM pg_trigger WHERE NOT tgisinternal"
        " ORDER BY 1, 2, 3"
    )


@pytest.fixture
def country(committed: str) -> Iterator[str]:
    yield committed


def test_a_country_is_as_asked_for_and_everything_in_it_holds(country: str) -> None:
    before = constraints()
    said = run(referrals=1000)
    assert "1,000 referrals (1.00 a referral)" in said and "invitations (" in said
    assert constraints() == before
    counted = StringIO()
    call_command("verify_audit", stdout=counted)
    call_command("recount_tallies", stdout=counted)
    assert "verified" in counted.getvalue()

    ((wrong,),) = ask(
        "SELECT count(*) FROM providers_occupancy c WHERE c.taken <> (SELECT count(*) FROM placements_placement p"
        " WHERE p.is_place_counted AND p.status IN ('planned', 'active')"
        " AND coalesce(p.household_id, p.establishment_id) = coalesce(c.household_id, c.establishment_id))"
    )
    assert wrong == 0
    ((wrong,),) = ask(
        "SELECT count(*) FROM placements_offer o JOIN placements_referral r ON r.id = o.referral_id"
        " JOIN dpv_ceiling c ON c.id = o.ceiling_row_id"
        " WHERE r.published_at::date NOT BETWEEN c.valid_from AND coalesce(c.valid_to, 'infinity')"
    )
    assert wrong == 0
    ((wrong,),) = ask(
        "SELECT count(*) FROM placements_referral r WHERE (r.status IN ('awarded', 'placed')) <> EXISTS"
        " (SELECT FROM placements_award a WHERE a.referral_id = r.id AND a.status = 'confirmed')"
    )
    assert wrong == 0
    states = {status for (status,) in ask("SELECT DISTINCT status FROM placements_referral")}
    assert {"draft", "published", "placed", "not_placed", "withdrawn"} <= states

    check_awards()
    check_ages()
    assert 9 <= count("FROM audit_entry") / 1000 <= 12

    # What both sides signed is what the row says.
    ((organisation, _count),) = ask(
        "SELECT authority_id, count(*) FROM contracts_agreement GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 1"
    )
    with entered(Context("brokerage_authority", organisation, None)):
        agreement = Agreement.objects.first()
        assert agreement is not None
        terms = read_terms(agreement.terms)
        assert terms.terms_hash() == agreement.terms_hash
        assert terms.costs.weekly == agreement.weekly_total
        seen = set(Referral.objects.values_list("authority_id", flat=True))
    assert seen == {organisation}

    assert "nothing was done" in run(referrals=1000)
    with pytest.raises(CommandError, match="seed 1"):
        run(referrals=1000, seed=2)


def check_awards() -> None:
    """Each award says of the offers what they say themselves, and its entries what it says."""
    offers = """FROM (SELECT a.*, o.miles, others.many, others.least, others.nearest, others.names
      FROM placements_award a JOIN placements_offer o ON o.id = a.offer_id,
      LATERAL (SELECT count(*) AS many, min(x.weekly_total) AS least, min(x.miles) AS nearest,
          array_agg(x.id::text ORDER BY x.id::text) AS names
        FROM placements_offer x WHERE x.referral_id = a.referral_id AND x.id <> a.offer_id) others) a"""
    assert count(f"{offers} WHERE is_cheapest <> coalesce(weekly_total <= least, true)") == 0
    assert count(f"{offers} WHERE is_cheapest AND many > 0") and count(f"{offers} WHERE NOT is_cheapest")
    for code, fits in (
        ("only_offer", "many = 0"),
        ("cheapest", "many > 0 AND is_cheapest"),
        ("closer", "many > 0 AND miles <= nearest"),
        ("best_match", "true"),
        ("available", "true"),
    ):
        assert count(f"{offers} WHERE reason_code = '{code}'"), code
        assert count(f"{offers} WHERE reason_code = '{code}' AND NOT ({fits})") == 0, code
    named = "ARRAY(SELECT jsonb_object_keys(losers) ORDER BY 1)"
    assert count(f"{offers} WHERE {named} <> coalesce(names, '{{}}')") == 0

    made = (
        "FROM placements_award a LEFT JOIN audit_entry e ON e.kind = 'award.made' AND e.subject_id = a.id::text"
        " AND e.at = a.made_at AND e.actor_user_id = a.made_by_id AND e.data->>'offer' = a.offer_id::text"
        " AND e.data->>'reason_code' = a.reason_code AND (e.data->>'is_cheapest')::boolean = a.is_cheapest"
        " AND e.data->>'weekly_total' = a.weekly_total::text AND e.data->'needs' = to_jsonb(a.needs)"
    )
    assert count(f"{made} WHERE e.id IS NULL") == 0
    second = "CASE a.status WHEN 'confirmed' THEN 'award.confirmed' ELSE 'award.approval_asked' END"
    assert (
        count(
            f"{made} LEFT JOIN audit_entry s ON s.subject_id = e.subject_id AND s.kind = {second}"
            " LEFT JOIN audit_link n ON n.entry_id = e.id LEFT JOIN audit_link m ON m.entry_id = s.id"
            " WHERE (n.number < m.number) IS NOT TRUE"
        )
        == 0
    )


def check_ages() -> None:
    """A child is as old at each referral as its birthday says, and a child at all of them."""
    people = "FROM placements_referral r JOIN placements_person p ON p.id = r.person_id"
    assert count(f"{people} WHERE r.age <> extract(year FROM age(r.created_at::date, p.date_of_birth))") == 0
    assert count(f"{people} WHERE r.age NOT BETWEEN 0 AND 17") == 0
    assert count(f"FROM (SELECT {people} GROUP BY p.id HAVING min(r.age) < max(r.age)) older") > 0


def test_the_same_seed_makes_the_same_country(country: str) -> None:
    run()
    first = digest()
    other = f"{country}_again"
    databases.clone(other)
    try:
        connect_to(other)
        run()
        assert digest() == first
    finally:
        connect_to(country)
        databases.drop(other)


def test_a_run_that_was_stopped_goes_on(country: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from brokerage.demo.scale import loading

    whole = loading.all_steps

    def broken(referrals: int, homes: int) -> list[loading.Step]:
        steps = whole(referrals, homes)
        return [*steps[:-4], loading.Step("Agreements and signatures", ("SELECT 1 / 0",)), *steps[-3:]]

    monkeypatch.setattr(loading, "all_steps", broken)
    with pytest.raises(Exception, match="division by zero"):
        run()
    monkeypatch.setattr(loading, "all_steps", whole)
    said = run()
    assert "Offers: there already" in said and "Agreements and signatures: there already" not in said
    call_command("verify_audit", stdout=StringIO())


def test_a_database_with_referrals_of_its_own_is_refused(committed: str) -> None:
    from tests.scenarios import draft_referral

    draft_referral()
    with pytest.raises(CommandError, match="database of its own"):
        run()
