"""The book of sums equals a recount after every act, whatever happened, and is exact to the penny."""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal
from fractions import Fraction
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import ProgrammingError, connection, connections, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from brokerage.core.clock import database_now
from brokerage.core.periods import add_months
from brokerage.core.tenants.context import acting
from brokerage.core.tenants.management.commands.migrate import apply_row_security
from brokerage.reports import history
from brokerage.reports.history import median_of
from brokerage.reports.models import Tally
from brokerage.reports.periods import period_of
from brokerage.reports.tallies import fold, stays
from brokerage.reports.tasks import fold_books
from placements.actions.awards import let_fall_through
from placements.actions.declines import decline_invitation, take_back_decline
from placements.actions.placements import end_placement, start_placement
from placements.actions.referrals import withdraw_referral
from placements.actions.running import end_without_placement
from placements.models import Placement, Referral
from providers.models import Occupancy
from tests.cast import TODAY, actor_of
from tests.many import many
from tests.reports.booking import exact_months, wrong_figures
from tests.reports.test_spend import placed
from tests.scenarios import award, invited, standing_offer, with_person

CODES = {"placement_type": "K2", "placement_provider": "PR4"}
LAST_12 = period_of("last_12", TODAY)
#: How a referral of chance goes on, one act after another.
ROADS = ("withdrawn", "not placed", "awarded", "placed", "left", "fell through", "declined", "asked again", "running")


def walk(road: str, home: str, *, sealed: bool, is_closed: bool) -> None:
    """One referral through real acts."""
    closes_in = dt.timedelta(hours=-1) if is_closed else dt.timedelta(days=2)
    story = with_person(invited(home, "cedar-house", closes_in=closes_in, sealed=sealed))
    invitation = story.invitations["cedar-house"]
    if road in ("declined", "asked again") and not is_closed:
        with acting(actor_of("cecil")) as cecil:
            decline_invitation(cecil, invitation_id=invitation.pk, reason="no_vacancy")
            if road == "asked again":
                take_back_decline(cecil, invitation_id=invitation.pk)
    if road in ("withdrawn", "not placed"):
        if sealed or is_closed:
            standing_offer(story, home)
        with acting(actor_of("oscar")) as oscar:
            done = withdraw_referral if road == "withdrawn" else end_without_placement
            done(oscar, reference=story.reference, reason="No longer needed")
    if road in ("awarded", "placed", "left", "fell through") and (is_closed or not sealed):
        made = award(standing_offer(story, home), before_closing=not is_closed)
        with acting(actor_of("oscar")) as oscar:
            if road == "fell through":
                let_fall_through(oscar, award_id=made.pk, reason="Changed their mind", because_of_provider=False)
            if road in ("placed", "left"):
                placement = Placement.objects.get(award_id=made.pk)
                start_placement(oscar, placement_id=placement.pk, started_on=TODAY, **CODES)
            if road == "left":
                end_placement(oscar, placement_id=placement.pk, ended_on=TODAY, end_reason="CARPL")


@pytest.mark.django_db
def test_the_book_equals_a_recount_after_every_act() -> None:
    chance = random.Random(20261122)
    with acting(actor_of("bob")):
        Occupancy.objects.update(places=100)
    for number in range(24):
        road = ROADS[number % len(ROADS)]
        sealed, is_closed = chance.random() < 0.3, chance.random() < 0.5
        walk(road, chance.choice(["birch-house", "birch-lodge"]), sealed=sealed, is_closed=is_closed)
        assert wrong_figures() == [], (road, sealed, is_closed)
        if number % 5 == 4:
            with acting(actor_of("connie")):
                fold()
            assert wrong_figures() == []
    with acting(actor_of("connie")):
        assert {"published", "closed", "invited", "offered", "moved", "declined"} <= set(
            Tally.objects.values_list("kind", flat=True)
        )


@pytest.mark.django_db
def test_the_book_follows_whatever_is_written() -> None:
    """Not only what acts do: every column that a figure is made of, changed in any order."""
    chance = random.Random(7)
    story = invited("birch-house", closes_in=-dt.timedelta(hours=1))
    standing_offer(story, "birch-house")
    ids = [placed(n, referral=story.referral if n == 0 else None).pk for n in range(6)]
    for _step in range(60):
        with acting(actor_of("oscar")):
            rows = Placement.objects.filter(pk=chance.choice(ids))
            ends = TODAY - dt.timedelta(days=chance.randrange(0, 40))
            change: dict[str, Any] = chance.choice(
                [
                    {"status": "ended", "ended_on": ends},
                    {"status": "active"},
                    {"started_on": TODAY - dt.timedelta(days=chance.randrange(0, 900))},
                    {"category": chance.choice(["residential", "fostering"])},
                    {"weekly_core": (core := Decimal(chance.randrange(1, 999999)) / 100), "weekly_total": core},
                ]
            )
            if "weekly_core" in change:
                change["weekly_extras"] = 0
            rows.update(**change)
            referral = Referral.objects.filter(pk=story.referral.pk)
            referral.update(
                **chance.choice(
                    [
                        {"status": chance.choice(["placed", "withdrawn", "published", "not_placed"])},
                        {"urgency": chance.choice(["today", "planned"])},
                        {"awarded_at": database_now()},
                        {"published_at": database_now() - dt.timedelta(days=chance.randrange(2, 400))},
                    ]
                )
            )
        assert wrong_figures() == []


@pytest.mark.django_db
@given(
    stays=st.lists(
        st.tuples(
            st.decimals("0.01", "99999.99", places=2),
            st.dates(TODAY - dt.timedelta(days=1500), TODAY),
            st.integers(0, 1500),
        ),
        min_size=100,
        max_size=400,
    )
)
@settings(max_examples=many(20), deadline=None, suppress_health_check=list(HealthCheck))
def test_stays_are_exact_against_fractions(stays: list[tuple[Decimal, dt.date, int]]) -> None:
    check_stays([(weekly, starts, starts + dt.timedelta(days=days)) for weekly, starts, days in stays])


def check_stays(cases: list[tuple[Decimal, dt.date, dt.date]]) -> None:
    """The months that the trigger writes of each stay are those that fractions say."""
    rows = (
        "SELECT n, NULL::uuid AS authority_id, 'residential' AS category, 'ended' AS status, weekly_total, started_on,"
        " ended_on FROM unnest(%s::numeric(9, 2)[], %s::date[], %s::date[]) WITH ORDINALITY"
        " AS each (weekly_total, started_on, ended_on, n)"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT p.n, t.month, t.amount FROM ({rows}) p, LATERAL ({stays('p')}) t"
            " (authority_id, kind, month, category, key, number, times, amount, counts_from)",
            [list(column) for column in zip(*cases, strict=True)],
        )
        found: dict[int, dict[dt.date, Decimal]] = {}
        for number, month, amount in cursor.fetchall():
            found.setdefault(number, {})[month] = amount
    for number, (weekly, starts, ends) in enumerate(cases, start=1):
        assert found.get(number, {}) == exact_months(weekly, starts, ends), (weekly, starts, ends)


@pytest.mark.django_db
def test_a_report_of_stays_that_ended_and_run_is_their_sum() -> None:
    chance = random.Random(11)
    wanted: dict[dt.date, Decimal] = {}
    for number in range(30):
        weekly = Decimal(chance.randrange(1, 999999)) / 100
        starts = TODAY - dt.timedelta(days=chance.randrange(40, 500))
        leaves = starts + dt.timedelta(days=chance.randrange(0, 40))
        placed(number, weekly_core=weekly, status="ended", started_on=starts, ended_on=leaves)
        for month, amount in exact_months(weekly, starts, leaves).items():
            wanted[month] = wanted.get(month, Decimal(0)) + amount
    with acting(actor_of("connie")):
        sheet = history.by_month("", LAST_12, TODAY)
        first = [wanted.get(month, Decimal(0)) for month in _months()]
        assert [row[1] for row in sheet.rows] == first
        fold()
        assert [row[1] for row in history.by_month("", LAST_12, TODAY).rows] == first


def _months() -> list[dt.date]:
    return [add_months(LAST_12.first_on, number) for number in range(12)]


@given(st.lists(st.integers(-50, 400), max_size=60))
def test_the_median_of_counts_is_that_of_the_numbers(numbers: list[int]) -> None:
    ordered = sorted(numbers)
    half = len(ordered) // 2
    wanted = None
    if ordered:
        wanted = Fraction(ordered[half] + ordered[-half - 1], 2)
    assert median_of({number: numbers.count(number) for number in numbers}) == wanted


@pytest.mark.django_db
def test_nothing_of_a_sealed_referral_is_told_before_its_offers_are_open() -> None:
    story = invited("birch-house", sealed=True, closes_in=dt.timedelta(days=2))
    standing_offer(story, "birch-house")
    with acting(actor_of("oscar")) as oscar:
        withdraw_referral(oscar, reference=story.reference, reason="No longer needed")
        assert set(Tally.objects.values_list("kind", flat=True)) == {"published"}
        assert history.bids("", LAST_12, {"residential": "Residential"}).rows == []


@pytest.mark.django_db
def test_nobody_writes_a_figure_and_nobody_reads_another_s() -> None:
    placed(1, status="ended", ended_on=TODAY)
    with acting(actor_of("connie")):
        assert Tally.objects.exists()
    with acting(actor_of("edith")):
        assert not Tally.objects.exists()
    for who in ("bob", "mark", "connie"):
        with pytest.raises(ProgrammingError, match="permission denied"), acting(actor_of(who)):
            if who == "connie":
                Tally.objects.update(times=1)
            Tally.objects.exists()


def test_the_command_finds_and_mends_a_book(committed: str) -> None:
    placed(1, status="ended", ended_on=TODAY)
    call_command("recount_tallies", stdout=StringIO())
    _as_owner("UPDATE reports_tally SET amount = amount + 0.01")
    with pytest.raises(CommandError, match="figures differ"):
        call_command("recount_tallies", "--authority", "harrow", stdout=StringIO(), stderr=(told := StringIO()))
    assert "harrow: stay" in told.getvalue()
    call_command("recount_tallies", "--mend", stdout=StringIO(), stderr=StringIO())
    call_command("recount_tallies", stdout=(said := StringIO()))
    assert "compared" in said.getvalue() and wrong_figures() == []
    with pytest.raises(CommandError, match="no authority"):
        call_command("recount_tallies", "--authority", "nowhere")


def test_the_nightly_task_folds_every_book(committed: str) -> None:
    for number in range(3):
        placed(number, status="ended", ended_on=TODAY)
        placed(10 + number, "edith", status="ended", ended_on=TODAY)
    assert fold_books() > 0 and fold_books() == 0
    assert wrong_figures() == [] == wrong_figures("edith")


def test_the_nightly_task_says_when_a_book_is_wrong(committed: str, caplog: pytest.LogCaptureFixture) -> None:
    placed(1, status="ended", ended_on=TODAY)
    fold_books()
    assert not caplog.records
    _as_owner("UPDATE reports_tally SET amount = amount + 0.01")
    fold_books()
    assert "differ from a recount" in caplog.text


def test_a_book_that_was_never_begun_is_counted_when_the_database_is_brought_up_to_date(committed: str) -> None:
    placed(1, status="ended", ended_on=TODAY)
    _as_owner("DELETE FROM reports_tally")
    apply_row_security()
    assert wrong_figures() == []
    _as_owner("UPDATE reports_tally SET amount = amount + 0.01")
    apply_row_security()
    assert wrong_figures() != []


def _as_owner(statement: str) -> None:
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("SET LOCAL ROLE brokerage_loader")
        cursor.execute(statement)
