"""The texts of messages about closures: a reference and a link, never who lives there."""

from django.utils.translation import gettext_lazy as _

from brokerage.core.notifications import texts

texts.register(
    "closures.announced",
    subject=_("Closure %(reference)s: a home is closing"),
    body=_(
        "A home that concerns %(organisation)s is closing: %(reference)s. Sign in to see which, when, and what to do."
    ),
)
texts.register(
    "closures.changed",
    subject=_("Closure %(reference)s: the day has changed"),
    body=_("Closure %(reference)s has another day. Sign in to read it."),
)
texts.register(
    "closures.withdrawn",
    subject=_("Closure %(reference)s: the home is not closing"),
    body=_("Closure %(reference)s was withdrawn. Sign in to read it."),
)
texts.register(
    "closures.closed",
    subject=_("Closure %(reference)s: the home is closed"),
    body=_("Closure %(reference)s has happened. Sign in to see what is still to do."),
)
texts.register(
    "closures.completed",
    subject=_("Closure %(reference)s is complete"),
    body=_("Nobody is left to move for closure %(reference)s."),
)
texts.register(
    "closures.reminder",
    subject=_("Closure %(reference)s: people of yours still need a home"),
    body=_(
        "%(organisation)s still has people to move for closure %(reference)s. Sign in and say where each of them goes."
    ),
)
