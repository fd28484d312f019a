"""What several operations of a provider's side name: how a home stands, and the refusals that many actions share."""

from __future__ import annotations

from dpv.eligibility import PROBLEM_TEXTS
from placements.states import INVITATION, OFFER

#: How one of a provider's homes stands towards a referral: its offer's state, or else its invitation's.
STATES = [
    *INVITATION.choices,
    *((state, label) for state, label in OFFER.choices if state not in INVITATION.states),
]
#: `placements.actions.offers.require_open`.
NOT_OPEN = ("release_closed", "invitation_withdrawn", "being_decided", "closing_passed")
#: The home may not be used today, or nothing is known to price it by.
NOT_ELIGIBLE = ("admission_unknown", *PROBLEM_TEXTS, "no_rules")
