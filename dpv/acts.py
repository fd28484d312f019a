"""The names of acts on the vehicles, for the audit page."""

from django.utils.translation import gettext_lazy as _

from brokerage.core.audit.labels import register

register(
    {
        "access.added": _("Access to a vehicle given"),
        "access.ended": _("Access to a vehicle ended"),
        "admission.admitted": _("Establishment admitted to a lot"),
        "admission.scored": _("Quality score or tier changed"),
        "admission.suspended": _("Establishment suspended from a lot"),
        "admission.reviewed": _("Suspension reviewed"),
        "admission.reinstated": _("Establishment reinstated on a lot"),
        "admission.barred": _("Establishment barred from a lot"),
        "admission.ended": _("Admission to a lot ended"),
        "ceiling.set": _("Ceiling price set"),
        "ceiling.corrected": _("Ceiling price corrected"),
        "menu.set": _("Price of an extra set"),
        "menu.ended": _("Extra taken off the menu"),
        "rules.changed": _("Rules of a vehicle changed"),
        "vehicle.created": _("Vehicle set up"),
        "vehicle.changed": _("Vehicle changed"),
        "lot.created": _("Lot set up"),
        "measure.proposed": _("Measure proposed"),
        "measure.in_force": _("Measure put in force"),
        "measure.confirmed": _("Measure confirmed by a second person"),
        "measure.refused": _("Measure refused by a second person"),
        "measure.withdrawn": _("Proposed measure withdrawn"),
        "measure.reviewed": _("Measure reviewed"),
        "measure.reminded": _("Reminded of a measure to confirm or to review"),
        "measure.lift_proposed": _("Lifting of a measure proposed"),
        "measure.lifted": _("Measure lifted"),
        "measure.kept": _("Measure not lifted"),
        "measure.appealed": _("Provider appealed against a measure"),
        "measure.answered": _("Appeal against a measure answered"),
    }
)
