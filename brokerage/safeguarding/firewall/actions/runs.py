"""Runs of the firewall: every open placement of every authority once a day, and those of homes that have changed.

Each authority is looked at in its own role and in one transaction: findings, messages and the run's own row are there
together or not at all. A run that was stopped goes on with the authorities that are not done; nobody is told twice.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from django.db import connection

from brokerage.core.audit.record import enqueue, record
from brokerage.core.clock import database_now, database_today
from brokerage.core.locks import hold_name
from brokerage.core.tenants.context import system, worker
from brokerage.core.tenants.models import Organisation
from brokerage.core.tenants.rowsecurity import ORGANISATION
from brokerage.safeguarding.firewall.models import Check
from brokerage.safeguarding.firewall.queries.problems import JUDGED, asked

logger = logging.getLogger(__name__)

#: A finding that nobody has answered is told again after so long.
REMIND_AFTER = dt.timedelta(days=7)
#: Runs are kept so long; findings for good.
KEPT_FOR = dt.timedelta(days=90)

#: Finds, changes, clears and reminds at once. Told again is what has something new wrong with it; what got better
#: without passing is only written down.
_CHECK = f"""
WITH {JUDGED},
failing AS (SELECT * FROM judged WHERE codes <> ARRAY[]::text[]),
live AS MATERIALIZED (
  SELECT f.* FROM firewall_finding f WHERE f.authority_id = {ORGANISATION} AND f.state IN ('open', 'acknowledged')
    AND (%(homes)s::uuid[] IS NULL OR f.establishment_id = ANY (%(homes)s::uuid[])
      OR f.placement_id IN (SELECT w.id FROM living w))
), found AS (
  INSERT INTO firewall_finding (id, authority_id, reference, placement_id, placement_reference, category, provider_id,
    establishment_id, home, codes, state, found_at, changed_at, told_at, told_as, told_in, reminded,
    acknowledged_by_name, plan)
  SELECT gen_random_uuid(), {ORGANISATION}, 'F-' || left(r.letters, 5) || '-' || substr(r.letters, 6, 5), n.id,
    n.reference, n.category, n.provider_id, n.establishment_id, left(n.home, 240), n.codes, 'open', %(now)s, %(now)s,
    %(now)s, 'found', %(check)s, 0, '', ''
  FROM failing n CROSS JOIN LATERAL (SELECT upper(md5(gen_random_uuid()::text || n.id)) AS letters) r
  WHERE n.id NOT IN (SELECT l.placement_id FROM live l)
  RETURNING 1
), changed AS (
  UPDATE firewall_finding f SET codes = n.codes, changed_at = %(now)s, home = left(n.home, 240),
    provider_id = n.provider_id, establishment_id = n.establishment_id,
    state = CASE WHEN n.codes <@ l.codes::text[] THEN l.state ELSE 'open' END,
    told_at = CASE WHEN n.codes <@ l.codes::text[] THEN l.told_at ELSE %(now)s END,
    told_as = CASE WHEN n.codes <@ l.codes::text[] THEN l.told_as ELSE 'changed' END,
    told_in = CASE WHEN n.codes <@ l.codes::text[] THEN l.told_in ELSE %(check)s END
  FROM live l JOIN failing n ON n.id = l.placement_id
  WHERE f.id = l.id AND (l.codes::text[] <> n.codes OR l.establishment_id IS DISTINCT FROM n.establishment_id)
  RETURNING f.told_in
), reminded AS (
  UPDATE firewall_finding f SET told_at = %(now)s, told_as = 'reminder', told_in = %(check)s, reminded = f.reminded + 1
  FROM live l JOIN failing n ON n.id = l.placement_id
  WHERE f.id = l.id AND l.codes::text[] = n.codes AND l.establishment_id IS NOT DISTINCT FROM n.establishment_id
    AND l.state = 'open' AND l.told_at <= %(remind)s
  RETURNING 1
), cleared AS (
  UPDATE firewall_finding f SET state = 'cleared', cleared_at = %(now)s, cleared_in = %(check)s
  FROM live l WHERE f.id = l.id AND l.placement_id NOT IN (SELECT n.id FROM failing n)
  RETURNING 1
)
SELECT (SELECT count(*) FROM judged), (SELECT count(*) FROM failing), (SELECT count(*) FROM found),
  (SELECT count(*) FROM changed WHERE told_in = %(check)s), (SELECT count(*) FROM cleared),
  (SELECT count(*) FROM reminded)
"""


@dataclass(frozen=True)
class Authority:
    """One to be looked at."""

    id: UUID
    name: str


Progress = Callable[[Authority, Check], None]


def due(on: dt.date) -> list[Authority]:
    """The authorities whose placements nobody has looked at for that day, by name."""
    with worker():
        done = Check.objects.filter(on=on, scope=Check.Scope.ALL).values("authority_id")
        rows = Organisation.objects.filter(kind="authority", is_active=True).exclude(pk__in=done)
        return [Authority(*row) for row in rows.order_by("name", "pk").values_list("pk", "name")]


def authorities() -> list[Authority]:
    """All of them."""
    with worker():
        rows = Organisation.objects.filter(kind="authority", is_active=True).order_by("name", "pk")
        return [Authority(*row) for row in rows.values_list("pk", "name")]


def authorities_with(homes: Collection[UUID]) -> list[UUID]:
    """Those that have somebody in one of these homes, a live finding about it, or an invitation to it, in one order."""
    with worker(), connection.cursor() as cursor:
        cursor.execute("SELECT authority_id FROM firewall_authorities(%s::uuid[])", [list(homes)])
        return sorted(row[0] for row in cursor.fetchall())


def check_all(*, again: bool = False, progress: Progress | None = None) -> list[Check]:
    """Look at every open placement of every authority that is due today; `again`: also of those done today.

    Where one authority cannot be looked at, the others still are; the fault is raised at the end, and the next run
    takes that authority again.
    """
    with worker():
        on = database_today()
    done: list[Check] = []
    fault: Exception | None = None
    for authority in authorities() if again else due(on):
        try:
            check = check_authority(authority.id, on=on, again=again)
        except Exception as error:
            logger.exception("The registrations of %s could not be checked", authority.id)
            fault = error
            continue
        if check is not None:
            done.append(check)
            if progress is not None:
                progress(authority, check)
    if fault is not None:
        raise fault
    return done


def check_homes(homes: Collection[UUID]) -> list[Check]:
    """Look at the open placements in these homes, of every authority that has any. Repeatable.

    Where one authority cannot be looked at, the others still are; the fault is raised at the end.
    """
    if not homes:
        return []
    with worker():
        on = database_today()
    concerned = authorities_with(homes)
    done: list[Check] = []
    fault: Exception | None = None
    for authority_id in concerned:
        try:
            check = check_authority(authority_id, on=on, homes=homes)
        except Exception as error:
            logger.exception("Homes that have changed could not be checked for %s", authority_id)
            fault = error
            continue
        if check is not None:
            done.append(check)
    if fault is not None:
        raise fault
    return done


def check_authority(
    authority_id: UUID, *, on: dt.date, homes: Collection[UUID] | None = None, again: bool = False
) -> Check | None:
    """Look at an authority's open placements (in `homes`): finds, changes, clears, reminds and tells, all or nothing.

    None when another run was here today before, or the organisation is no authority.
    """
    with system(authority_id) as actor:
        if not actor.is_authority:
            return None
        hold_name(f"firewall:{authority_id}")
        if homes is None and not again and Check.objects.filter(on=on, scope=Check.Scope.ALL).exists():
            return None
        now = database_now()
        values: dict[str, Any] = {**asked(on, homes), "check": uuid4(), "now": now, "remind": now - REMIND_AFTER}
        with connection.cursor() as cursor:
            cursor.execute(_CHECK, values)
            checked, failing, found, changed, cleared, reminded = cursor.fetchone()
            cursor.execute("SELECT firewall_tell(%s)", [values["check"]])
        check = Check(
            id=values["check"],
            authority_id=authority_id,
            scope=Check.Scope.ALL if homes is None else Check.Scope.HOMES,
            on=on,
            ended_at=now,
            checked=checked,
            failing=failing,
            found=found,
            changed=changed,
            cleared=cleared,
            reminded=reminded,
        )
        check.save(force_insert=True)
        if homes is None:
            Check.objects.filter(ended_at__lt=now - KEPT_FOR).delete()
        if found or changed or cleared:
            counts = {"checked": checked, "found": found, "changed": changed, "cleared": cleared}
            entry = record("firewall.checked", subject=check, actor=actor, data=counts)
            payload = {"check": str(check.pk)}
            enqueue("firewall_change", queue="alerts", actor=actor, payload=payload, entry_id=entry.pk)
    return check
