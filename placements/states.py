"""The lifecycles of the main road: referral, invitation, offer, award, placement.

Tables only; `placements.actions` makes the moves and checks everything else (permission, limit, deadline,
rules). A closing time is not a state: whether a referral is open for offers is computed from its `closes_at`,
so that nobody can bid late because a task ran late. A move from a state to itself changes content, not the
state.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from brokerage.core.lifecycle import Lifecycle

REFERRAL = Lifecycle(
    name="referral",
    noun=_("referral"),
    initial="draft",
    moves={
        # Written section by section; the disclosure check is part of a draft.
        "edit": (("draft",), "draft"),
        # Disclosures settled, closing time set: invitations and releases go out at once.
        "publish": (("draft",), "published"),
        # After publishing: more time, more establishments, a wider search, a corrected text. Amending asks
        # every standing offer to be confirmed again.
        "extend": (("published",), "published"),
        "invite": (("published",), "published"),
        "widen": (("published",), "published"),
        "amend": (("published",), "published"),
        # An offer is chosen: within the officer's limit at once, above it an approver confirms.
        "award": (("published",), "awarded"),
        "ask_approval": (("published",), "awaiting_approval"),
        "approve": (("awaiting_approval",), "awarded"),
        "refuse": (("awaiting_approval",), "published"),
        "take_back": (("awaiting_approval",), "published"),
        # The award came to nothing before the person moved in: back to the offers that still stand.
        "fall_through": (("awarded",), "published"),
        # The person has moved in.
        "place": (("awarded",), "placed"),
        # Bought outside every vehicle, because nothing was offered or the night would not wait. It needs a
        # limit that covers it, so an approver records what an officer may not.
        "record_spot": (("draft", "published"), "placed"),
        # That placement never began. Everybody has been told that the referral closed, so it opens for nobody again:
        # it ends without a placement, and whoever still needs a home copies it.
        "cancel_spot": (("placed",), "not_placed"),
        # No home was found, or none is needed any more (an award is let fall through first).
        "end_without_placement": (("published",), "not_placed"),
        "withdraw": (("draft", "published", "awaiting_approval"), "withdrawn"),
    },
    labels={
        "draft": _("Draft"),
        "published": _("Published"),
        "awaiting_approval": _("Awaiting approval"),
        "awarded": _("Awarded"),
        "placed": _("Placed"),
        "not_placed": _("Ended without a placement"),
        "withdrawn": _("Withdrawn"),
    },
)

#: A release stays readable to everyone invited only while its referral is in one of these.
REFERRAL_RUNNING = ("published", "awaiting_approval")
REFERRAL_OVER = ("placed", "not_placed", "withdrawn")

INVITATION = Lifecycle(
    name="invitation",
    noun=_("invitation"),
    initial="open",
    moves={
        # The provider answers; until closing it may change its mind both ways.
        "offer": (("open", "declined"), "offered"),
        "decline": (("open",), "declined"),
        "take_back_offer": (("offered",), "open"),
        # Extended, widened or amended: those who declined or were closed out are asked afresh.
        "ask_again": (("declined", "closed"), "open"),
        # An award fell through: an offer that still stands is looked at again.
        "reopen": (("closed",), "offered"),
        # Invited in error, or no longer eligible (suspended, registration lapsed).
        "withdraw": (("open", "declined", "offered"), "withdrawn"),
        # The referral closed without this provider: it no longer sees anything.
        "close": (("open", "declined", "offered"), "closed"),
    },
    labels={
        "open": _("Awaiting an answer"),
        "offered": _("Offer made"),
        "declined": _("Declined"),
        "closed": _("Closed"),
        "withdrawn": _("Withdrawn"),
    },
)

OFFER = Lifecycle(
    name="offer",
    noun=_("offer"),
    initial="draft",
    moves={
        "edit": (("draft",), "draft"),
        "submit": (("draft",), "submitted"),
        # A better or corrected offer before closing; it counts as confirmed for the referral as it now reads.
        "revise": (("submitted", "needs_reconfirming"), "submitted"),
        # The referral changed after the offer was made: it stands only once the provider says so.
        "ask_to_reconfirm": (("submitted",), "needs_reconfirming"),
        "reconfirm": (("needs_reconfirming",), "submitted"),
        "withdraw": (("draft", "submitted", "needs_reconfirming"), "withdrawn"),
        # Confirmed as the award. While an award waits for approval its offer is still `submitted`.
        "accept": (("submitted",), "accepted"),
        "lose": (("submitted", "needs_reconfirming"), "unsuccessful"),
        # The award fell through: because of the provider, or for another reason (then the offer may stand).
        "back_out": (("accepted",), "withdrawn"),
        "set_free": (("accepted",), "submitted"),
        "reopen": (("unsuccessful",), "submitted"),
        # Never submitted by closing, past the time it was held until, or left over when the referral ended.
        "lapse": (("draft", "submitted", "needs_reconfirming", "unsuccessful"), "lapsed"),
    },
    labels={
        "draft": _("Draft"),
        "submitted": _("Submitted"),
        "needs_reconfirming": _("Needs confirming again"),
        "accepted": _("Accepted"),
        "unsuccessful": _("Unsuccessful"),
        "withdrawn": _("Withdrawn"),
        "lapsed": _("Lapsed"),
    },
)

#: At most one of these per referral, provider and establishment (partial unique index).
OFFER_LIVE = ("draft", "submitted", "needs_reconfirming", "accepted")
#: What an authority compares.
OFFER_STANDING = ("submitted", "needs_reconfirming")

AWARD = Lifecycle(
    name="award",
    noun=_("award"),
    initial="awaiting_approval",
    moves={
        # Within the officer's own limit this follows in the same transaction as the choice.
        "confirm": (("awaiting_approval",), "confirmed"),
        "refuse": (("awaiting_approval",), "refused"),
        # The officer thinks again, or the establishment was suspended meanwhile.
        "take_back": (("awaiting_approval",), "taken_back"),
        "fall_through": (("confirmed",), "fallen_through"),
    },
    labels={
        "awaiting_approval": _("Awaiting approval"),
        "confirmed": _("Confirmed"),
        "refused": _("Refused"),
        "taken_back": _("Taken back"),
        "fallen_through": _("Fell through"),
    },
)

#: At most one of these per referral (partial unique index).
AWARD_LIVE = ("awaiting_approval", "confirmed")

PLACEMENT = Lifecycle(
    name="placement",
    noun=_("placement"),
    initial="planned",
    moves={
        "reschedule": (("planned",), "planned"),
        # The person moved in; an imported placement that runs already starts in the same transaction.
        "start": (("planned",), "active"),
        # Absences, reviews, extras, notice and variations change what is recorded, not the state.
        "change": (("active",), "active"),
        "end": (("active",), "ended"),
        # It never began.
        "cancel": (("planned",), "cancelled"),
    },
    labels={
        "planned": _("Planned"),
        "active": _("Active"),
        "ended": _("Ended"),
        "cancelled": _("Cancelled"),
    },
)

#: These take a place in the establishment.
PLACEMENT_LIVE = ("planned", "active")
