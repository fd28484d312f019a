"""What machines are told of agreements: public events and where the API shows them."""

from django.utils.translation import gettext_lazy as _

from brokerage.core.webhooks.events import publish

BOTH = ("authority", "provider")
AGREEMENT = "/agreements/{reference}"

publish(
    "agreement.drawn_up",
    label=_("Agreement drawn up"),
    organisations=("authority",),
    acts={"agreement.drawn_up": AGREEMENT},
)
publish(
    "agreement.ready",
    label=_("Agreement ready to sign"),
    organisations=BOTH,
    acts={"agreement.rendered": AGREEMENT},
    notices={"contracts.ready_to_sign": AGREEMENT},
)
publish(
    "agreement.signed",
    label=_("Agreement signed by one side"),
    organisations=BOTH,
    acts={"agreement.signed": AGREEMENT},
    notices={"contracts.other_side_signed": AGREEMENT},
)
publish(
    "agreement.sealed",
    label=_("Agreement signed by both sides and sealed"),
    organisations=BOTH,
    acts={"agreement.sealed": AGREEMENT},
    notices={"contracts.sealed": AGREEMENT},
)
publish(
    "agreement.cancelled",
    label=_("Agreement cancelled"),
    organisations=BOTH,
    acts={"agreement.cancelled": AGREEMENT},
    notices={"contracts.cancelled": AGREEMENT},
)
publish(
    "referral.home_stopped",
    label=_("An invited home may no longer be used"),
    organisations=("authority",),
    acts={"referral.home_stopped": "/referrals/{reference}"},
)
publish(
    "referral.home_restricted",
    label=_("An invited home is restricted"),
    organisations=("authority",),
    acts={"referral.home_restricted": "/referrals/{reference}"},
)
publish(
    "referral.home_conditions",
    label=_("The conditions of a restricted home have changed"),
    organisations=("authority",),
    acts={"referral.home_conditions": "/referrals/{reference}"},
)
publish(
    "referral.home_released",
    label=_("An invited home may be used again"),
    organisations=("authority",),
    acts={"referral.home_released": "/referrals/{reference}"},
)
publish(
    "measure.restricts",
    label=_("A home in which you have somebody is restricted"),
    organisations=("authority",),
    acts={"measure.restricts": "/measures/{reference}"},
)
publish(
    "measure.conditions",
    label=_("The conditions of a restricted home in which you have somebody have changed"),
    organisations=("authority",),
    acts={"measure.conditions": "/measures/{reference}"},
)
publish(
    "measure.released",
    label=_("A home in which you have somebody is no longer restricted"),
    organisations=("authority",),
    acts={"measure.released": "/measures/{reference}"},
)
