"""The texts of messages about agreements. They name the reference and nothing of the matter."""

from django.utils.translation import gettext_lazy as _

from brokerage.core.notifications.texts import register

register(
    "contracts.ready_to_sign",
    subject=_("Agreement %(reference)s is ready to sign"),
    body=_("An individual placement agreement, %(reference)s, is ready for %(organisation)s to sign."),
)
register(
    "contracts.other_side_signed",
    subject=_("Agreement %(reference)s waits for your signature"),
    body=_("The other side has signed agreement %(reference)s. It now waits for %(organisation)s."),
)
register(
    "contracts.signature_waits",
    subject=_("Reminder: agreement %(reference)s waits for your signature"),
    body=_("Agreement %(reference)s still waits for %(organisation)s to sign. Until then it binds nobody."),
)
register(
    "contracts.drawn_up_again",
    subject=_("The start under agreement %(reference)s has moved"),
    body=_("The start date moved before anybody had signed: agreement %(reference)s is being drawn up again."),
)
register(
    "contracts.start_moved",
    subject=_("The start under agreement %(reference)s has moved"),
    body=_("The council plans another start date than agreement %(reference)s says. Sign in to see both."),
)
register(
    "contracts.sealed",
    subject=_("Agreement %(reference)s is signed and sealed"),
    body=_("Both sides have signed agreement %(reference)s and it has been sealed. You can download it."),
)
register(
    "contracts.cancelled",
    subject=_("Agreement %(reference)s is cancelled"),
    body=_("Agreement %(reference)s has been cancelled. Sign in to read why."),
)
register(
    "contracts.home_stopped",
    subject=_("A home of referral %(reference)s may no longer be used"),
    body=_(
        "The central team has suspended or barred a home that was invited to %(reference)s, offered or was chosen. "
        "Nobody can offer, choose or sign it now. Sign in to see why and to invite others."
    ),
)
register(
    "contracts.home_restricted",
    subject=_("A home of referral %(reference)s is restricted"),
    body=_(
        "The central team has restricted a home that was invited to %(reference)s, offered or was chosen. "
        "Sign in to read the conditions before you choose it."
    ),
)
register(
    "contracts.home_conditions",
    subject=_("Other conditions of a home of referral %(reference)s"),
    body=_(
        "The central team has reviewed the restriction of a home that was invited to %(reference)s, offered or was "
        "chosen, and changed its conditions. Sign in to read them before you choose it."
    ),
)
register(
    "contracts.home_released",
    subject=_("A home of referral %(reference)s may be used again"),
    body=_(
        "What the central team had decided about a home that was invited to %(reference)s, offered or was chosen no "
        "longer holds. Sign in to see it."
    ),
)
register(
    "contracts.measure_restricts",
    subject=_("Measure %(reference)s restricts a home in which you have somebody"),
    body=_(
        "The central team has restricted a home in which %(organisation)s has somebody, or is to have. People who live "
        "there stay. Sign in to read measure %(reference)s and its conditions."
    ),
)
register(
    "contracts.measure_conditions",
    subject=_("Restriction %(reference)s has other conditions"),
    body=_(
        "The central team has reviewed measure %(reference)s, which restricts a home in which %(organisation)s has "
        "somebody, or is to have, and changed its conditions. Sign in to read them."
    ),
)
register(
    "contracts.measure_released",
    subject=_("Restriction %(reference)s no longer holds"),
    body=_(
        "Measure %(reference)s, which restricted a home in which %(organisation)s had somebody, no longer holds. "
        "Sign in to read more."
    ),
)
