"""The parts of safeguarding that an actor may see: one item of the service navigation, one row of links within."""

from __future__ import annotations

from typing import Any

from django.urls import NoReverseMatch
from django.utils.translation import gettext_lazy as _

from brokerage.core.tenants.actors import Actor
from brokerage.core.web import address

#: (label, address, permission)
SECTIONS: tuple[tuple[Any, str, str], ...] = (
    (_("Alerts"), "safeguarding:alert_list", "alert.view"),
    (_("Measures"), "dpv:measure_list", "measure.view"),
    (_("Closures"), "closures:closure_list", "closure.view"),
    (_("Events"), "incidents:incident_list", "incident.view"),
    (_("Concerns"), "concerns:concern_list", "concern.view"),
    (_("Complaints"), "concerns:complaint_list", "complaint.view"),
    (_("Registration checks"), "firewall:finding_list", "firewall.view"),
    (_("Voice"), "voice:message_list", "voice.view"),
)
#: Pages of a part that are not below its list's address.
ALSO: dict[str, str] = {"concerns:concern_list": "concerns:suggestion_list"}
KINDS = ("authority", "central", "provider")


def sections(actor: Actor, path: str) -> list[dict[str, Any]]:
    """The links of what the actor may see; the part that `path` is a page of is the current one."""
    found: list[dict[str, Any]] = []
    for label, name, permission in SECTIONS:
        if actor.kind not in KINDS or not actor.may(permission):
            continue
        try:
            url = address(actor, name)
        except NoReverseMatch:
            continue
        below = (url, address(actor, ALSO[name])) if name in ALSO else (url,)
        found.append({"label": label, "url": url, "current": path.startswith(below)})
    return found
