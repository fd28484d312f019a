"""Somebody inside who writes SQL as their organisation's own database role: what a page never does, refused by
PostgreSQL itself. Each test first has the thing to attack, made by real actions."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import Error, connection, transaction

from brokerage.core.tenants.context import acting
from placements.models import Clarification, Offer
from providers.models import Occupancy
from tests.cast import actor_of, ident
from tests.scenarios import award, awarded, chosen, invited, signable_agreement, submitted_offer

pytestmark = pytest.mark.django_db


def touched(who: str, statement: str, *values: Any) -> int | None:
    """How many rows the statement of that person changed; None when PostgreSQL refused it."""
    try:
        with transaction.atomic(), acting(actor_of(who)), connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.rowcount
    except Error:
        return None


def changes_nothing(who: str, statement: str, *values: Any) -> bool:
    return not touched(who, statement, *values)


# --- Offers -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "column", ["weekly_core", "weekly_total", "ceiling", "pricing", "starts_on", "establishment_id", "submitted_at"]
)
def test_an_authority_never_writes_what_was_offered(column: str) -> None:
    _story, offers = chosen()
    statement = f"UPDATE placements_offer SET {column} = {column} WHERE id = %s"
    assert touched("oscar", statement, offers[0].pk) is None
    assert touched("oscar", "UPDATE placements_offer SET status = status WHERE id = %s", offers[0].pk) == 1


def test_a_provider_changes_no_offer_that_was_decided() -> None:
    _story, made = awarded("birch-house", "cedar-house")
    with acting(actor_of("cecil")):
        lost = Offer.objects.get(provider_id=ident("cedar")).pk
    for who, offer in (("bob", made.offer_id), ("cecil", lost)):
        assert changes_nothing(who, "UPDATE placements_offer SET weekly_total = 1 WHERE id = %s", offer)
        assert changes_nothing(who, "UPDATE placements_offer SET status = 'submitted' WHERE id = %s", offer)
        assert changes_nothing(who, "DELETE FROM placements_offer WHERE id = %s", offer)


def test_a_provider_accepts_no_offer_of_its_own() -> None:
    offer = submitted_offer("bob")
    for status in ("accepted", "unsuccessful", "lapsed"):
        assert changes_nothing("bob", "UPDATE placements_offer SET status = %s WHERE id = %s", status, offer.pk)


@pytest.mark.parametrize("ceiling", ["9999.00", "1000000.00"])
def test_no_ceiling_is_written_to_fit_a_price(ceiling: str) -> None:
    offer = submitted_offer("bob")
    raised = "UPDATE placements_offer SET ceiling = %s, weekly_core = %s WHERE id = %s"
    assert touched("bob", raised, ceiling, ceiling, offer.pk) is None
    borrowed = "UPDATE placements_offer SET ceiling_row_id = NULL, ceiling = %s WHERE id = %s"
    assert touched("bob", borrowed, ceiling, offer.pk) is None


@pytest.mark.parametrize("price", ["NaN", "Infinity", "-0.01", "1e309", "5200.01"])
def test_no_impossible_price_by_sql(price: str) -> None:
    offer = submitted_offer("bob")
    assert (
        touched("bob", "UPDATE placements_offer SET weekly_core = %s::numeric WHERE id = %s", price, offer.pk) is None
    )


def test_sealed_offers_are_neither_opened_sooner_nor_taken_unseen() -> None:
    story = invited(sealed=True, closes_in=dt.timedelta(days=2))
    offer = submitted_offer("bob", story=story)
    move = "SELECT move_unseen_offers(%s, ARRAY['submitted']::varchar[], %s, %s::timestamptz)"
    touched("olive", move, story.referral.pk, None, "-infinity")
    touched("olive", move, story.referral.pk, "accepted", None)
    touched("olive", move, story.referral.pk, "withdrawn", None)
    with acting(actor_of("olive")):
        assert not Offer.objects.exists()
    with acting(actor_of("bob")):
        kept = Offer.objects.get(pk=offer.pk)
        assert (kept.status, kept.opens_at) == ("submitted", offer.opens_at)


# --- Invitations, questions ---------------------------------------------------------------------------------


def test_a_closed_invitation_is_not_opened_by_the_provider() -> None:
    story, _made = awarded("birch-house", "cedar-house")
    pk = story.invitations["cedar-house"].pk
    assert changes_nothing("cecil", "UPDATE placements_invitation SET status = 'open' WHERE id = %s", pk)


def test_a_provider_answers_no_question() -> None:
    story = invited()
    release = story.releases["birch"]

    def ask(answered_at: str) -> int | None:
        return touched(
            "bob",
            "INSERT INTO placements_clarification (id, authority_id, provider_id, referral_id, release_id, question,"
            " asked_by_name, asked_at, published_question, answer, answered_by_name, answered_at)"
            f" VALUES (%s, %s, %s, %s, %s, 'q', 'Bob', now(), 'q', 'Ring 0900 1', 'Olive', {answered_at})",
            uuid4(),
            release.authority_id,
            release.provider_id,
            release.referral_id,
            release.pk,
        )

    assert ask("now()") is None
    assert ask("NULL") == 1
    with acting(actor_of("bob")):
        pk = Clarification.objects.get().pk
    forged = "UPDATE placements_clarification SET answer = 'x', answered_at = now() WHERE id = %s"
    assert touched("bob", forged, pk) is None
    assert touched("olive", "UPDATE placements_clarification SET question = 'x' WHERE id = %s", pk) is None


# --- Places -------------------------------------------------------------------------------------------------

COUNTER = "UPDATE providers_occupancy SET taken = %s WHERE establishment_id = %s"


def taken(home: str = "birch-house") -> int:
    with acting(actor_of("bob")):
        return Occupancy.objects.get(establishment_id=ident(home)).taken


@pytest.mark.parametrize("who", ["oscar", "edith"])
def test_no_council_writes_how_many_places_are_taken(who: str) -> None:
    story, _made = awarded("birch-house")
    assert taken() == 1
    for count in (0, 4):
        assert touched(who, COUNTER, count, ident("birch-house")) is None
    assert touched(who, "DELETE FROM providers_occupancy") is None
    assert taken() == 1 and story.reference


def test_a_placement_holds_the_place_it_took_and_no_more() -> None:
    story, _made = awarded("birch-house")
    where = "WHERE referral_id = %s"
    own = story.referral.pk
    # What was counted is not said by hand, so that no place of others is given back.
    assert touched("oscar", f"UPDATE placements_placement SET is_place_counted = false {where}", own) == 1
    assert taken() == 1
    for _time in range(2):
        assert touched("oscar", f"UPDATE placements_placement SET status = 'cancelled' {where}", own) == 1
        assert taken() == 0
    assert touched("oscar", f"UPDATE placements_placement SET is_place_counted = true {where}", own) == 1
    assert taken() == 0
    assert touched("oscar", f"UPDATE placements_placement SET status = 'planned' {where}", own) == 1
    assert taken() == 1
    lodge = f"UPDATE placements_placement SET establishment_id = %s {where}"
    assert touched("oscar", lodge, ident("birch-lodge"), own) == 1
    assert (taken(), taken("birch-lodge")) == (0, 1)
    assert touched("oscar", f"UPDATE placements_placement SET status = 'cancelled' {where}", own) == 1
    assert (taken(), taken("birch-lodge")) == (0, 0)


# --- The register ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", ["provider", "insurance", "establishment", "carerhousehold", "occupancy"])
@pytest.mark.parametrize("who", ["carol", "wendy", "oscar", "bob"])
def test_nobody_deletes_what_a_provider_keeps(who: str, table: str) -> None:
    assert touched(who, f"DELETE FROM providers_{table}") is None


# --- Awards and agreements ----------------------------------------------------------------------------------


def test_approvals_are_never_edited_or_taken_away() -> None:
    from contracts.acceptance import approve

    _story, offers = chosen(who="olive")
    waiting = award(offers[0], who="olive")
    with acting(actor_of("tessa")) as tessa:
        approve(tessa, award_id=waiting.pk, kind="money")
    assert touched("olive", "UPDATE placements_approval SET reason = 'x'") is None
    assert touched("olive", "DELETE FROM placements_approval") is None


@pytest.mark.parametrize("column", ["terms", "terms_hash", "weekly_total", "provider_id", "starts_on"])
def test_terms_never_change_once_drawn_up(column: str) -> None:
    _story, made = awarded()
    statement = f"UPDATE contracts_agreement SET {column} = {column} WHERE award_id = %s"
    for who in ("oscar", "bob"):
        assert touched(who, statement, made.pk) is None


def test_nobody_calls_an_agreement_signed_that_is_not() -> None:
    _story, made = awarded()
    opened = "UPDATE contracts_agreement SET status = 'awaiting_signatures' WHERE award_id = %s"
    assert touched("oscar", opened, made.pk) == 1
    signed = "UPDATE contracts_agreement SET status = 'signed', signed_at = now() WHERE award_id = %s"
    sealed = (
        "UPDATE contracts_agreement SET status = 'sealed', sealed_at = now(), sealed_sha256 = 'x' WHERE award_id = %s"
    )
    for who in ("bob", "oscar"):
        assert touched(who, signed, made.pk) is None
        assert touched(who, sealed, made.pk) is None


def test_nobody_signs_for_the_other_side() -> None:
    agreement = signable_agreement()
    for who, side in (("bob", "authority"), ("oscar", "provider")):
        assert (
            touched(
                who,
                "INSERT INTO contracts_signature (id, agreement_id, authority_id, provider_id, side, user_id, name,"
                " role, client_name, method, proved_at, terms_hash, document_sha256, evidence_hash, at)"
                " VALUES (%s, %s, %s, %s, %s, %s, 'x', 'x', '', 'password', now(), %s, '', '', now())",
                uuid4(),
                agreement.pk,
                agreement.authority_id,
                agreement.provider_id,
                side,
                ident("user tessa"),
                agreement.terms_hash,
            )
            is None
        )


# --- People, names, the register ----------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["adam", "bob", "carol"])
def test_nobody_makes_a_member_of_a_person_who_was_not_asked(who: str) -> None:
    actor = actor_of(who)
    statement = (
        "INSERT INTO tenants_membership (id, user_id, organisation_id, roles, job_title, is_active, created_at)"
        " VALUES (%s, %s, %s, '{}', '', true, now())"
    )
    assert touched(who, statement, uuid4(), ident("user nia"), actor.organisation_id) is None
    moved = "UPDATE tenants_membership SET user_id = %s WHERE organisation_id = %s"
    assert touched(who, moved, ident("user nia"), actor.organisation_id) is None
    again = "UPDATE tenants_invitation SET expires_at = now() + interval '99 years', accepted_at = NULL"
    assert touched(who, again) is None


@pytest.mark.parametrize("who", ["adam", "bob", "carol"])
def test_no_organisation_takes_another_name(who: str) -> None:
    for column in ("name", "slug", "kind", "is_active"):
        statement = f"UPDATE tenants_organisation SET {column} = {column} WHERE id = %s"
        assert touched(who, statement, actor_of(who).organisation_id) is None


def test_a_provider_writes_nothing_that_the_regulator_or_the_central_team_decides() -> None:
    for statement in (
        "UPDATE providers_provider SET verified_on = now()",
        "UPDATE providers_provider SET credit_report_score = 'A'",
        "UPDATE providers_establishment SET registration_status = 'registered'",
        "UPDATE providers_establishment SET rating = 'outstanding'",
        "UPDATE providers_establishment SET capacity = 99",
        "DELETE FROM providers_occupancy",
        "DELETE FROM providers_insurance",
        "UPDATE dpv_ceiling SET weekly = 99999",
        "UPDATE dpv_admission SET status = 'admitted'",
        "DELETE FROM dpv_suspension",
    ):
        assert touched("bob", statement) is None, statement


# --- The trail, and other organisations' work ---------------------------------------------------------------


@pytest.mark.parametrize("who", ["oscar", "bob", "carol"])
def test_the_trail_is_added_to_and_never_changed_nor_forged_for_another(who: str) -> None:
    awarded()
    for statement in (
        "UPDATE audit_entry SET actor_name = 'x'",
        "DELETE FROM audit_entry",
        "UPDATE audit_head SET number = 0",
        "DELETE FROM audit_link",
        "TRUNCATE audit_entry",
    ):
        assert touched(who, statement) is None, statement
    entry = (
        "INSERT INTO audit_entry (id, organisation_id, kind, subject_type, subject_id, subject_reference, actor_name,"
        " at, data) VALUES (%s, %s, 'x', 'x', 'x', '', 'x', now(), '{}')"
    )
    item = (
        "INSERT INTO audit_outboxitem (id, organisation_id, queue, kind, payload, created_at, available_at, attempts,"
        " last_error) VALUES (%s, %s, 'documents', 'seal_ipa', '{}', now(), now(), 0, '')"
    )
    for statement in (entry, item):
        assert touched(who, statement, uuid4(), ident("newport")) is None


TABLES_OF_PERSONS = (
    "placements_person",
    "placements_referral",
    "placements_placement",
    "placements_release",
    "contracts_agreement",
)


@pytest.mark.parametrize("table", TABLES_OF_PERSONS)
def test_who_has_no_business_with_persons_reads_none(table: str) -> None:
    awarded()

    def count(role: str, organisation: UUID | str) -> int | None:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(
                    "SELECT set_config('role', %s, true), set_config('app.organisation_id', %s, true)",
                    [role, str(organisation)],
                )
                cursor.execute(f"SELECT count(*) FROM {table}")
                return int(cursor.fetchone()[0])
        except Error:
            return None
        finally:
            with connection.cursor() as cursor:
                cursor.execute("RESET ROLE")

    harrow = actor_of("oscar").organisation_id
    for role in ("login", "worker", "public", "central", "associate", "operator"):
        assert not count(f"brokerage_{role}", harrow), role
    for role in ("authority", "provider"):
        assert not count(f"brokerage_{role}", ""), role
        assert not count(f"brokerage_{role}", uuid4()), role
    assert count("brokerage_authority", harrow)


def test_the_application_leaves_its_login_for_no_stronger_role() -> None:
    for role in ("brokerage_migrator", "brokerage_definer", "brokerage_loader", "brokerage_backup"):
        with pytest.raises(Error), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET ROLE {role}")
