"""What machines are told of referrals, offers, awards and placements: public events and where the API shows them.

An authority is told by its own acts and by what providers do; a provider by its own acts and its invitations. Nothing
tells an authority of a sealed offer before opening, as no notice does.
"""

from typing import Any

from django.utils.translation import gettext_lazy as _

from brokerage.core.webhooks.events import publish

AUTHORITY = ("authority",)
PROVIDER = ("provider",)
BOTH = ("authority", "provider")

REFERRAL = "/referrals/{reference}"
OPPORTUNITY = "/opportunities/{reference}"
OFFER = "/offers/{id}"
AWARD = "/awards/{id}"
PLACEMENT = "/placements/{reference}"

#: kind -> (label, who is told, acts, notices)
_EVENTS: dict[str, tuple[Any, tuple[str, ...], dict[str, str], dict[str, str]]] = {
    "referral.published": (_("Referral published"), AUTHORITY, {"referral.published": REFERRAL}, {}),
    "referral.extended": (
        _("Closing time extended"),
        BOTH,
        {"referral.extended": REFERRAL},
        {"placements.closing_extended": OPPORTUNITY},
    ),
    "referral.amended": (
        _("Referral amended"),
        BOTH,
        {"referral.amended": REFERRAL},
        {"placements.referral_amended": OPPORTUNITY},
    ),
    "referral.widened": (_("Search widened"), AUTHORITY, {"referral.widened": REFERRAL}, {}),
    "referral.invited": (_("More providers invited"), AUTHORITY, {"referral.invited": REFERRAL}, {}),
    "referral.closing_passed": (
        _("Closing time passed"),
        AUTHORITY,
        {"referral.closing_passed": REFERRAL},
        {"placements.closing_passed": REFERRAL},
    ),
    "referral.withdrawn": (_("Referral withdrawn"), AUTHORITY, {"referral.withdrawn": REFERRAL}, {}),
    "referral.not_placed": (_("Referral ended without a placement"), AUTHORITY, {"referral.not_placed": REFERRAL}, {}),
    "referral.closed": (_("Referral closed"), PROVIDER, {}, {"placements.referral_closed": OPPORTUNITY}),
    "invitation.received": (_("Invitation received"), PROVIDER, {}, {"placements.invited": OPPORTUNITY}),
    "invitation.declined": (
        _("Invitation declined"),
        BOTH,
        {"invitation.declined": OPPORTUNITY},
        {"placements.declined": REFERRAL},
    ),
    "papers.opened": (
        _("Full papers opened"),
        BOTH,
        {"release.full_papers_opened": REFERRAL},
        {"placements.full_papers": OPPORTUNITY},
    ),
    "clarification.asked": (
        _("Question asked"),
        BOTH,
        {"clarification.asked": OPPORTUNITY},
        {"placements.question_asked": REFERRAL},
    ),
    "clarification.answered": (
        _("Question answered"),
        BOTH,
        {"clarification.answered": REFERRAL},
        {"placements.question_answered": OPPORTUNITY},
    ),
    "offer.submitted": (
        _("Offer submitted"),
        BOTH,
        {"offer.submitted": OFFER},
        {"placements.offer_received": REFERRAL},
    ),
    "offer.revised": (
        _("Offer changed or confirmed again"),
        BOTH,
        {"offer.revised": OFFER, "offer.reconfirmed": OFFER},
        {"placements.offer_revised": REFERRAL},
    ),
    "offer.withdrawn": (
        _("Offer withdrawn"),
        BOTH,
        {"offer.withdrawn": OFFER},
        {"placements.offer_withdrawn": REFERRAL},
    ),
    "offer.accepted": (_("Offer accepted"), PROVIDER, {}, {"placements.offer_accepted": OPPORTUNITY}),
    "offer.unsuccessful": (_("Offer not chosen"), PROVIDER, {}, {"placements.offer_unsuccessful": OPPORTUNITY}),
    "award.made": (_("Offer chosen"), AUTHORITY, {"award.made": AWARD}, {}),
    "approval.asked": (
        _("Approval asked for"),
        AUTHORITY,
        {"award.approval_asked": AWARD},
        {"placements.approval_asked": AWARD},
    ),
    "award.approved": (_("Award approved"), AUTHORITY, {"award.approved": AWARD}, {}),
    "award.confirmed": (_("Award confirmed"), AUTHORITY, {"award.confirmed": AWARD}, {}),
    "award.refused": (_("Award refused"), AUTHORITY, {"award.refused": AWARD}, {}),
    "award.taken_back": (_("Award taken back"), AUTHORITY, {"award.taken_back": AWARD}, {}),
    "award.fell_through": (
        _("Award fell through"),
        BOTH,
        {"award.fell_through": AWARD},
        {"placements.award_fell_through": OPPORTUNITY},
    ),
    "placement.started": (_("Placement started"), AUTHORITY, {"placement.started": PLACEMENT}, {}),
    "placement.rescheduled": (_("Start of a placement moved"), AUTHORITY, {"placement.rescheduled": PLACEMENT}, {}),
    "placement.cancelled": (_("Placement cancelled"), AUTHORITY, {"placement.cancelled": PLACEMENT}, {}),
    "placement.ended": (_("Placement ended"), AUTHORITY, {"placement.ended": PLACEMENT}, {}),
    "placement.spot_recorded": (_("Spot placement recorded"), AUTHORITY, {"placement.spot_recorded": REFERRAL}, {}),
}

for _kind, (_label, _organisations, _acts, _notices) in _EVENTS.items():
    publish(_kind, label=_label, organisations=_organisations, acts=_acts, notices=_notices)
