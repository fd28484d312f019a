"""The texts of messages about alerts: a reference and a link, never what it is about."""

from django.utils.translation import gettext_lazy as _

from brokerage.core.notifications import texts

texts.register(
    "safeguarding.alert",
    subject=_("Safeguarding alert %(reference)s: read it now"),
    body=_(
        "There is a safeguarding alert, %(reference)s. Sign in to read it and to say what %(organisation)s will do."
    ),
)
texts.register(
    "safeguarding.nearer",
    subject=_("Safeguarding alert %(reference)s is open where you are looking"),
    body=_(
        "%(organisation)s looks at a home about which safeguarding alert %(reference)s is open. Sign in and read it"
        " before you choose."
    ),
)
texts.register(
    "safeguarding.reminder",
    subject=_("Safeguarding alert %(reference)s waits for your answer"),
    body=_("%(organisation)s has not answered safeguarding alert %(reference)s. Sign in, read it and answer."),
)
texts.register(
    "safeguarding.silent",
    subject=_("Safeguarding alert %(reference)s: not everybody has answered"),
    body=_(
        "Somebody who was told of safeguarding alert %(reference)s does not answer. Sign in to see who: telephone them."
    ),
)
texts.register(
    "safeguarding.people_came",
    subject=_("Safeguarding alert %(reference)s: somebody came after you answered"),
    body=_(
        "%(organisation)s has answered safeguarding alert %(reference)s, and somebody of yours has come there since."
        " Sign in and say what will be done."
    ),
)
texts.register(
    "safeguarding.plans_missing",
    subject=_("Safeguarding alert %(reference)s waits for your plans"),
    body=_(
        "%(organisation)s has not said what will be done for everybody of yours about whom safeguarding alert"
        " %(reference)s is. Sign in and say it."
    ),
)
texts.register(
    "safeguarding.plans_silent",
    subject=_("Safeguarding alert %(reference)s: plans are missing"),
    body=_(
        "Somebody who was told of safeguarding alert %(reference)s does not say what will be done for people who came"
        " later. Sign in to see who: telephone them."
    ),
)
texts.register(
    "safeguarding.closed",
    subject=_("Safeguarding alert %(reference)s is closed"),
    body=_("Safeguarding alert %(reference)s is closed. Sign in to read what came of it."),
)
texts.register(
    "safeguarding.to_confirm",
    subject=_("Safeguarding alert %(reference)s waits for a second person"),
    body=_("A colleague has raised safeguarding alert %(reference)s. Sign in to read it and to send it or not."),
)
texts.register(
    "safeguarding.still_to_confirm",
    subject=_("Safeguarding alert %(reference)s still waits for a second person"),
    body=_("Nobody has been told of safeguarding alert %(reference)s yet. Sign in to read it and to send it or not."),
)
texts.register(
    "safeguarding.nobody_confirms",
    subject=_("Safeguarding alert %(reference)s is not sent"),
    body=_(
        "Nobody has been told of safeguarding alert %(reference)s, and nobody else at %(organisation)s may send it."
        " Sign in to see what you can do."
    ),
)
texts.register(
    "safeguarding.not_sent",
    subject=_("Safeguarding alert %(reference)s is not sent"),
    body=_("A second person decided not to send safeguarding alert %(reference)s. Sign in to read why."),
)
texts.register(
    "safeguarding.checks_late",
    subject=_("Safeguarding alert %(reference)s: welfare checks are late"),
    body=_("Welfare checks for safeguarding alert %(reference)s are not recorded. Sign in and say what was found."),
)
