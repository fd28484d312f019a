"""What machines are told of admissions to the vehicles: public events and where the API shows them.

The central team is told by its own acts, the provider by its notices.
"""

from django.utils.translation import gettext_lazy as _

from brokerage.core.webhooks.events import publish

BOTH = ("central", "provider")
ADMISSION = "/admissions/{id}"

for _kind, _label, _acts, _notice in (
    ("admission.admitted", _("Home admitted to a lot"), ("admission.admitted",), "dpv.admitted"),
    ("admission.suspended", _("Admission suspended"), ("admission.suspended",), "dpv.suspended"),
    ("admission.reinstated", _("Suspension lifted"), ("admission.reinstated",), "dpv.reinstated"),
    ("admission.barred", _("Admission ended by a bar"), ("admission.barred",), "dpv.barred"),
    ("admission.ended", _("Admission ended"), ("admission.ended",), "dpv.ended"),
    ("ceiling.set", _("Ceiling price set"), ("ceiling.set", "ceiling.corrected"), "dpv.ceiling_set"),
):
    publish(
        _kind,
        label=_label,
        organisations=BOTH,
        acts=dict.fromkeys(_acts, ADMISSION),
        notices={_notice: ADMISSION},
    )

MEASURE = "/measures/{reference}"

publish(
    "measure.waiting",
    label=_("Measure waits for a second person"),
    organisations=("central",),
    notices={"dpv.measure_to_decide": MEASURE},
)
publish(
    "measure.due",
    label=_("Measure due to be confirmed or reviewed"),
    organisations=("central",),
    notices={"dpv.measure_unconfirmed": MEASURE, "dpv.measure_to_review": MEASURE},
)
for _kind, _label, _acts, _notice in (
    ("measure.in_force", _("Measure put in force"), ("measure.in_force",), "dpv.measure_in_force"),
    ("measure.reviewed", _("Measure reviewed"), ("measure.reviewed",), "dpv.measure_reviewed"),
    ("measure.lifted", _("Measure lifted"), ("measure.lifted",), "dpv.measure_lifted"),
    ("measure.appealed", _("Appeal against a measure"), ("measure.appealed",), "dpv.measure_appealed"),
    ("measure.answered", _("Appeal against a measure answered"), ("measure.answered",), "dpv.measure_answered"),
):
    publish(
        _kind,
        label=_label,
        organisations=BOTH,
        acts=dict.fromkeys(_acts, MEASURE),
        notices={_notice: MEASURE},
    )
