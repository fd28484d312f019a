"""The texts of messages about incidents: a reference and a link, never what happened or to whom."""

from django.utils.translation import gettext_lazy as _

from brokerage.core.notifications import texts

texts.register(
    "incidents.reported",
    subject=_("Event %(reference)s: read it now"),
    body=_("A provider has reported event %(reference)s. Sign in to read it and to acknowledge it."),
)
texts.register(
    "incidents.returned",
    subject=_("Event %(reference)s: there is news"),
    body=_("Something was recorded on event %(reference)s. Sign in to read it."),
)
texts.register(
    "incidents.added",
    subject=_("Event %(reference)s: a new entry"),
    body=_("The other side has added to event %(reference)s. Sign in to read it."),
)
texts.register(
    "incidents.withdrawn",
    subject=_("Event %(reference)s was reported by mistake"),
    body=_("The provider says that event %(reference)s was reported by mistake. Sign in to read why."),
)
texts.register(
    "incidents.acknowledged",
    subject=_("Event %(reference)s is acknowledged"),
    body=_("The authority has read and acknowledged event %(reference)s."),
)
texts.register(
    "incidents.follow_up",
    subject=_("Event %(reference)s needs a follow-up from you"),
    body=_("The authority asks you to follow up event %(reference)s. Sign in to read what is needed."),
)
texts.register(
    "incidents.interview",
    subject=_("Event %(reference)s: an appointment"),
    body=_("The authority has recorded an appointment on event %(reference)s. Sign in to read it."),
)
texts.register(
    "incidents.closed",
    subject=_("Event %(reference)s is closed"),
    body=_("The authority has closed event %(reference)s. Sign in to read what came of it."),
)
texts.register(
    "incidents.reminder",
    subject=_("Event %(reference)s waits for you"),
    body=_("%(organisation)s has not acknowledged event %(reference)s. Sign in, read it and acknowledge it."),
)
texts.register(
    "incidents.interview_due",
    subject=_("Event %(reference)s: something is due"),
    body=_("%(organisation)s has something to do on event %(reference)s. Sign in to see what and by when."),
)
