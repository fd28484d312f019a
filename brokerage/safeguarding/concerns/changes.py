"""What machines are told of concerns, suggestions and complaints: references, and whose move it was."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from brokerage.core.webhooks import events

WATCHERS = ("authority", "central")
EVERYBODY = ("authority", "central", "provider")
CONCERN = "/concerns/{reference}"
SUGGESTION = "/suggestions/{reference}"
#: As on the pages, patterns are for safeguarding leads.
LEADS = "concern.decide"
COMPLAINT = "/complaints/{reference}"

events.publish(
    "concern.written",
    label=_("Concern noted"),
    organisations=WATCHERS,
    acts={"concern.written": CONCERN},
    notices={"concerns.written": CONCERN},
)
events.publish(
    "concern.decided",
    label=_("Concern looked at"),
    organisations=WATCHERS,
    acts={"concern.decided": CONCERN},
    notices={"concerns.decided": CONCERN},
)
events.publish(
    "suggestion.raised",
    label=_("Pattern suggested to a person"),
    organisations=WATCHERS,
    notices={"concerns.suggestion": SUGGESTION},
    permission=LEADS,
)
events.publish(
    "suggestion.grew",
    label=_("A pattern suggested to a person goes on"),
    organisations=WATCHERS,
    notices={"concerns.suggestion_grew": SUGGESTION},
    permission=LEADS,
)
events.publish(
    "suggestion.decided",
    label=_("Decided on a pattern"),
    organisations=WATCHERS,
    acts={"suggestion.decided": SUGGESTION},
    permission=LEADS,
)
events.publish(
    "complaint.made",
    label=_("Complaint made"),
    organisations=EVERYBODY,
    acts={"complaint.made": COMPLAINT},
    notices={"concerns.complaint_made": COMPLAINT},
)
events.publish(
    "complaint.acknowledged",
    label=_("Complaint acknowledged"),
    organisations=EVERYBODY,
    acts={"complaint.acknowledged": COMPLAINT},
    notices={"concerns.complaint_acknowledged": COMPLAINT},
)
events.publish(
    "complaint.overdue",
    label=_("Complaint not acknowledged in time"),
    organisations=EVERYBODY,
    notices={"concerns.complaint_overdue": COMPLAINT},
)
events.publish(
    "complaint.answered",
    label=_("Complaint answered"),
    organisations=EVERYBODY,
    acts={"complaint.answered": COMPLAINT},
    notices={"concerns.complaint_answered": COMPLAINT},
)
events.publish(
    "complaint.message",
    label=_("Message about a complaint"),
    organisations=EVERYBODY,
    notices={"concerns.complaint_message": COMPLAINT},
)
events.publish(
    "complaint.mediation_asked",
    label=_("Mediation asked for"),
    organisations=EVERYBODY,
    acts={"complaint.mediation_asked": COMPLAINT},
    notices={"concerns.mediation_asked": COMPLAINT},
)
events.publish(
    "complaint.mediated",
    label=_("Complaint mediated"),
    organisations=EVERYBODY,
    acts={"complaint.mediated": COMPLAINT},
    notices={"concerns.complaint_mediated": COMPLAINT},
)
events.publish(
    "complaint.closed",
    label=_("Complaint closed"),
    organisations=EVERYBODY,
    acts={"complaint.settled": COMPLAINT, "complaint.unresolved": COMPLAINT},
    notices={"concerns.complaint_closed": COMPLAINT},
)
