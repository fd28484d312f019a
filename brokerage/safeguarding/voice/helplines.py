"""Public telephone numbers, with what each is for. The words are ours, the numbers are theirs: check them yearly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Line:
    """A telephone line: who answers, and when to ring it."""

    name: Any
    number: str
    text: Any

    @property
    def href(self) -> str:
        return f"tel:{self.number.replace(' ', '')}"


EMERGENCY = Line(_("Police, ambulance, fire"), "999", _("If somebody is hurt, or in danger now. Free, at any hour."))
CHILDLINE = Line("Childline", "0800 1111", _("To talk to somebody about anything. Free, private, at any hour."))
NYAS = Line("NYAS", "0808 808 1001", _("An advocate: somebody who is on your side and helps you to be heard. Free."))
MEIC = Line("Meic", "080880 23456", _("In Wales: advice and advocacy for people under 25, in Welsh or English. Free."))
NSPCC_STAFF = Line(
    _("NSPCC whistleblowing advice"), "0800 028 0285", _("If you work here: advice on how to speak up. Free.")
)
OFSTED = Line(_("Ofsted whistleblowing line"), "0300 123 3155", _("In England: the regulator of children’s homes."))
CIW = Line(_("Care Inspectorate Wales"), "0300 790 0126", _("In Wales: the regulator of homes."))

NOW = (EMERGENCY, CHILDLINE)
MORE = (NYAS, MEIC, NSPCC_STAFF, OFSTED, CIW)
