"""The texts of messages about concerns, suggestions and complaints: a reference and a link, never what it is about."""

from django.utils.translation import gettext_lazy as _

from brokerage.core.notifications import texts

texts.register(
    "concerns.written",
    subject=_("Concern %(reference)s: please look at it"),
    body=_("Somebody has noted a concern, %(reference)s. Sign in to read it and to say what is done."),
)
texts.register(
    "concerns.decided",
    subject=_("Concern %(reference)s was looked at"),
    body=_("Somebody has decided on concern %(reference)s, which you noted. Sign in to read what was decided."),
)
texts.register(
    "concerns.suggestion",
    subject=_("Pattern %(reference)s: please look into it"),
    body=_("Several things about one home or provider add up, %(reference)s. Sign in, look into it and decide."),
)
texts.register(
    "concerns.suggestion_grew",
    subject=_("Pattern %(reference)s goes on"),
    body=_("More has happened since pattern %(reference)s was suggested to you. Sign in, look into it and decide."),
)
texts.register(
    "concerns.complaint_made",
    subject=_("Complaint %(reference)s: please acknowledge it"),
    body=_("A complaint to %(organisation)s, %(reference)s, was made. Sign in to read and to acknowledge it."),
)
texts.register(
    "concerns.complaint_waits",
    subject=_("Complaint %(reference)s waits to be acknowledged"),
    body=_("%(organisation)s has not acknowledged complaint %(reference)s. Sign in and acknowledge it."),
)
texts.register(
    "concerns.complaint_overdue",
    subject=_("Complaint %(reference)s was not acknowledged in time"),
    body=_("Complaint %(reference)s should have been acknowledged by now. Sign in to see what can be done."),
)
texts.register(
    "concerns.complaint_acknowledged",
    subject=_("Complaint %(reference)s is acknowledged"),
    body=_("The other side has acknowledged complaint %(reference)s. Sign in to follow it."),
)
texts.register(
    "concerns.complaint_answered",
    subject=_("Complaint %(reference)s is answered"),
    body=_("The other side has answered complaint %(reference)s. Sign in to read the answer."),
)
texts.register(
    "concerns.complaint_message",
    subject=_("Message about complaint %(reference)s"),
    body=_("There is a message about complaint %(reference)s. Sign in to read it."),
)
texts.register(
    "concerns.mediation_asked",
    subject=_("Mediation is asked for in complaint %(reference)s"),
    body=_("One of the two sides of complaint %(reference)s has asked for mediation. Sign in to read it."),
)
texts.register(
    "concerns.complaint_mediated",
    subject=_("Complaint %(reference)s is mediated"),
    body=_("The mediator has written what was found in complaint %(reference)s. Sign in to read it."),
)
texts.register(
    "concerns.complaint_closed",
    subject=_("Complaint %(reference)s is closed"),
    body=_("Complaint %(reference)s is closed. Sign in to read how."),
)
