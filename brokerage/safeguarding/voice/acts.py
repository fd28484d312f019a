"""The names of what is done about messages and codes, on the audit page."""

from django.utils.translation import gettext_lazy as _

from brokerage.core.audit.labels import register

register(
    {
        "voice.read": _("Message of somebody who does not sign in read"),
        "voice.answered": _("Message answered"),
        "voice.noted": _("Note written on a message"),
        "voice.passed_on": _("Message passed on to another council"),
        "voice.placed": _("Home of a message named"),
        "voice.closed": _("Message closed"),
        "voice.code_made": _("Code for a poster made"),
        "voice.code_replaced": _("Code of a poster replaced"),
        "voice.code_printed": _("Poster opened to print"),
    }
)
