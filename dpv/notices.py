"""The texts of messages to providers about their admissions: a lot's code and a link, never a reason."""

from django.utils.translation import gettext_lazy as _

from brokerage.core.audit.record import Notice
from brokerage.core.notifications import texts
from dpv.models import Admission

#: Who at the provider is told.
TOLD = ("profile.manage", "offer.write")

texts.register(
    "dpv.admitted",
    subject=_("Admitted to %(reference)s"),
    body=_("One of your establishments has been admitted to %(reference)s. Sign in to see its ceiling prices."),
)
texts.register(
    "dpv.ceiling_set",
    subject=_("Ceiling price on %(reference)s"),
    body=_("A ceiling price has been set for your establishment on %(reference)s. Sign in to see it."),
)
texts.register(
    "dpv.suspended",
    subject=_("Admission to %(reference)s suspended"),
    body=_("Your admission to %(reference)s has been suspended. Until it is lifted you cannot be invited or offer."),
)
texts.register(
    "dpv.reinstated",
    subject=_("Suspension from %(reference)s lifted"),
    body=_("The suspension of your admission to %(reference)s has been lifted. You can be invited again."),
)
texts.register(
    "dpv.barred",
    subject=_("Barred from %(reference)s"),
    body=_("Your admission to %(reference)s has been ended by a bar. Sign in or contact the central team."),
)
texts.register(
    "dpv.ended",
    subject=_("Admission to %(reference)s ended"),
    body=_("Your admission to %(reference)s has ended. Placements already agreed go on as agreed."),
)


def lot_reference(admission: Admission) -> str:
    """The codes of vehicle and lot: "WL-RES STD". All a message may say."""
    return f"{admission.vehicle.code} {admission.lot.code}"


def notice_to_provider(template: str, admission: Admission) -> Notice:
    """Tells the provider's administrators and bid writers; the link leads to the admission's page."""
    slug = admission.provider.organisation.slug
    return Notice(
        template=template,
        organisation_id=admission.provider_id,
        reference=lot_reference(admission),
        path=f"/o/{slug}/admissions/{admission.pk}/",
        permissions=TOLD,
    )
