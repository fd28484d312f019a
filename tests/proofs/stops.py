"""What keeps a home or a carer household from taking anybody new: decisions, evidence that ends, what its agency says
of it, and a regulator's or an agency's changed list. Each is a whole act, and raises where it did nothing.
"""

from __future__ import annotations

import datetime as dt
from functools import partial

from brokerage.core.tenants.context import acting
from dpv.actions.admissions import bar_admission, end_admission
from dpv.actions.suspensions import suspend_admission
from providers.actions.insurance import put_policy
from providers.actions.verification import change_registration
from providers.models import Insurance
from tests.cast import LONG_AGO, TODAY, actor_of, ident
from tests.dpv.measuring import in_force
from tests.firewall.test_households import approve_for, hold, listed, retire
from tests.firewall.test_imports import house
from tests.proofs.racing import Act, Watch
from tests.providers.test_imports import bring_in, register

HOME, AGENCY, HOUSEHOLD = "birch-house", "alder-fostering", "ALD-1"
YESTERDAY = TODAY - dt.timedelta(days=1)
_REVIEW = TODAY + dt.timedelta(days=7)
#: As the cast has them: a list must change nothing but what it is about.
_NEEDS = "emotional_behavioural;self_harm;missing;exploitation_criminal;sibling_group"


def _suspend(home: str) -> None:
    with acting(actor_of("carol")) as carol:
        suspend_admission(carol, admission_id=ident(f"admission {home}"), reason="A concern.", review_on=_REVIEW)


def _bar(home: str) -> None:
    admission_id = ident(f"admission {home}")
    with acting(actor_of("mark")) as mark:
        suspend_admission(mark, admission_id=admission_id, reason="A concern.", review_on=_REVIEW)
    with acting(actor_of("carol")) as carol:
        bar_admission(carol, admission_id=admission_id, reason="A finding.")


def _end(home: str) -> None:
    with acting(actor_of("carol")) as carol:
        end_admission(carol, admission_id=ident(f"admission {home}"), reason="It leaves.")


def _unregister(home: str) -> None:
    with acting(actor_of("mark")) as mark:
        change_registration(
            mark, establishment_id=ident(home), values={"registration_status": "suspended"}, reason="The register."
        )


def _insurance_ends(who: str) -> None:
    with acting(actor_of(who)) as owner:
        policy = Insurance.objects.get(provider_id=owner.organisation_id, kind="public_liability")
        put_policy(
            owner,
            kind=policy.kind,
            insurer="Insurer",
            policy_number="P-1",
            cover_amount=policy.cover_amount,
            starts_on=LONG_AGO,
            expires_on=YESTERDAY,
            policy_id=policy.pk,
        )


def _list_says(content: bytes, kind: str) -> None:
    run = bring_in(content, kind)
    assert run.state == "done" and run.rows_updated == 1, f"the list changed nothing: {run.message}"


STOPS: dict[str, Act] = {
    "suspended": partial(_suspend, HOME),
    "barred": partial(_bar, HOME),
    "ended": partial(_end, HOME),
    "registration suspended": partial(_unregister, HOME),
    "insurance ended": partial(_insurance_ends, "bob"),
    "its provider suspended in the region": in_force,
    "suspended as a home": partial(in_force, establishment_id=ident(HOME)),
    "cancelled on a regulator's list": partial(
        _list_says, register(house(needs=_NEEDS, registration_status="cancelled")), "register"
    ),
    "of other ages on a regulator's list": partial(_list_says, register(house(needs=_NEEDS, age_max="10")), "register"),
}
HOUSEHOLD_STOPS: dict[str, Act] = {
    "its household on hold": hold,
    "its household retired": retire,
    "its household approved for other ages": approve_for,
    "its household on hold on its list": partial(_list_says, listed("on_hold", needs=_NEEDS), "households"),
    "its household of other ages on its list": partial(_list_says, listed(ages="0,10", needs=_NEEDS), "households"),
    "its agency suspended": partial(_suspend, AGENCY),
    "its agency's registration suspended": partial(_unregister, AGENCY),
}


def as_it_was(watch: Watch) -> None:
    """Every home and household admitted, registered, approved, insured, and with room."""
    for statement in (
        # Without triggers: its steps are never removed otherwise.
        "SET session_replication_role = replica",
        "DELETE FROM dpv_measurestep",
        "DELETE FROM dpv_measure",
        "SET session_replication_role = origin",
        "UPDATE dpv_suspension SET lifted_at = now() WHERE lifted_at IS NULL",
        "UPDATE dpv_admission SET status = 'admitted' WHERE status <> 'admitted'",
        "UPDATE providers_establishment SET registration_status = 'active', age_max = 17",
        "UPDATE providers_carerhousehold SET is_on_hold = false, retired_on = NULL, age_min = 0, age_max = 17",
        f"UPDATE providers_insurance SET expires_on = '{TODAY + dt.timedelta(days=900)}'",
        # No more than lists say, or the list alone would make it full.
        "UPDATE providers_occupancy SET places = 4, taken = 0",
    ):
        watch.ask(statement)
