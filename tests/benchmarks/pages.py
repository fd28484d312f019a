"""Pages against raw rows and the same template rendered on constants: a list, a referral, their queries."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from tests.benchmarks.asking import Asker
from tests.benchmarks.harness import Bench, database, in_turn, superuser
from tests.benchmarks.rows import Row, compared

#: Without the answers to the sections, which no list reads.
ROWS = """
SELECT {columns} FROM placements_referral WHERE authority_id = %(authority)s ORDER BY created_at DESC, id DESC LIMIT 25
"""
_THIS = "(SELECT id FROM placements_referral WHERE reference = %(reference)s)"
#: The rows that the page shows: the referral, its papers, the placement it led to, and all that its timeline tells.
DETAIL = (
    "SELECT * FROM placements_referral WHERE authority_id = %(authority)s AND reference = %(reference)s",
    f"SELECT * FROM placements_referraldocument WHERE referral_id = {_THIS} AND removed_at IS NULL",
    f"SELECT * FROM placements_placement WHERE referral_id = {_THIS}",
    "SELECT * FROM audit_entry WHERE organisation_id = %(authority)s AND subject_id = ANY (ARRAY("
    f"SELECT {_THIS}::text"
    + "".join(
        f" UNION ALL SELECT id::text FROM placements_{of} WHERE referral_id = {_THIS}"
        for of in ("award", "clarification", "placement", "release")
    )
    + ")) ORDER BY at DESC",
)


def measure(bench: Bench) -> None:
    """On the largest country asked for, by somebody with a second factor, which is asked for as in production."""
    from django.test import override_settings

    with override_settings(SECOND_FACTOR_REQUIRED=True):
        _measure(bench)


def _measure(bench: Bench) -> None:
    from placements.models import Referral
    from tests.cast import actor_of, user_of

    columns = ", ".join(field.column for field in Referral._meta.concrete_fields if field.name != "answers")

    referrals = bench.sizes[-1]
    with database(bench.country(referrals)) as name, superuser(name) as cursor:
        values = {"authority": str(actor_of("olive").organisation_id)}
        cursor.execute(
            "SELECT reference FROM placements_referral WHERE authority_id = %(authority)s AND status = 'placed'"
            " ORDER BY created_at DESC LIMIT 1",
            values,
        )
        values["reference"] = cursor.fetchone()[0]
        asker = Asker(user=user_of("olive"))
        for title, path, queries in (
            ("HTML list", "/o/harrow/referrals/", (ROWS.format(columns=columns),)),
            ("HTML detail", f"/o/harrow/referrals/{values['reference']}/", DETAIL),
        ):
            again = rendering(partial(asker.get, path))

            def reference(queries: tuple[str, ...] = queries, again: Callable[[], Any] = again) -> None:
                for query in queries:
                    cursor.execute(query, values)
                    cursor.fetchall()
                again()

            with counted() as asked:
                asker.get(path)
            with counted() as left:
                reference()
            ours, base = in_turn(partial(asker.get, path), reference, rounds=bench.rounds(60), warm=5)
            told = f"{len(asked)} queries, {len(left)} of them in the template"
            bench.add(
                compared(
                    f"{title} among {referrals:,}",
                    ours,
                    base,
                    goal=2,
                    reference="raw rows and the same template rendered on constants",
                    note=told,
                ),
                Row(
                    f"Queries of the {title}",
                    25,
                    len(asked),
                    (len(asked), len(asked)),
                    "itself",
                    note="with session, membership, role and transaction",
                ),
            )
            if title == "HTML list":
                measure_pretix(bench, ours)


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that Django sends meanwhile."""
    from django.db import connection

    found: list[str] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        found.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield found


def rendering(ask: Callable[[], Any]) -> Callable[[], Any]:
    """The page's own template with all that its view and the context processors gave it, rendered once more."""
    from django.template import Context, Template
    from django.test.signals import template_rendered
    from django.test.utils import instrumented_test_render

    found: list[tuple[Any, Any]] = []

    def note(template: Any, context: Any, **_named: Any) -> None:
        # The page itself, not a part that its view drew beforehand.
        if not found and "request" in context:
            found.append((template, context.flatten()))

    before = Template._render
    Template._render = instrumented_test_render
    template_rendered.connect(note)
    try:
        ask()
    finally:
        template_rendered.disconnect(note)
        Template._render = before
    template, given = found[0]
    return lambda: template.render(Context(given))


def measure_pretix(bench: Bench, ours: list[float]) -> None:
    """pretix's list of as many orders, in an environment of its own; no goal is set but to be no slower."""
    from tests.benchmarks import pretix

    orders = min(bench.sizes[-1], 10_000)
    times, why = pretix.list_times(bench.rounds(20), orders)
    if not times:
        bench.leave_out(f"HTML list against pretix: {why}")
        return
    shortest = min(len(ours), len(times))
    bench.add(
        compared(
            f"HTML list among {bench.sizes[-1]:,}, against pretix among {orders:,}",
            ours[:shortest],
            times[:shortest],
            goal=1,
            at_most=False,
            reference=f"the list of 25 orders of an event in pretix {pretix.SERIES}, on the same PostgreSQL",
            note="one after the other, not in turn; pretix without a cache server",
        )
    )
