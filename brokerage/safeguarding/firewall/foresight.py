"""What a change of the register would trigger, for the check of a regulator's list; and the run right after a change.

The check has made the change in its own transaction when this looks, and takes it back. Each authority is looked at in
its own role; what leaves this module are counts, and of nobody but those that whoever checks the list works for: who
writes a list of one home must not learn where other regions' children live.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection
from uuid import UUID

from django.db import connection

from brokerage.core.audit.record import enqueue
from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.context import system
from brokerage.core.tenants.regions import authorities_of, region_of
from brokerage.core.tenants.rowsecurity import ORGANISATION
from brokerage.safeguarding.firewall.actions.runs import authorities_with
from brokerage.safeguarding.firewall.queries.problems import JUDGED, asked
from dpv.eligibility import household_problems, problems_of
from dpv.models import Admission
from providers import consequences
from providers.consequences import Sight

#: What a run would tell: found, or something new wrong with what was found.
_TOLD = f"""
WITH {JUDGED}
SELECT n.id, n.establishment_id FROM judged n
LEFT JOIN firewall_finding f ON f.placement_id = n.id AND f.authority_id = {ORGANISATION}
  AND f.state IN ('open', 'acknowledged')
WHERE n.codes <> ARRAY[]::text[] AND (f.id IS NULL OR NOT n.codes <@ f.codes::text[])
"""

#: Whether a carer household may not be used for somebody of that age; null where the offer names none.
_UNFIT = f"array_remove(ARRAY[{household_problems(age='r.age')}], NULL) <> ARRAY[]::text[]"
#: What stands at the doors: open invitations, live offers, agreements of awards that are not signed by both. An
#: agency's invitation is hit when none of its households may be used.
_AT_THE_DOORS = f"""
SELECT 'invitations', i.id, i.establishment_id, i.admission_id, r.age, (
  SELECT bool_and({_UNFIT}) FROM placements_invitedhousehold n
  JOIN providers_carerhousehold h ON h.id = n.household_id WHERE n.invitation_id = i.id)
FROM placements_invitation i JOIN placements_referral r ON r.id = i.referral_id AND r.status = 'published'
WHERE i.authority_id = {ORGANISATION} AND i.establishment_id = ANY (%(homes)s::uuid[])
  AND i.status IN ('open', 'offered')
UNION ALL
SELECT 'offers', f.id, f.establishment_id, f.admission_id, r.age, {_UNFIT}
FROM placements_offer f JOIN placements_referral r ON r.id = f.referral_id
LEFT JOIN providers_carerhousehold h ON h.id = f.household_id
WHERE f.authority_id = {ORGANISATION} AND f.establishment_id = ANY (%(homes)s::uuid[])
  AND f.status IN ('submitted', 'needs_reconfirming')
UNION ALL
SELECT 'awards', c.id, f.establishment_id, f.admission_id, r.age, {_UNFIT}
FROM contracts_agreement c
JOIN placements_award w ON w.id = c.award_id
JOIN placements_offer f ON f.id = w.offer_id
JOIN placements_referral r ON r.id = w.referral_id
LEFT JOIN providers_carerhousehold h ON h.id = f.household_id
WHERE c.authority_id = {ORGANISATION} AND f.establishment_id = ANY (%(homes)s::uuid[])
  AND c.status IN ('drawn_up', 'awaiting_signatures', 'part_signed')
"""


@consequences.watches
def look_at_once(actor: Actor, homes: Collection[UUID], is_decision: bool) -> None:
    """Queue a run over these homes: their authorities hear at once, not at night.

    A list not among the alerts: it changes thousands of homes, and no alert waits behind them. A decision is about one
    provider's homes, and waits behind no list.
    """
    queue = "alerts" if is_decision else "default"
    enqueue("firewall_homes", queue=queue, actor=actor, payload={"homes": sorted(str(home) for home in homes)})


@consequences.looks
def look(actor: Actor, homes: Collection[UUID], on: dt.date, seen: Sight) -> None:
    """Admissions that may not be used, and what of each authority is hit."""
    admissions = dict(
        Admission.objects.filter(establishment_id__in=homes, status="admitted").values_list("pk", "establishment_id")
    )
    problems = problems_of(admissions, on)
    seen.things["admissions"] = {pk: home for pk, home in admissions.items() if problems.get(pk)}
    for name in ("invitations", "offers", "awards", "placements"):
        seen.things[name] = {}
    missing = {home for home, facts in seen.facts.items() if facts["missing_since"] is not None}
    counted = _may_be_counted(actor)
    for authority_id in authorities_with(homes):
        if authority_id not in counted:
            continue
        with system(authority_id):
            _look_in(authority_id, homes, on, missing, seen)


def _may_be_counted(actor: Actor) -> set[UUID]:
    """Whose people the importer may count: anybody can write a list that names one home. A central team those of its
    region, an authority its own, nobody else any."""
    if actor.is_authority:
        return {actor.organisation_id}
    region = region_of(actor.organisation_id) if actor.is_central else None
    return authorities_of(region) if region is not None else set()


def _look_in(authority_id: UUID, homes: Collection[UUID], on: dt.date, missing: Collection[UUID], seen: Sight) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_TOLD, asked(on, homes))
        for placement, home in cursor.fetchall():
            seen.things["placements"][placement] = home
            seen.authorities[placement] = authority_id
        cursor.execute(_AT_THE_DOORS, {"homes": list(homes), "on": on})
        standing = cursor.fetchall()
    by_age: dict[int | None, set[UUID]] = defaultdict(set)
    for _name, _thing, _home, admission, age, _is_unfit in standing:
        by_age[age].add(admission)
    wrong = {age: problems_of(admissions, on, age=age) for age, admissions in by_age.items()}
    for name, thing, home, admission, age, is_unfit in standing:
        if is_unfit or wrong[age].get(admission) or home in missing:
            seen.things[name][thing] = home
            seen.authorities[thing] = authority_id
