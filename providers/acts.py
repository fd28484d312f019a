"""The names of acts on the register and of imports, for the audit page."""

from django.utils.translation import gettext_lazy as _

from brokerage.core.audit.labels import register

register(
    {
        "establishment.described": _("Home’s description changed"),
        "establishment.registration_changed": _("Registration changed"),
        "establishment.registration_checked": _("Registration checked"),
        "household.added": _("Carer household added"),
        "household.changed": _("Carer household changed"),
        "household.held": _("Carer household put on hold"),
        "household.retired": _("Carer household fosters no more"),
        "household.released": _("Carer household taken off hold"),
        "import.started": _("Import started"),
        "import.resumed": _("Import continued"),
        "import.rows": _("Rows imported"),
        "import.checked": _("File checked without importing"),
        "import.done": _("Import finished"),
        "import.missing": _("Homes are missing from a whole list"),
        "import.failed": _("Import failed"),
        "import.discarded": _("Import discarded"),
        "insurance.added": _("Insurance policy added"),
        "insurance.certificate_read": _("Insurance certificate read"),
        "insurance.changed": _("Insurance policy changed"),
        "provider.oversight_recorded": _("Oversight of a provider recorded"),
        "provider.profile_changed": _("Provider’s profile changed"),
        "provider.verified": _("Provider verified"),
        "provider.verification_withdrawn": _("Verification of a provider withdrawn"),
        "vacancies.set": _("Vacancies updated"),
    }
)
