"""Lists that grow for years: pages of them are counted so far as anybody turns, never to the end.

A count reads every row; so past `COUNTED` rows a page says "more than". Every row can still be turned to: the count
goes on ahead of the page that is shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.utils.formats import number_format
from django.utils.functional import cached_property

from brokerage.core.tenants.context import joined_as_written

#: Rows counted at least, and by how many the count goes on further back in the list.
COUNTED = 1000


def count_up_to(rows: Any, most: int = COUNTED) -> int:
    """How many rows the query set has, or `most` + 1 when there are more."""
    return rows.order_by().values("pk")[: most + 1].count()


def count_text(count: int, most: int = COUNTED) -> str:
    """What `count_up_to` found, for people: "57", "1,000+"."""
    return number_format(min(count, most), use_l10n=True, force_grouping=True) + ("+" if count > most else "")


def keys_first(rows: QuerySet[Any], begin: int, end: int) -> list[Any]:
    """The rows from `begin` to `end` in their order: found by their keys alone, with a statement of its own, and only
    then joined with what they are shown with.

    For lists in the order of an index of their own table, said by names (`order_by`), the first of a column that is
    never null. Behind row security the planner expects one row where there are thousands, and joins them all before it
    sorts; also where the keys stand in a sub-query.
    """
    first = rows.query.order_by[0]
    assert isinstance(first, str), "say the order by names"
    keys = rows.select_related(None).values_list("pk", first.removeprefix("-"))[begin:end]
    return of_keys(rows, first, list(keys))


def of_keys(rows: QuerySet[Any], first: str, keys: Sequence[Sequence[Any]]) -> list[Any]:
    """The rows of these keys, given in the order of the rows, each with its value of the column `first` of that order.

    Also told from which value to which: otherwise the index of the order may be read from end to end for them. And read
    before what is joined with them: the planner, which expects one row of whatever it begins with, may begin with the
    provider's homes and read all that ever went to each.
    """
    if not keys:
        return []
    ends = [keys[0][1], keys[-1][1]]
    column = first.removeprefix("-")
    ends = ends[::-1] if first != column else ends
    with joined_as_written():
        return list(rows.filter(pk__in=[key for key, *_values in keys], **{f"{column}__range": ends}))


class LongPaginator(Paginator):
    """Django's paginator, but `count` stops at the end of the thousand after the page asked for: `has_more` then.

    `by_keys`: rows of a page are found by `keys_first`. `counted`: other rows, as many, that are cheaper to count.
    """

    _most = COUNTED

    def __init__(
        self, rows: QuerySet[Any], per_page: int, *, by_keys: bool = False, counted: QuerySet[Any] | None = None
    ) -> None:
        super().__init__(rows, per_page)
        self._rows, self._by_keys = rows, by_keys
        self._counted = rows if counted is None else counted

    def page(self, number: Any) -> Page:
        """One page. Raises as Django's."""
        if not self._by_keys:
            return super().page(number)
        number = self.validate_number(number)
        begin = (number - 1) * self.per_page
        return Page(keys_first(self._rows, begin, begin + self.per_page), number, self)

    def get_page(self, number: Any) -> Page:
        """The page of that number; what is none is the first, what is too far is the last."""
        try:
            asked = max(1, int(number))
        except (TypeError, ValueError):
            asked = 1
        # A number that nobody turned to is not counted up to.
        reached = min(asked, 10_000) * self.per_page
        self._most = COUNTED * (reached // COUNTED + 1)
        return super().get_page(asked)

    @cached_property
    def _found(self) -> int:
        return count_up_to(self._counted, self._most)

    @cached_property
    def count(self) -> int:
        """Rows, as far as they were counted."""
        return min(self._found, self._most)

    @property
    def has_more(self) -> bool:
        """Whether there are more rows than were counted."""
        return self._found > self._most

    @property
    def count_text(self) -> str:
        """The count for people: "57", "1,000+"."""
        return count_text(self._found, self._most)
