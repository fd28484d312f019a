"""The names of what is done about alerts, on the audit page."""

from django.utils.translation import gettext_lazy as _

from brokerage.core.audit.labels import register

register(
    {
        "alert.raised": _("Alert raised"),
        "alert.sent": _("Alert sent to everybody who must know"),
        "alert.dismissed": _("Alert not sent"),
        "alert.closed": _("Alert closed"),
        "alert.acknowledged": _("Alert answered"),
        "alert.plans_added": _("Plans added for people who came after the answer"),
        "alert.people_came": _("Somebody came to live there after the answer"),
        "alert.read": _("Alert read"),
        "alert.told_later": _("Alert told to an authority that looks there now"),
        "alert.checks_late": _("Welfare checks late"),
        "alert.meeting_recorded": _("Strategy meeting recorded"),
        "alert.file_added": _("File added to an alert"),
        "alert.file_read": _("File of an alert opened"),
        "alert.proof_asked": _("PDF of who was told asked for"),
        "alert.proof_read": _("PDF of who was told opened"),
        "alert.check_done": _("Welfare check recorded"),
    }
)
