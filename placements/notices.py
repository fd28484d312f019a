"""The texts of messages about referrals, offers and awards: a reference and a link, never a fact about a person."""

from django.utils.translation import gettext_lazy as _

from brokerage.core.notifications import texts

# To providers, about the referral they are invited to.
texts.register(
    "placements.invited",
    subject=_("New referral %(reference)s"),
    body=_("You are invited to answer referral %(reference)s. Sign in to read it and to offer, ask or decline."),
)
texts.register(
    "placements.closing_extended",
    subject=_("More time for referral %(reference)s"),
    body=_("The closing time of referral %(reference)s is later now. Sign in to see it."),
)
texts.register(
    "placements.referral_amended",
    subject=_("Referral %(reference)s has changed"),
    body=_("Referral %(reference)s has changed. Read what changed; if you have made an offer, confirm it again."),
)
texts.register(
    "placements.question_answered",
    subject=_("A question about referral %(reference)s has been answered"),
    body=_("The answer to a question about referral %(reference)s is with the referral. Everyone invited sees it."),
)
texts.register(
    "placements.full_papers",
    subject=_("Full papers of referral %(reference)s are open to you"),
    body=_(
        "You are shortlisted for referral %(reference)s. Sign in to read the full papers; every reading is recorded."
    ),
)
texts.register(
    "placements.referral_closed",
    subject=_("Referral %(reference)s has closed"),
    body=_("Referral %(reference)s has closed. Sign in to see why; its details are no longer shown."),
)
# To the authority.
texts.register(
    "placements.question_asked",
    subject=_("Question about referral %(reference)s"),
    body=_("A provider has asked a question about referral %(reference)s. The answer goes to everyone invited."),
)
texts.register(
    "placements.closing_passed",
    subject=_("Closing time of referral %(reference)s has passed"),
    body=_("Offers for referral %(reference)s are closed. Sign in to compare them, or to extend or widen the search."),
)
texts.register(
    "placements.spot_outside_area",
    subject=_("Spot placement outside the area: %(reference)s"),
    body=_("A spot placement outside your area was recorded for referral %(reference)s. Please look at it."),
)
texts.register(
    "placements.offer_received",
    subject=_("New offer for referral %(reference)s"),
    body=_("A provider has made an offer for referral %(reference)s. Sign in to compare the offers."),
)
texts.register(
    "placements.offer_revised",
    subject=_("Changed offer for referral %(reference)s"),
    body=_("A provider has changed or confirmed its offer for referral %(reference)s. Sign in to compare the offers."),
)
texts.register(
    "placements.offer_withdrawn",
    subject=_("Offer withdrawn for referral %(reference)s"),
    body=_("A provider has withdrawn its offer for referral %(reference)s. Sign in to see the offers that stand."),
)
texts.register(
    "placements.declined",
    subject=_("Invitation declined for referral %(reference)s"),
    body=_("A provider has declined for referral %(reference)s. Sign in to read its reason."),
)
# About placements.
texts.register(
    "placements.start_not_recorded",
    subject=_("Placement %(reference)s: has it started?"),
    body=_("The planned start of placement %(reference)s has passed. Record that it started, or plan another day."),
)
texts.register(
    "placements.extras_ending",
    subject=_("An additional service of placement %(reference)s ends soon"),
    body=_("An additional service of placement %(reference)s ends within 14 days. Sign in to see which."),
)
# About awards.
texts.register(
    "placements.approval_asked",
    subject=_("Award for referral %(reference)s waits for approval"),
    body=_("An award for referral %(reference)s waits for your decision. Sign in to approve or refuse it."),
)
texts.register(
    "placements.award_approved",
    subject=_("Award for referral %(reference)s is approved"),
    body=_("The award for referral %(reference)s has every approval it needed. Its agreement is being drawn up."),
)
texts.register(
    "placements.award_refused",
    subject=_("Award for referral %(reference)s is refused"),
    body=_("The award for referral %(reference)s was refused. Sign in to read why and to choose again."),
)
texts.register(
    "placements.offer_accepted",
    subject=_("Your offer for referral %(reference)s is accepted"),
    body=_("Your offer for referral %(reference)s is accepted. An agreement will be ready to sign shortly."),
)
texts.register(
    "placements.offer_unsuccessful",
    subject=_("Outcome of referral %(reference)s"),
    body=_("Your offer for referral %(reference)s was not chosen. Sign in to read why."),
)
texts.register(
    "placements.award_fell_through",
    subject=_("Referral %(reference)s is open again"),
    body=_("The award for referral %(reference)s came to nothing. Sign in to see how your offer stands."),
)
