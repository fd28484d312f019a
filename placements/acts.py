"""The names of acts on referrals, offers and placements, for the audit page; a referral's timeline has them too."""

from django.utils.translation import gettext_lazy as _

from brokerage.core.audit.labels import register
from placements.queries.referrals import EVENTS

register(
    {
        **EVENTS,
        "clarification.asked": _("Question asked"),
        "invitation.declined": _("Invitation declined"),
        "invitation.decline_taken_back": _("Decline taken back"),
        "offer.started": _("Offer started"),
        "offer.saved": _("Offer saved"),
        "offer.submitted": _("Offer submitted"),
        "offer.revised": _("Offer revised"),
        "offer.reconfirmed": _("Offer confirmed again"),
        "offer.withdrawn": _("Offer withdrawn"),
        "offer.discarded": _("Draft offer deleted"),
        "placement.start_reminded": _("Officer reminded to record the start"),
        "placement.extras_reminded": _("Officers told that an additional service ends soon"),
        "person.created": _("Person recorded"),
        "person.changed": _("Person’s details changed"),
        "person.read": _("Person’s details read"),
        "release.read": _("Full papers or a document read by a provider"),
    }
)
