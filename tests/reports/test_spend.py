"""The spend report: equal to the sum of placements to the penny, one number of queries, nobody else's rows."""

from __future__ import annotations

import csv
import datetime as dt
import io
import random
from collections.abc import Callable
from decimal import Decimal
from operator import attrgetter
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from brokerage.core.clock import database_now
from brokerage.core.tenants.context import acting
from brokerage.core.vocabulary import Category
from brokerage.reports import history, spend
from brokerage.reports.periods import period_of
from brokerage.reports.sheets import Column, Sheet
from contracts.costs import CostPeriod, commitment_by_month
from contracts.models import Agreement
from placements.models import Person, Placement, Referral
from tests.cast import TODAY, actor_of, ident
from tests.scenarios import awarded, invited, standing_offer

pytestmark = pytest.mark.django_db

SignIn = Callable[[str], Client]
THIS_YEAR = period_of("this_year", TODAY)
PAGE, WEST = "/o/harrow/spend/", "/o/west-london-central"


def test_bids_are_counted_in_one_pass_where_few_rows_are_expected() -> None:
    """Joined to what runs, they were looked through once for each referral: half a second for 550 of them."""
    values = history._window("", THIS_YEAR, "closed")
    with acting(actor_of("connie")), connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {history._BIDS}", values)
        plan = [row[0] for row in cursor.fetchall()]
    joins = [line for line in plan if "Nested Loop" in line or " Join " in line]
    assert len(joins) == 1, "with the four kinds"


def placed(number: int, who: str = "olive", **columns: Any) -> Placement:
    """A placement as it stands in the table, begun 30 days ago on the residential lot unless said otherwise."""
    with acting(actor_of(who)) as actor:
        person = Person.objects.create(
            authority_id=actor.organisation_id,
            case_number=f"S-{number}",
            given_name="Kestrel",
            family_name="Quillfeather",
            date_of_birth=dt.date(2012, 1, 1),
            sex="male",
        )
        core = columns.pop("weekly_core", Decimal("3800.00"))
        extras = columns.pop("weekly_extras", Decimal("0.00"))
        started = columns.pop("started_on", TODAY - dt.timedelta(days=30))
        source = columns.get("source", "call_off")
        on_lot = source in ("call_off", "existing")
        return Placement.objects.create(
            **{
                "authority_id": actor.organisation_id,
                "person": person,
                "status": "active",
                "category": "residential",
                "source": source,
                "vehicle_id": ident("T-RES") if on_lot else None,
                "lot_id": ident("lot T-RES") if on_lot else None,
                "provider_id": ident("birch") if source != "in_house" else None,
                "host_gss_code": "E09000015",
                "planned_start_on": started or TODAY,
                "started_on": started,
                "weekly_core": core,
                "weekly_extras": extras,
                "weekly_total": core + extras,
                "ceiling": Decimal("4000.00") if on_lot else None,
                **columns,
            }
        )


def read(function: Callable[..., Any], *arguments: Any, who: str = "connie") -> Any:
    with acting(actor_of(who)):
        return function(*arguments)


def now(function: Callable[[spend.Living], Any], category: str = "") -> Any:
    """What a function makes of those placed now."""
    return function(read(spend.living, category))


def values(sheet: Sheet) -> dict[str, Any]:
    return {row[0]: tuple(row[1:]) for row in sheet.rows}


def test_weekly_commitment_is_the_sum_of_placements_and_of_their_agreements() -> None:
    _story, made = awarded()
    with acting(actor_of("oscar")):
        placement = Placement.objects.get(award_id=made.pk)
        placement.status, placement.started_on = "active", TODAY
        placement.save(update_fields=["status", "started_on"])
        agreed = Agreement.objects.get(award_id=made.pk).weekly_total
    lots, (sources, money) = now(spend.by_lot, ""), now(spend.by_source, "")
    assert agreed == placement.weekly_total
    assert [row[2] for row in lots.rows] == [agreed] and money.weekly == agreed and money.people == 1
    assert values(sources) == {"Call-off from a vehicle": (1, agreed, Decimal("100.0"))}


def test_lots_sources_and_providers_all_add_up_to_the_same() -> None:
    placed(1, weekly_core=Decimal("3800.10"), weekly_extras=Decimal("0.05"))
    placed(2, weekly_core=Decimal("3600.00"), ceiling=Decimal("4500.00"))
    placed(3, source="spot", weekly_core=Decimal("5000.01"), provider_name="Elsewhere Ltd", provider_id=None)
    placed(4, source="in_house", weekly_core=Decimal("700.00"), category="fostering")
    placed(5, status="ended", ended_on=TODAY, weekly_core=Decimal("9999.00"))
    placed(6, status="planned", started_on=None, weekly_core=Decimal("1000.00"))
    with acting(actor_of("connie")):
        total = sum(row.weekly_total for row in Placement.objects.filter(status="active"))
    lots, (sources, money), providers = now(spend.by_lot, ""), now(spend.by_source, ""), now(spend.by_provider, "")
    for sheet in (lots, sources, providers):
        assert sum(row[2] for row in sheet.rows) == total == money.weekly
        assert sum(row[1] for row in sheet.rows) == 4 == money.people
    assert money.spot_weekly == Decimal("5000.01")
    assert money.off_vehicle_percent == (Decimal("5700.01") * 100 / total).quantize(Decimal("0.1"))
    assert values(lots)["Spot purchase"] == (1, Decimal("5000.01"))
    assert set(values(providers)) == {"Birch Care Ltd", "Elsewhere Ltd", "In-house"}
    assert [row[0] for row in now(spend.by_lot, "fostering").rows] == ["In-house"]
    assert read(spend.starting, "") == (1, Decimal("1000.00"))


def test_a_long_table_ends_with_all_others_added_up() -> None:
    columns = [Column("Provider"), Column("People", "count"), Column("Weekly", "money"), Column("Share", "percent")]
    rows = [[f"Provider {number}", 1, Decimal("100.50"), Decimal("25.0")] for number in range(4)]
    sheet = Sheet("providers", "By provider", columns, rows)
    assert sheet.shortened(2).rows == [*rows[:2], ["2 others", 2, Decimal("201.00"), None]]
    assert sheet.shortened(3) is sheet and sheet.shortened(4) is sheet
    assert len(list(sheet.csv_rows())) == 5


def test_months_are_those_of_the_cost_rules_to_the_penny() -> None:
    chance = random.Random(20260401)
    periods = []
    for number in range(40):
        weekly = Decimal(chance.randrange(1, 999999)) / 100
        starts = THIS_YEAR.first_on + dt.timedelta(days=chance.randrange(-200, 300))
        status = chance.choice(["active", "ended", "planned"])
        leaves = starts + dt.timedelta(days=chance.randrange(0, 200)) if status == "ended" else None
        expected = chance.choice([None, TODAY + dt.timedelta(days=chance.randrange(-50, 90))])
        if expected is not None and (expected < starts):
            expected = None
        placed(
            number,
            weekly_core=weekly,
            status=status,
            planned_start_on=starts,
            started_on=None if status == "planned" else starts,
            ended_on=leaves,
            expected_end_on=expected,
        )
        ahead = expected if expected is not None and expected > TODAY else None
        periods.append(CostPeriod("core", weekly, starts, leaves if status == "ended" else ahead))
    for code in ("this_year", "last_year", "last_12", "next_12"):
        period = period_of(code, TODAY)
        wanted = commitment_by_month(periods, period.first_on, 12)
        found = read(history.by_month, "", period, TODAY)
        assert [row[1] for row in found.rows] == list(wanted.values()), code
    assert all(row[1] == 0 for row in read(history.by_month, "fostering", THIS_YEAR, TODAY).rows)


def test_savings_are_measured_against_the_ceilings_of_placements_that_have_one() -> None:
    placed(1, weekly_core=Decimal("3800.00"), weekly_extras=Decimal("500.00"))
    placed(2, weekly_core=Decimal("3400.00"))
    placed(3, source="spot", weekly_core=Decimal("9000.00"))
    sheet, percent = now(spend.savings, "")
    assert values(sheet) == {
        "Test residential standard (T-RES)": (
            2,
            Decimal("8000.00"),
            Decimal("7200.00"),
            Decimal("800.00"),
            Decimal("10.0"),
        )
    }
    assert percent == Decimal("10.0")
    assert now(spend.savings, "fostering") == (
        Sheet("savings", sheet.title, sheet.columns, [], sheet.empty),
        None,
    )


def test_time_to_place_is_the_median_by_urgency() -> None:
    # At noon, so that whole days ago are whole days ago by every clock.
    now = database_now().replace(hour=12)
    for number, (hours, urgency) in enumerate([(12, "today"), (36, "today"), (240, "planned"), (None, "planned")]):
        story = invited("birch-house", urgency=urgency)
        with acting(actor_of("olive")):
            referral = Referral.objects.get(pk=story.referral.pk)
            referral.urgency = urgency
            referral.published_at = now - dt.timedelta(days=20)
            referral.closes_at = now - dt.timedelta(days=19)
            if hours is not None:
                referral.awarded_at = referral.published_at + dt.timedelta(hours=hours)
                referral.status = "placed"
            referral.save()
        if hours is not None:
            placed(100 + number, referral=referral, started_on=timezone.localdate(now - dt.timedelta(days=20 - 6)))
    sheet, middle = read(history.time_to_place, "", period_of("last_12", TODAY))
    assert middle == dt.timedelta(hours=36)
    found = values(sheet)
    assert found["Today"] == (2, 2, Decimal("1.0"), Decimal("6.0"))
    assert found["In more than 5 days"] == (2, 1, Decimal("10.0"), Decimal("6.0"))
    assert found["All"][:2] == (4, 3)


def test_bids_declines_and_open_referrals() -> None:
    story = invited("birch-house", "cedar-house", closes_in=-dt.timedelta(hours=1))
    standing_offer(story, "birch-house")
    invited("birch-house", closes_in=-dt.timedelta(hours=1))
    invited("birch-house")
    period = period_of("last_12", TODAY)
    labels = {value: str(label) for value, label in Category.choices}
    found = values(read(history.bids, "", period, labels))
    assert found["Children's residential"] == (2, 3, 1, Decimal("0.5"), 1) == found["All"]
    sheet, running, closed = read(spend.open_referrals, "")
    assert running == 3 and closed == 2 and values(sheet)["Published"][-1] == 3
    assert read(history.declines, "", period).rows == []


def test_small_counts_of_people_are_not_told_apart(sign_in: SignIn) -> None:
    for number in range(3):
        placed(number, host_gss_code="E09000009")
    for number in range(3, 9):
        placed(number)
    assert now(attrgetter("areas")) == {"E09000009": 3, "E09000015": 6}
    page = sign_in("connie").get(PAGE).content.decode()
    assert "fewer than 5" in page and "app-map__c" in page
    rows = rows_of(sign_in("connie"), "people")
    assert rows[1:] == [["Ealing", "fewer than 5"], ["Harrow", "6"]]
    assert [spend.suppressed(count) for count in (0, 1, 4, 5)] == ["0", "fewer than 5", "fewer than 5", "5"]


def rows_of(client: Client, sheet: str, query: str = "") -> list[list[str]]:
    answer = client.get(f"{PAGE}{sheet}.csv{query}")
    assert answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/csv")
    assert "attachment" in answer.headers["Content-Disposition"]
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_files_hold_what_the_page_shows_and_no_formula(sign_in: SignIn) -> None:
    placed(1, source="spot", provider_id=None, provider_name='=HYPERLINK("x")', weekly_core=Decimal("1234.50"))
    client = sign_in("fiona")
    assert rows_of(client, "providers")[1] == ['\'=HYPERLINK("x")', "1", "1234.50"]
    assert "£1,234.50" in client.get(PAGE).content.decode()
    for sheet in ("lots", "months", "sources", "savings", "time", "open", "bids", "declines", "people"):
        assert rows_of(client, sheet, "?period=last_12&category=residential")
    assert client.get(f"{PAGE}nothing.csv").status_code == 404
    assert len(rows_of(client, "providers", "?category=fostering")) == 1


def test_who_may_read_and_whose(sign_in: SignIn) -> None:
    placed(1, weekly_core=Decimal("3817.23"))
    for who, status in (("connie", 200), ("fiona", 200), ("tessa", 200), ("olive", 403), ("sandra", 403)):
        client = sign_in(who)
        assert client.get(PAGE).status_code == status
        assert client.get(f"{PAGE}lots.csv").status_code == status
    assert b"3,817.23" not in sign_in("edith").get("/o/ealing/spend/").content
    assert sign_in("bob").get("/o/birch/spend/").status_code == 403
    assert sign_in("connie").get("/o/harrow/market/").status_code == 403


def test_an_empty_report_says_what_to_do(sign_in: SignIn) -> None:
    answer = sign_in("connie").get(f"{PAGE}?period=nonsense&category=nonsense")
    assert answer.status_code == 200 and b"Nobody is placed now" in answer.content


def test_the_page_asks_the_same_number_of_questions_for_many(sign_in: SignIn) -> None:
    client = sign_in("connie")

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(PAGE).status_code == 200
        return len(queries)

    placed(0)
    count()
    few = count()
    for number in range(1, 30):
        placed(number, host_gss_code=f"E0900000{number % 9 + 1}")
    assert count() == few <= 35


def test_the_market_of_the_region(sign_in: SignIn) -> None:
    client = sign_in("mark")
    page = client.get(f"{WEST}/market/").content.decode()
    # Birch House 4, Birch Lodge 2, Cedar House 3 places; two households of 2.
    assert "£4,000.00" in page and "£4,200.00" in page and "£4,500.00" in page
    answer = client.get(f"{WEST}/market/supply.csv").content.decode("utf-8-sig")
    rows = {row[0]: row[1:] for row in csv.reader(io.StringIO(answer))}
    assert rows["Test residential standard (T-RES)"] == ["2", "3", "0", "9", "9"]
    assert rows["Test fostering standard (T-FOST)"] == ["1", "1", "0", "4", "4"]
    prices = client.get(f"{WEST}/market/ceilings.csv?category=fostering").content.decode("utf-8-sig")
    assert prices.splitlines()[1:] == ["Test fostering standard (T-FOST),900.00,900.00,900.00"]
    assert b"Test residential" not in sign_in("wendy").get("/o/south-east-wales-central/market/").content
    assert client.get(f"{WEST}/market/nothing.csv").status_code == 404
