"""What machines are told of incidents: the feeds and webhooks of both sides. References only."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from brokerage.core.webhooks import events

BOTH = ("authority", "provider")
INCIDENT = "/incidents/{reference}"

events.publish(
    "incident.reported",
    label=_("Event of a resident reported"),
    organisations=BOTH,
    acts={"incident.reported": INCIDENT},
    notices={"incidents.reported": INCIDENT},
)
events.publish(
    "incident.added",
    label=_("Entry added to an event"),
    organisations=BOTH,
    acts={"incident.added": INCIDENT},
    notices={"incidents.added": INCIDENT},
)
events.publish(
    "incident.returned",
    label=_("Return recorded"),
    organisations=BOTH,
    acts={"incident.returned": INCIDENT},
    notices={"incidents.returned": INCIDENT},
)
events.publish(
    "incident.withdrawn",
    label=_("Event reported by mistake"),
    organisations=BOTH,
    acts={"incident.withdrawn": INCIDENT},
    notices={"incidents.withdrawn": INCIDENT},
)
events.publish(
    "incident.acknowledged",
    label=_("Event acknowledged"),
    organisations=BOTH,
    acts={"incident.acknowledged": INCIDENT},
    notices={"incidents.acknowledged": INCIDENT},
)
events.publish(
    "incident.follow_up",
    label=_("Follow-up required"),
    organisations=BOTH,
    acts={"incident.follow_up": INCIDENT},
    notices={"incidents.follow_up": INCIDENT},
)
events.publish(
    "incident.interview",
    label=_("Return interview offered or recorded"),
    organisations=BOTH,
    acts={"incident.interview_offered": INCIDENT, "incident.interview_settled": INCIDENT},
    notices={"incidents.interview": INCIDENT},
)
events.publish(
    "incident.closed",
    label=_("Event closed"),
    organisations=BOTH,
    acts={"incident.closed": INCIDENT},
    notices={"incidents.closed": INCIDENT},
)
events.publish(
    "incident.due",
    label=_("Acknowledgement or return interview due"),
    organisations=("authority",),
    notices={"incidents.reminder": INCIDENT, "incidents.interview_due": INCIDENT},
)
