"""The names of what is done about concerns, suggestions and complaints, on the audit page."""

from django.utils.translation import gettext_lazy as _

from brokerage.core.audit.labels import register

register(
    {
        "concern.written": _("Concern noted"),
        "concern.decided": _("Concern looked at"),
        "suggestion.raised": _("Pattern suggested to a person"),
        "suggestion.renewed": _("Pattern has grown"),
        "suggestion.decided": _("Decided on a pattern"),
        "complaint.made": _("Complaint made"),
        "complaint.acknowledged": _("Complaint acknowledged"),
        "complaint.answered": _("Complaint answered"),
        "complaint.message": _("Message about a complaint"),
        "complaint.mediation_asked": _("Mediation asked for"),
        "complaint.mediated": _("Complaint mediated"),
        "complaint.settled": _("Complaint settled"),
        "complaint.unresolved": _("Complaint closed, unresolved"),
        "complaint.reminded": _("Reminded of a complaint"),
    }
)
