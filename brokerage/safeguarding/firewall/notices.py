"""The texts of messages about findings: a reference and a link, never who lives where or what is wrong."""

from django.utils.translation import gettext_lazy as _

from brokerage.core.notifications import texts

texts.register(
    "firewall.found",
    subject=_("A home no longer passes: %(reference)s"),
    body=_(
        "A home in which %(organisation)s has somebody no longer passes the registration checks. Sign in to read"
        " finding %(reference)s and to say what you will do."
    ),
)
texts.register(
    "firewall.changed",
    subject=_("Something else is wrong: %(reference)s"),
    body=_("There is something new about finding %(reference)s of %(organisation)s. Sign in to read it."),
)
# For feeds and webhooks: nobody is written to when all is well again.
texts.register(
    "firewall.cleared",
    subject=_("Finding %(reference)s is over"),
    body=_("The home of finding %(reference)s of %(organisation)s passes again, or the placement has ended."),
)
texts.register(
    "firewall.reminder",
    subject=_("Finding %(reference)s waits for your answer"),
    body=_("%(organisation)s has not answered finding %(reference)s. Sign in, read it and say what you will do."),
)
texts.register(
    "firewall.many",
    subject=_("%(reference)s placements are in homes that no longer pass"),
    body=_(
        "%(reference)s placements of %(organisation)s are in homes that no longer pass the registration checks. Sign in"
        " to read the list and to say what you will do."
    ),
    is_count=True,
)
texts.register(
    "firewall.home_missing",
    subject=_("Referral %(reference)s: a home is not on its register’s newest list"),
    body=_(
        "A home that is invited, offers or was chosen for %(reference)s is not on its regulator’s newest list. Nothing"
        " is closed by that. Ask the home and its regulator before anybody moves in."
    ),
)
