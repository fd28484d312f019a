"""The names of what is done about closures, on the audit page."""

from django.utils.translation import gettext_lazy as _

from brokerage.core.audit.labels import register

register(
    {
        "closure.announced": _("Closure announced"),
        "closure.rescheduled": _("Day of a closure changed"),
        "closure.withdrawn": _("Closure withdrawn"),
        "closure.closed": _("Home closed"),
        "closure.resident_changed": _("Next home of somebody in a closing home recorded"),
    }
)
