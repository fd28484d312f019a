"""Who may do what: the role -> permission table, on one page.

Permissions name acts, roles name jobs. A membership carries roles; an actor carries the
union of their permissions. Money limits are on the membership, not here.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """A job inside one organisation."""

    SOCIAL_WORKER = "social_worker", _("Social worker")
    PLACEMENT_OFFICER = "placement_officer", _("Placement officer")
    TEAM_MANAGER = "team_manager", _("Team manager (approver)")
    NOMINATED_OFFICER = "nominated_officer", _("Nominated officer (approver)")
    DIRECTOR = "director", _("Director (approver)")
    COMMISSIONER = "commissioner", _("Commissioner")
    FINANCE_OFFICER = "finance_officer", _("Finance officer")
    AUTHORITY_ADMINISTRATOR = "authority_administrator", _("Authority administrator")
    AUTHORITY_SIGNATORY = "authority_signatory", _("Authority signatory")
    SAFEGUARDING_LEAD = "safeguarding_lead", _("Safeguarding lead")
    DUTY_OFFICER = "duty_officer", _("Duty officer (out of hours)")
    CONTRACT_MANAGER = "contract_manager", _("Contract manager")
    MARKET_MANAGER = "market_manager", _("Market manager")
    HUB_BROKER = "hub_broker", _("Hub broker")
    CENTRAL_ADMINISTRATOR = "central_administrator", _("Central team administrator")
    PROVIDER_ADMINISTRATOR = "provider_administrator", _("Provider administrator")
    BID_WRITER = "bid_writer", _("Bid writer")
    HOME_MANAGER = "home_manager", _("Home manager (events alone)")
    PROVIDER_SIGNATORY = "provider_signatory", _("Provider signatory")
    PROVIDER_FINANCE = "provider_finance", _("Provider finance")
    OPERATOR = "operator", _("Operator")


REFERRAL_READ = {"referral.view", "referral.identity", "person.view", "document.view", "search"}
REFERRAL_RUN = REFERRAL_READ | {
    "referral.draft",
    "referral.publish",
    "referral.amend",
    "referral.withdraw",
    "referral.match",
    "referral.answer",
    "referral.disclose",
    "offer.view",
    "award.make",
    "award.fall_through",
    "placement.spot",
    "placement.view",
    "placement.start",
    "placement.end",
    "agreement.view",
    "agreement.send",
}
APPROVER = REFERRAL_READ | {
    "offer.view",
    "award.approve",
    "placement.view",
    "agreement.view",
    "agreement.sign_authority",
    "spend.view",
}

#: Everybody who may raise an alert also reads and answers those that the organisation is told of.
ALERTS = {"alert.view", "alert.raise", "alert.acknowledge"}
ALERTS_LEAD = ALERTS | {"alert.confirm"}
#: What an officer sees and does about homes that worry them.
WATCH = ALERTS | {
    "measure.view",
    "closure.view",
    "closure.track",
    "concern.view",
    "concern.write",
    "complaint.view",
    "complaint.write",
    "incident.view",
    "incident.answer",
    "firewall.view",
}
#: Leads also decide.
WATCH_LEAD = WATCH | ALERTS_LEAD | {"concern.decide"}
#: Reading what people say who do not sign in: the safeguarding lead, whoever stands in for her, and at a central team
#: its contract managers. Whoever buys or shapes the market does not read it.
VOICE = {"voice.view", "voice.manage"}
#: What a central team does besides: measures with four eyes, closures, meetings. It has no residents of its own.
WATCH_CENTRAL = (WATCH_LEAD - {"incident.view", "incident.answer", "closure.track"}) | {
    "measure.propose",
    "measure.confirm",
    "closure.manage",
    "meeting.manage",
    "complaint.mediate",
}

PERMISSIONS: dict[str, set[str]] = {
    Role.SOCIAL_WORKER: {
        "referral.view_own",
        "referral.identity_own",
        "referral.draft",
        "person.view",
        "document.view",
        "search",
    },
    Role.PLACEMENT_OFFICER: REFERRAL_RUN | WATCH,
    Role.DUTY_OFFICER: REFERRAL_RUN | WATCH,
    Role.SAFEGUARDING_LEAD: WATCH_LEAD | WATCH_CENTRAL | VOICE | {"placement.view", "search"},
    Role.TEAM_MANAGER: APPROVER | WATCH_LEAD | VOICE,
    Role.NOMINATED_OFFICER: APPROVER | WATCH_LEAD | VOICE | {"award.approve_out_of_area"},
    Role.DIRECTOR: APPROVER | WATCH_LEAD | VOICE | {"award.approve_out_of_area", "award.approve_at_a_distance"},
    Role.COMMISSIONER: {
        "spend.view",
        "dpv.view",
        "offer.view",
        "placement.view",
        "agreement.view",
        "import.placements",
        "search",
    }
    | {"referral.view"}
    | WATCH_LEAD,
    Role.FINANCE_OFFICER: {"spend.view", "agreement.view", "placement.view", "import.placements"},
    Role.AUTHORITY_SIGNATORY: {"agreement.view", "agreement.sign_authority"},
    Role.AUTHORITY_ADMINISTRATOR: {"people.manage", "organisation.manage", "audit.view"},
    Role.CONTRACT_MANAGER: {
        "dpv.view",
        "dpv.manage",
        "dpv.admit",
        "dpv.ceiling",
        "dpv.suspend",
        "providers.verify",
        "import.register",
        "import.prices",
    }
    | WATCH_CENTRAL
    | VOICE,
    Role.MARKET_MANAGER: {"dpv.view", "dpv.suspend", "providers.verify", "region.report"} | WATCH_CENTRAL,
    Role.HUB_BROKER: {"hub.act"},
    Role.CENTRAL_ADMINISTRATOR: {"people.manage", "organisation.manage", "audit.view", "delegation.view"},
    Role.PROVIDER_ADMINISTRATOR: {
        "profile.manage",
        "people.manage",
        "organisation.manage",
        "inbox.view",
        "offer.write",
        "offer.decline",
        "agreement.view",
        "audit.view",
        "alert.view",
        "alert.acknowledge",
        "measure.view",
        "measure.appeal",
        "closure.view",
        "closure.report",
        "complaint.view",
        "complaint.write",
        "incident.view",
        "incident.report",
    },
    Role.BID_WRITER: {
        "inbox.view",
        "offer.write",
        "offer.decline",
        "vacancy.manage",
        "agreement.view",
        "incident.view",
        "incident.report",
    },
    # Who is in the home by day and night: what happens to its residents, and neither offers nor papers.
    Role.HOME_MANAGER: {"incident.view", "incident.report"},
    Role.PROVIDER_SIGNATORY: {"inbox.view", "agreement.view", "agreement.sign_provider"},
    Role.PROVIDER_FINANCE: {"agreement.view"},
    Role.OPERATOR: {"operate"},
}

#: What a hub broker may do on an authority's rows under a live delegation: run referrals, never its people or money.
DELEGATED = REFERRAL_RUN

#: Roles that never see a person: they may sign in without a second factor.
IMPERSONAL_ROLES = {Role.OPERATOR}

ROLES_BY_KIND: dict[str, tuple[Role, ...]] = {
    "authority": (
        Role.SOCIAL_WORKER,
        Role.PLACEMENT_OFFICER,
        Role.DUTY_OFFICER,
        Role.SAFEGUARDING_LEAD,
        Role.TEAM_MANAGER,
        Role.NOMINATED_OFFICER,
        Role.DIRECTOR,
        Role.AUTHORITY_SIGNATORY,
        Role.COMMISSIONER,
        Role.FINANCE_OFFICER,
        Role.AUTHORITY_ADMINISTRATOR,
    ),
    "associate": (Role.COMMISSIONER, Role.AUTHORITY_ADMINISTRATOR),
    "central": (
        Role.CONTRACT_MANAGER,
        Role.MARKET_MANAGER,
        Role.SAFEGUARDING_LEAD,
        Role.HUB_BROKER,
        Role.CENTRAL_ADMINISTRATOR,
    ),
    "provider": (
        Role.PROVIDER_ADMINISTRATOR,
        Role.BID_WRITER,
        Role.HOME_MANAGER,
        Role.PROVIDER_SIGNATORY,
        Role.PROVIDER_FINANCE,
    ),
    "host": (Role.OPERATOR,),
}


#: What any role permits at an associate: it runs itself and reads the region's vehicles. It has no referrals,
#: placements or agreements, and its database role reads nobody's.
ASSOCIATE = PERMISSIONS[Role.AUTHORITY_ADMINISTRATOR] | {"dpv.view"}


#: What a role of authorities and central teams permits at an authority alone: a central team's database role reads
#: nobody's placements or people.
AUTHORITY_ALONE = {"placement.view", "search", "incident.view", "incident.answer", "closure.track"}

#: And what at a central team alone.
CENTRAL_ALONE = {"measure.propose", "measure.confirm", "closure.manage", "meeting.manage", "complaint.mediate"}


def permissions_of(roles: Iterable[str], kind: str = "") -> frozenset[str]:
    """The union of the roles' permissions; an unknown role grants nothing, at an associate only `ASSOCIATE`, at a
    central team nothing of `AUTHORITY_ALONE` and at an authority nothing of `CENTRAL_ALONE`."""
    granted: set[str] = set()
    for role in roles:
        granted |= PERMISSIONS.get(role, set())
    if kind == "associate":
        granted &= ASSOCIATE
    elif kind == "central":
        granted -= AUTHORITY_ALONE
    elif kind == "authority":
        granted -= CENTRAL_ALONE
    return frozenset(granted)
