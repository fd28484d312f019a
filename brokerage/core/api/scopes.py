"""What an API client may be allowed to do: each scope, who may have it, and the permissions it grants.

A client acts with the union of its scopes' permissions, never with its owner's. The actions check those permissions
as they do for people.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

ALL = ("authority", "associate", "central", "provider")
BUYERS = ("authority", "associate", "central")


@dataclass(frozen=True)
class Scope:
    """One scope: its words, the kinds of organisation whose clients may have it, and what it permits."""

    label: str | Promise
    kinds: tuple[str, ...]
    permissions: frozenset[str] = field(default_factory=frozenset)


def _scope(label: str | Promise, kinds: tuple[str, ...], *permissions: str) -> Scope:
    return Scope(label, kinds, frozenset(permissions))


SCOPES: dict[str, Scope] = {
    "reference:read": _scope(_("Read authorities and regions"), ALL),
    "messages:read": _scope(_("Read the owner’s messages"), ALL),
    "messages:write": _scope(_("Mark the owner’s messages as read"), ALL),
    "audit:read": _scope(_("Read the organisation’s audit trail"), ALL, "audit.view"),
    "changes:read": _scope(_("Follow what changes"), ALL),
    "webhooks:write": _scope(_("Keep the client’s webhooks"), ALL),
    "vehicles:read": _scope(_("Read vehicles, lots, admissions and ceilings"), ALL, "dpv.view"),
    "vehicles:write": _scope(
        _("Admit, score, price and suspend homes"),
        ("central",),
        "dpv.manage",
        "dpv.admit",
        "dpv.ceiling",
        "dpv.suspend",
    ),
    "providers:read": _scope(_("Read the register of providers and homes"), ("authority", "central")),
    "providers:write": _scope(_("Verify providers"), ("central",), "providers.verify"),
    # On the pages whoever imports reads what a check found; placements come in by the page alone, which names people.
    "imports:read": _scope(
        _("Read what importing a list would trigger"), ("central",), "import.register", "import.prices"
    ),
    "imports:write": _scope(_("Check and import lists"), ("central",), "import.register", "import.prices"),
    "homes:read": _scope(_("Read your own homes, households and vacancies"), ("provider",)),
    "homes:write": _scope(
        _("Change your own homes, households and vacancies"), ("provider",), "profile.manage", "vacancy.manage"
    ),
    "referrals:read": _scope(_("Read referrals"), ("authority",), "referral.view", "search"),
    # Papers and their names may tell who the person is.
    "documents:read": _scope(_("Read the documents of referrals"), ("authority",), "referral.view", "document.view"),
    "people:read": _scope(_("Read who a person is"), ("authority",), "referral.identity", "person.view"),
    "referrals:write": _scope(
        _("Write, publish, change and withdraw referrals"),
        ("authority",),
        "referral.view",
        "referral.draft",
        "referral.publish",
        "referral.amend",
        "referral.withdraw",
        "referral.match",
        "referral.answer",
        "person.view",
    ),
    # On the pages this asks for a fresh proof of who somebody is.
    "papers:release": _scope(
        _("Open full papers to shortlisted providers"), ("authority",), "referral.view", "referral.disclose"
    ),
    "offers:read": _scope(_("Read and compare the offers received"), ("authority",), "offer.view", "referral.view"),
    "awards:write": _scope(
        _("Accept offers"),
        ("authority",),
        "award.make",
        "award.fall_through",
        "agreement.send",
        "offer.view",
        "referral.view",
    ),
    "approvals:write": _scope(
        _("Approve or refuse awards"),
        ("authority",),
        "award.approve",
        "award.approve_out_of_area",
        "award.approve_at_a_distance",
        "offer.view",
        "referral.view",
    ),
    "placements:read": _scope(_("Read placements"), ("authority",), "placement.view"),
    "placements:write": _scope(
        _("Start and end placements, record spot placements"),
        ("authority",),
        "placement.view",
        "placement.start",
        "placement.end",
        "placement.spot",
        "referral.view",
    ),
    # An associate has no placements of its own and reads no provider's vacancies.
    "spend:read": _scope(_("Read spend and the market"), ("authority", "central"), "spend.view", "region.report"),
    "alerts:read": _scope(_("Read safeguarding alerts"), ("authority", "central", "provider"), "alert.view"),
    # A provider answers an alert about itself and raises none.
    "alerts:write": _scope(
        _("Raise and answer safeguarding alerts"),
        ("authority", "central", "provider"),
        "alert.view",
        "alert.raise",
        "alert.acknowledge",
    ),
    "alerts:confirm": _scope(
        _("Send, dismiss and close safeguarding alerts"), ("authority", "central"), "alert.view", "alert.confirm"
    ),
    "measures:read": _scope(
        _("Read restrictions, suspensions and bars"), ("authority", "central", "provider"), "measure.view"
    ),
    # A central team proposes and decides; a provider appeals.
    "measures:write": _scope(
        _("Propose, decide and appeal against measures"),
        ("central", "provider"),
        "measure.view",
        "measure.propose",
        "measure.confirm",
        "measure.appeal",
    ),
    "closures:read": _scope(
        _("Read closures of homes"), ("authority", "central", "provider"), "closure.view", "placement.view"
    ),
    "closures:write": _scope(
        _("Announce closures and say where residents go"),
        ("authority", "central", "provider"),
        "closure.view",
        "closure.track",
        "closure.manage",
        "closure.report",
        "placement.view",
    ),
    "concerns:read": _scope(_("Read concerns"), ("authority", "central"), "concern.view"),
    "concerns:write": _scope(_("Note concerns"), ("authority", "central"), "concern.view", "concern.write"),
    # On the pages safeguarding leads alone read patterns and decide.
    "concerns:decide": _scope(
        _("Read patterns, and decide on concerns and patterns"),
        ("authority", "central"),
        "concern.view",
        "concern.decide",
    ),
    "complaints:read": _scope(
        _("Read complaints and disputes"), ("authority", "central", "provider"), "complaint.view"
    ),
    "complaints:write": _scope(
        _("Make, acknowledge and settle complaints"),
        ("authority", "central", "provider"),
        "complaint.view",
        "complaint.write",
        "complaint.mediate",
    ),
    "firewall:read": _scope(_("Read what the registration checks found"), ("authority", "central"), "firewall.view"),
    "incidents:read": _scope(
        _("Read missing episodes and notifiable events"), ("authority", "provider"), "incident.view"
    ),
    "incidents:write": _scope(
        _("Report and answer missing episodes and notifiable events"),
        ("authority", "provider"),
        "incident.view",
        "incident.report",
        "incident.answer",
    ),
    "opportunities:read": _scope(_("Read referrals sent to you"), ("provider",), "inbox.view"),
    "offers:write": _scope(_("Ask, offer and decline"), ("provider",), "inbox.view", "offer.write", "offer.decline"),
    "agreements:read": _scope(_("Read agreements"), ("authority", "provider"), "agreement.view"),
    "agreements:sign": _scope(
        _("Sign agreements"),
        ("authority", "provider"),
        "agreement.view",
        "agreement.sign_authority",
        "agreement.sign_provider",
    ),
}


#: What a scope for several kinds permits to another kind only.
ELSEWHERE: dict[str, frozenset[str]] = {
    "authority": frozenset(
        {
            "agreement.sign_provider",
            "region.report",
            "closure.manage",
            "closure.report",
            "complaint.mediate",
            "incident.report",
        }
    ),
    "provider": frozenset(
        {
            "agreement.sign_authority",
            "dpv.view",
            "alert.raise",
            "measure.propose",
            "measure.confirm",
            "placement.view",
            "closure.track",
            "closure.manage",
            "complaint.mediate",
            "incident.answer",
        }
    ),
    "central": frozenset({"spend.view", "measure.appeal", "placement.view", "closure.track", "closure.report"}),
}


def scopes_of(kind: str) -> dict[str, Scope]:
    """The scopes that a client of this kind of organisation may have."""
    return {code: scope for code, scope in SCOPES.items() if kind in scope.kinds}


def permissions_granted(kind: str, scopes: Iterable[str]) -> frozenset[str]:
    """The union of what the scopes permit; one that is not for this kind of organisation grants nothing."""
    granted: set[str] = set()
    for code in scopes:
        scope = SCOPES.get(code)
        if scope is not None and kind in scope.kinds:
            granted |= scope.permissions
    return frozenset(granted - ELSEWHERE.get(kind, frozenset()))
