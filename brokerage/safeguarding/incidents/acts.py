"""The names of what is done about incidents, on the audit page."""

from django.utils.translation import gettext_lazy as _

from brokerage.core.audit.labels import register

register(
    {
        "incident.reported": _("Event of a resident reported"),
        "incident.read": _("Event of a resident read"),
        "incident.added": _("Entry added to an event"),
        "incident.returned": _("Return recorded"),
        "incident.withdrawn": _("Event reported by mistake"),
        "incident.acknowledged": _("Event acknowledged"),
        "incident.follow_up": _("Follow-up required"),
        "incident.interview_offered": _("Return interview offered"),
        "incident.interview_settled": _("Return interview recorded"),
        "incident.closed": _("Event closed"),
        "incident.exported": _("Missing episodes exported"),
    }
)
