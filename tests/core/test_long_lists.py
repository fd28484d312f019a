"""Pages of long lists: counted so far as anybody turns, every row still reached."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from brokerage.core.pages import long_lists
from brokerage.core.pages.long_lists import LongPaginator, count_text, count_up_to
from brokerage.core.tenants.context import WEIGHED_JOINS, acting
from placements.models import Person
from tests.cast import actor_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def people() -> None:
    with acting(actor_of("olive")) as olive:
        Person.objects.bulk_create(
            Person(
                authority_id=olive.organisation_id,
                case_number=f"L-{number:03}",
                date_of_birth=dt.date(2012, 1, 1),
                sex="male",
            )
            for number in range(45)
        )


def test_a_count_stops_and_says_so(people: None) -> None:
    with acting(actor_of("olive")):
        rows = Person.objects.filter(case_number__startswith="L-")
        assert [count_up_to(rows, most) for most in (10, 44, 45, 100)] == [11, 45, 45, 45]
    assert [count_text(count) for count in (0, 57, 1000, 1001)] == ["0", "57", "1,000", "1,000+"]


def test_every_row_is_reached_and_nobody_counts_to_the_end(people: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(long_lists, "COUNTED", 20)
    with acting(actor_of("olive")):
        rows = Person.objects.filter(case_number__startswith="L-").order_by("case_number")

        def page(number: object) -> tuple[list[str], int, bool]:
            with CaptureQueriesContext(connection) as asked:
                shown = LongPaginator(rows, 8).get_page(number)
                found = [person.case_number for person in shown]
            assert len(asked) == 2 and "LIMIT" in asked[0]["sql"]
            return found, shown.paginator.count, shown.paginator.has_more

        first, count, has_more = page(1)
        assert (first[0], count, has_more) == ("L-000", 20, True)
        assert page("nothing")[0] == first == page(-3)[0]
        reached = [case for number in range(1, 7) for case in page(number)[0]]
        assert reached == [f"L-{number:03}" for number in range(45)]
        assert page(6) == (reached[40:], 45, False) == page(99)
        # One page on is always there to turn to.
        assert all(LongPaginator(rows, 8).get_page(number).has_next() for number in range(1, 6))


def test_a_page_found_by_its_keys_shows_the_same_rows_and_joins_no_others(people: None) -> None:
    with acting(actor_of("olive")):
        rows = Person.objects.filter(case_number__startswith="L-").select_related("authority").order_by("-case_number")
        for number in (1, 3, 6):
            plain = [(person.pk, person.authority.slug) for person in LongPaginator(rows, 8).get_page(number)]
            with CaptureQueriesContext(connection) as asked:
                page = LongPaginator(rows, 8, by_keys=True).get_page(number)
                found = [(person.pk, person.authority.slug) for person in page]
            assert found == plain != []
            _counted, keys, before, shown, after = (each["sql"] for each in asked)
            # Its own table is read before what is joined with it.
            assert "'join_collapse_limit', '1'" in before and f"'join_collapse_limit', '{WEIGHED_JOINS}'" in after
            assert "JOIN" not in keys and "LIMIT 8" in keys
            assert "JOIN" in shown and "LIMIT" not in shown and str(found[0][0]) in shown
            # Where its keys stand in the index of the order, and nowhere else in it.
            first, last = (rows.get(pk=found[at][0]).case_number for at in (-1, 0))
            assert f"BETWEEN '{first}' AND '{last}'" in shown
        assert list(LongPaginator(rows.none(), 8, by_keys=True).get_page(1)) == []
