"""The names of acts on agreements, for the audit page."""

from django.utils.translation import gettext_lazy as _

from brokerage.core.audit.labels import register

register(
    {
        "agreement.drawn_up": _("Agreement drawn up"),
        "agreement.rendered": _("Agreement written as a document"),
        "agreement.signing_reminded": _("Side reminded to sign"),
        "agreement.start_differs": _("Start moved after signing"),
        "agreement.signed": _("Agreement signed"),
        "agreement.sealed": _("Agreement sealed"),
        "agreement.cancelled": _("Agreement cancelled"),
        "agreement.downloaded": _("Agreement downloaded"),
        "referral.home_stopped": _("Officer told that an invited home may not be used"),
        "referral.home_restricted": _("Officer told that an invited home is restricted"),
        "referral.home_conditions": _("Officer told of other conditions of a restricted home"),
        "referral.home_released": _("Officer told that an invited home may be used again"),
        "measure.restricts": _("Told that a home with somebody of ours is restricted"),
        "measure.conditions": _("Told of other conditions of a restricted home with somebody of ours"),
        "measure.released": _("Told that a restriction of a home with somebody of ours no longer holds"),
    }
)
