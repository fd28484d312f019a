"""The person, the referral, what providers see of it, offers, awards, placements."""

from placements.models.awards import Approval, Award
from placements.models.offers import Offer
from placements.models.people import Person, SiblingGroup
from placements.models.placements import Placement
from placements.models.referrals import Match, Referral, ReferralDocument, ReferralLot
from placements.models.releases import (
    Clarification,
    Decline,
    Invitation,
    InvitedHousehold,
    Reading,
    Release,
)

__all__ = [
    "Approval",
    "Award",
    "Clarification",
    "Decline",
    "Invitation",
    "InvitedHousehold",
    "Match",
    "Offer",
    "Person",
    "Placement",
    "Reading",
    "Referral",
    "ReferralDocument",
    "ReferralLot",
    "Release",
    "SiblingGroup",
]
