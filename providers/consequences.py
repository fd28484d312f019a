"""What a change of the register triggers, told before it is made: homes that lose their registration, and what the
upper storeys know of (who lives there, invitations, offers). They register how to look; providers know nothing of them.

A check of a file makes the change, looks, takes it back and looks again. What is kept are homes and counts.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils.crypto import salted_hmac
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from brokerage.core.tenants.actors import Actor
from providers.models import CarerHousehold, Establishment, ImportRun

#: What changes about a home, in the order they are told.
CHANGES: dict[str, str | Promise] = {
    "registration_lost": _("Loses its registration"),
    "registration_gained": _("Is registered again"),
    "missing": _("Is not on the newest list"),
    "listed_again": _("Is on the list again"),
    "kind": _("Changes its type"),
    "ages": _("Changes its age range"),
    "rating": _("Changes its rating"),
    "grew": _("Has more places"),
    "shrank": _("Has fewer places"),
    "households": _("A carer household takes others, or nobody"),
}
#: What is counted for each home.
COUNTS = ("admissions", "invitations", "offers", "awards", "placements", "authorities")


@dataclass
class Sight:
    """What was seen of some homes at one moment; ids never leave memory. `things` maps what is counted to
    (id -> home)."""

    facts: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    things: dict[str, dict[UUID, UUID]] = field(default_factory=dict)
    #: Thing -> the authority it belongs to.
    authorities: dict[UUID, UUID] = field(default_factory=dict)


#: Adds to a sight what it knows of these homes on that day.
Looker = Callable[[Actor, Collection[UUID], dt.date, Sight], None]
#: Is told of homes that have changed, in the transaction of the change, and whether it was a decision about them
#: (told ahead of everything else) or a list.
Watcher = Callable[[Actor, Collection[UUID], bool], None]
_lookers: list[Looker] = []
_watchers: list[Watcher] = []
#: Counted as they stand after the change, also those that were there before it.
STANDING = ("placements",)


def looks(looker: Looker) -> Looker:
    """Register a function that looks."""
    _lookers.append(looker)
    return looker


def watches(watcher: Watcher) -> Watcher:
    """Register a function that is told of changed homes."""
    _watchers.append(watcher)
    return watcher


def changed(actor: Actor, homes: Collection[UUID], *, is_decision: bool = False) -> None:
    """Registration or evidence of these homes, or the approval of a household of theirs, has changed, or
    (`is_decision`) somebody decided whether they may be used: whoever watches acts at once."""
    if homes:
        for watcher in _watchers:
            watcher(actor, homes, is_decision)


def look(actor: Actor, homes: Collection[UUID], on: dt.date) -> Sight:
    """What is to be seen of these homes now."""
    names = ("name", "urn", "registration_status", "registered_on", "closed_on", "kind", "age_min", "age_max", "rating")
    rows = Establishment.objects.filter(pk__in=homes).values("pk", *names, "capacity", "missing_since")
    seen = Sight(facts={row["pk"]: {**row, "on": on, "households": {}} for row in rows})
    approved = ("is_on_hold", "retired_on", "age_min", "age_max")
    for agency, household, *standing in CarerHousehold.objects.filter(agency__in=homes).values_list(
        "agency_id", "pk", *approved
    ):
        seen.facts[agency]["households"][household] = standing
    for looker in _lookers:
        looker(actor, homes, on, seen)
    return seen


def keep(run: ImportRun, before: Sight, after: Sight) -> None:
    """Add to the run what lies between two sights of the same homes (not saved).

    Several parts of a file may touch one home, each seen by itself: what one of them does stands.
    """
    kept: dict[str, Any] = {"homes": {}, "authorities": [], **(run.consequences or {})}
    digests = set(kept["authorities"])
    counted = _counted(before, after)
    for home, facts in after.facts.items():
        changes = _changes(before.facts.get(home), facts)
        counts = {name: len(counted.get(name, {}).get(home, ())) for name in COUNTS if name != "authorities"}
        concerned = {after.authorities[thing] for thing in counted.get("placements", {}).get(home, ())}
        if not changes and not any(counts.values()):
            continue
        known = kept["homes"].get(str(home), {})
        # Which authorities is nobody's to read here: a key of the service alone tells them apart.
        digests |= {salted_hmac(f"consequences:{run.pk}", str(one)).hexdigest()[:16] for one in concerned}
        kept["homes"][str(home)] = {
            "name": facts["name"],
            "urn": facts["urn"],
            "changes": [code for code in CHANGES if code in {*changes, *known.get("changes", ())}],
            **{name: max(count, known.get(name, 0)) for name, count in counts.items()},
            "authorities": max(len(concerned), known.get("authorities", 0)),
        }
    kept["authorities"] = sorted(digests)
    run.consequences = kept


def totals(run: ImportRun) -> dict[str, int]:
    """How many there are of each count, of each change, and homes altogether."""
    kept = run.consequences or {}
    homes: Collection[Mapping[str, Any]] = kept.get("homes", {}).values()
    found = {name: sum(home[name] for home in homes) for name in COUNTS}
    found |= {change: sum(change in home["changes"] for home in homes) for change in CHANGES}
    return {**found, "homes": len(homes), "authorities": len(kept.get("authorities", ()))}


def homes_of(run: ImportRun, *, most: int | None = 100) -> list[dict[str, Any]]:
    """The homes concerned (all of them, or the first `most`), those with most people first."""
    kept = (run.consequences or {}).get("homes", {})
    rows = [{"pk": pk, **home, "labels": [CHANGES[code] for code in home["changes"]]} for pk, home in kept.items()]
    rows.sort(key=lambda home: (-home["placements"], -home["admissions"], home["name"], home["urn"]))
    return rows[:most]


def _counted(before: Sight, after: Sight) -> dict[str, dict[UUID, set[UUID]]]:
    found: dict[str, dict[UUID, set[UUID]]] = {}
    for name, things in after.things.items():
        known = {} if name in STANDING else before.things.get(name, {})
        for thing, home in things.items():
            if thing not in known:
                found.setdefault(name, {}).setdefault(home, set()).add(thing)
    return found


def _changes(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> list[str]:
    if before is None:
        return []
    was, is_now = _is_registered(before), _is_registered(after)
    places = (before["capacity"] or 0, after["capacity"] or 0)
    said = {
        "registration_lost": was and not is_now,
        "registration_gained": is_now and not was,
        "missing": before["missing_since"] is None and after["missing_since"] is not None,
        "listed_again": before["missing_since"] is not None and after["missing_since"] is None,
        "kind": before["kind"] != after["kind"],
        "ages": (before["age_min"], before["age_max"]) != (after["age_min"], after["age_max"]),
        "rating": before["rating"] != after["rating"],
        "grew": places[1] > places[0],
        "shrank": places[1] < places[0],
        "households": any(before["households"].get(pk, now) != now for pk, now in after["households"].items()),
    }
    return [code for code in CHANGES if said[code]]


def _is_registered(facts: Mapping[str, Any]) -> bool:
    closed = facts["closed_on"]
    return facts["registration_status"] == "active" and (closed is None or closed > facts["on"])
