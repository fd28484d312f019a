"""Which acts and which notices are told to machines, under which public name: registered by the apps they belong to.

An event names its subject by reference and by its path in the API; it never carries a fact. What is not registered
here is told to nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from brokerage.core.api.scopes import SCOPES
from brokerage.core.tenants.actors import Actor

#: The API's collections and what one of each is called.
NOUNS = {
    "admissions": "admission",
    "agreements": "agreement",
    "alerts": "alert",
    "awards": "award",
    "closures": "closure",
    "complaints": "complaint",
    "concerns": "concern",
    "findings": "finding",
    "incidents": "incident",
    "measures": "measure",
    "offers": "offer",
    "opportunities": "opportunity",
    "placements": "placement",
    "referrals": "referral",
    "suggestions": "suggestion",
    "webhooks": "webhook",
}
#: Sent by the test button only; never part of the feed.
TEST = "webhook.test"


@dataclass(frozen=True)
class Event:
    """A public kind of event: its name, what it says, the kinds of organisation that are told of it, and the permission
    without which a client is not ("" for none)."""

    kind: str
    label: Any
    organisations: frozenset[str]
    permission: str = ""


@dataclass(frozen=True)
class Told:
    """One event as it is told to one organisation."""

    kind: str
    reference: str
    path: str

    @property
    def subject_type(self) -> str:
        return NOUNS[self.path.split("/")[1]]


_events: dict[str, Event] = {}
#: act or notice template -> (public kind, path with {reference} or {id})
_acts: dict[str, tuple[str, str]] = {}
_notices: dict[str, tuple[str, str]] = {}


def publish(
    kind: str,
    *,
    label: Any,
    organisations: tuple[str, ...],
    acts: Mapping[str, str] | None = None,
    notices: Mapping[str, str] | None = None,
    permission: str = "",
) -> None:
    """Make `kind` public, to clients with `permission` if there is one.

    `acts` maps kinds of audit entries to paths in the API: the organisation that acted is told. `notices` maps
    templates of notices: the organisation that is notified is told. A path may use `{reference}` and `{id}` (of the
    entry's subject; of a notice, the last part of its page's address). Registering anything twice is a mistake.
    """
    if kind in _events or set(acts or {}) & set(_acts) or set(notices or {}) & set(_notices):
        raise ValueError(f"{kind}, or what it stands for, is public already.")
    for path in (*(acts or {}).values(), *(notices or {}).values()):
        if path.split("/")[1] not in NOUNS:
            raise ValueError(f"{path} is in no collection of the API that is known here.")
    _events[kind] = Event(kind, label, frozenset(organisations), permission)
    _acts.update({act: (kind, path) for act, path in (acts or {}).items()})
    _notices.update({template: (kind, path) for template, path in (notices or {}).items()})


def of_act(act: str, *, reference: str, subject_id: str) -> Told | None:
    """What the organisation that acted is told of an audit entry; None when its kind is not public."""
    return _told(_acts.get(act), reference, subject_id)


def of_notice(template: str, *, reference: str, page: str) -> Told | None:
    """What the notified organisation is told of a notice; None when its template is not public."""
    return _told(_notices.get(template), reference, page.rstrip("/").rsplit("/", 1)[-1])


def events(organisation_kind: str | None = None) -> list[Event]:
    """Every public event (of one kind of organisation), by name."""
    found = (_events[kind] for kind in sorted(_events))
    return [event for event in found if organisation_kind is None or organisation_kind in event.organisations]


def kinds(organisation_kind: str | None = None) -> list[str]:
    """The names of `events`."""
    return [event.kind for event in events(organisation_kind)]


def hidden_from(actor: Actor) -> list[str]:
    """The kinds that this client is not told of."""
    return [event.kind for event in events() if event.permission and not actor.may(event.permission)]


def scopes_needed() -> dict[str, list[str]]:
    """Of each kind that not every client is told of, the scopes of which one is needed."""
    return {
        event.kind: [code for code, scope in SCOPES.items() if event.permission in scope.permissions]
        for event in events()
        if event.permission
    }


def label_of(kind: str) -> str:
    """The event in words, in the current language; an unknown one is shown by its name."""
    return str(_events[kind].label) if kind in _events else kind


def sources() -> tuple[dict[str, str], dict[str, str]]:
    """(audit kind -> public kind, template -> public kind), for documents and checks."""
    return ({act: told[0] for act, told in _acts.items()}, {name: told[0] for name, told in _notices.items()})


def _told(found: tuple[str, str] | None, reference: str, subject_id: str) -> Told | None:
    if found is None:
        return None
    kind, path = found
    return Told(kind, reference[:60], path.format(reference=reference, id=subject_id)[:200])
