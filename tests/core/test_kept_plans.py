"""A query whose plan is kept answers whoever asks, as the query itself would."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.core.checks import run_checks
from django.db import connection

from brokerage.core.tenants.context import acting
from brokerage.core.tenants.kept_plans import KEPT, KeptPlan
from brokerage.core.tenants.rowsecurity import declared
from placements.queries.referrals import OPENED, TIMELINE
from tests.benchmarks import plans
from tests.cast import actor_of
from tests.scenarios import draft_referral

pytestmark = pytest.mark.django_db


def _asked(plan: KeptPlan, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {plan.asked}", values)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def test_a_kept_plan_answers_each_organisation_with_its_own_rows() -> None:
    """One connection, and a plan that was made for whoever came first."""
    referral = draft_referral()
    opened = (referral.authority_id, referral.reference, True, None)
    timeline = (referral.authority_id, referral.pk)
    for _turn in range(2):
        with acting(actor_of("olive")):
            assert len(_asked(OPENED, *opened)) == 1 and _asked(TIMELINE, *timeline)
        with acting(actor_of("edith")):
            assert _asked(OPENED, *opened) == [] and _asked(TIMELINE, *timeline) == []
        # A hub broker whose delegation covers other kinds of home.
        with acting(replace(actor_of("olive"), categories=("fostering",))):
            assert _asked(OPENED, *opened) == []


def test_kept_plans_run_as_whoever_asks_and_for_their_role_only() -> None:
    made = "".join(declared("FUNCTIONS"))
    assert {"opened_referral", "timeline_of_referral", "loaded_session"} <= set(KEPT)
    for name, plan in KEPT.items():
        assert (
            made.count(f"FUNCTION {name}({', '.join(plan.takes)}) RETURNS") == made.count(f"FUNCTION {name}(") / 3 == 1
        )
    with connection.cursor() as cursor:
        for plan in KEPT.values():
            cursor.execute(
                "SELECT p.prosecdef, p.provolatile, p.proconfig, ARRAY(SELECT r.rolname::text FROM pg_roles r"
                " WHERE r.rolname LIKE 'brokerage%%' AND NOT r.rolbypassrls AND r.oid <> p.proowner"
                " AND has_function_privilege(r.oid, p.oid, 'EXECUTE')) FROM pg_proc p WHERE p.oid = %s::regprocedure",
                [plan.signature],
            )
            assert cursor.fetchall() == [(False, "v", ["plan_cache_mode=force_generic_plan"], [plan.role])]


def test_a_kept_plan_that_no_migrate_brought_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(KEPT, OPENED.name, OPENED)  # What it was comes back, however it is replaced.
    assert run_checks(databases=["default"], tags=["database"]) == []
    changes: tuple[dict[str, Any], ...] = ({"takes": ("uuid",)}, {"query": "SELECT"})
    for each in changes:
        changed = replace(OPENED, **each)
        (told,) = run_checks(databases=["default"], tags=["database"])
        assert told.id == "tenants.E004" and changed.signature in told.msg


def test_what_a_kept_plan_would_read_from_end_to_end_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(KEPT, OPENED.name, OPENED)  # What it was comes back, however it is replaced.
    replace(OPENED, query="SELECT p.code FROM tenants_postcode p WHERE p.gss_code = $2")
    with acting(actor_of("olive")), plans.watching(without_scans=True) as watch:
        _asked(OPENED, actor_of("olive").organisation_id, "RF-1", True, None)
    assert set(watch.scans) == {"tenants_postcode"}
