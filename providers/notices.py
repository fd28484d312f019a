"""What providers are told about themselves: a reference and a link, nothing more."""

from django.utils.translation import gettext_lazy as _

from brokerage.core.notifications import texts

texts.register(
    "providers.verified",
    subject=_("Your organisation has been verified"),
    body=_("The central team has verified %(reference)s. Sign in to see the record."),
)
texts.register(
    "providers.verification_withdrawn",
    subject=_("The verification of your organisation has been withdrawn"),
    body=_("The central team has withdrawn the verification of %(reference)s. Sign in to read why."),
)
texts.register(
    "providers.registration_changed",
    subject=_("The registration of %(reference)s has been changed"),
    body=_("The central team has changed the registration recorded for %(reference)s. Sign in to check it."),
)
