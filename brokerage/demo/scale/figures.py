"""The book of sums that reports read, counted once of the whole country."""

from __future__ import annotations

from collections.abc import Iterator

from brokerage.demo.scale.filling import Step
from brokerage.reports.tallies import fill


def steps() -> Iterator[Step]:
    """What `brokerage.reports.row_security` would have added row by row."""
    yield Step("Figures of what is over", ("DELETE FROM reports_tally", fill()))
