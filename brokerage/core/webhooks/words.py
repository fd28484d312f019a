"""Why an attempt to deliver failed, in words for the page."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

#: The words of `sending.Answer.error`; a status stands for itself.
ERRORS = {
    "timeout": _("No answer in ten seconds"),
    "name_unknown": _("The name is unknown"),
    "address_refused": _("The name leads to a machine that is not public"),
    "certificate": _("The certificate is not valid"),
    "no_connection": _("No connection"),
    "broken_off": _("The connection broke off"),
    "url_invalid": _("The address cannot be called"),
    "no_key": _("The secret can no longer be read"),
}


def error_label(error: str) -> str:
    """The error in the current language; an unknown one is shown as it is."""
    return str(ERRORS.get(error, error))
