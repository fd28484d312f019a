"""Addresses of placements under /api/v1/: the authority's side of referrals, then the provider's, then offers."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from brokerage.core.api.operations import resource
from placements.api import (
    clarifications,
    disclosures,
    documents,
    invitations,
    matching,
    offers,
    opportunities,
    people,
    placements,
    publishing,
    received_offers,
    referrals,
    spot,
)
from placements.api.sections import section_paths

_REFERRAL = "referrals/<str:reference>"
_OPPORTUNITY = "opportunities/<str:reference>"
_INVITATION = f"{_OPPORTUNITY}/invitations/<uuid:invitation>"
_OFFER = "offers/<uuid:offer>"
_PLACEMENT = "placements/<str:reference>"

urlpatterns: list[URLPattern | URLResolver] = [
    # Referrals: drafting
    path("referrals", resource(get=referrals.list_referrals, post=referrals.create_referral), name="referrals"),
    path("referrals/bulk", resource(post=referrals.create_referrals), name="referrals_bulk"),
    path(_REFERRAL, resource(get=referrals.get_referral), name="referral"),
    *section_paths,
    path(f"{_REFERRAL}/completeness", resource(get=referrals.get_referral_completeness), name="referral_completeness"),
    path(
        f"{_REFERRAL}/disclosures",
        resource(get=disclosures.get_referral_disclosures, post=disclosures.confirm_disclosures),
        name="referral_disclosures",
    ),
    path(f"{_REFERRAL}/copies", resource(post=referrals.copy_referral), name="referral_copies"),
    path(f"{_REFERRAL}/siblings", resource(post=referrals.link_siblings), name="referral_siblings"),
    path(f"{_REFERRAL}/withdraw", resource(post=referrals.withdraw_referral), name="referral_withdraw"),
    # Referrals: who it is for
    path("people/search", resource(post=people.search_people), name="people_search"),
    path("people/<uuid:person>", resource(get=people.get_person, patch=people.change_person), name="person"),
    # Referrals: papers
    path(
        f"{_REFERRAL}/documents",
        resource(get=documents.list_referral_documents, post=documents.add_referral_document),
        name="referral_documents",
    ),
    path(
        f"{_REFERRAL}/documents/<uuid:document>",
        resource(get=documents.download_referral_document, delete=documents.remove_referral_document),
        name="referral_document",
    ),
    # Referrals: matching, publishing, running
    path(
        f"{_REFERRAL}/eligible-establishments",
        resource(get=matching.list_eligible_establishments),
        name="referral_eligible",
    ),
    path(f"{_REFERRAL}/publish", resource(post=publishing.publish_referral), name="referral_publish"),
    path(
        f"{_REFERRAL}/invitations",
        resource(get=publishing.list_referral_invitations, post=publishing.invite_more_homes),
        name="referral_invitations",
    ),
    path(f"{_REFERRAL}/progress", resource(get=publishing.get_referral_progress), name="referral_progress"),
    path(f"{_REFERRAL}/extend", resource(post=publishing.extend_referral), name="referral_extend"),
    path(f"{_REFERRAL}/widen", resource(post=publishing.widen_referral), name="referral_widen"),
    path(f"{_REFERRAL}/end", resource(post=publishing.end_referral), name="referral_end"),
    path(
        f"{_REFERRAL}/releases/<uuid:release>/full-papers",
        resource(post=publishing.open_full_papers),
        name="referral_full_papers",
    ),
    path(
        f"{_REFERRAL}/clarifications",
        resource(get=clarifications.list_referral_clarifications),
        name="referral_clarifications",
    ),
    path(
        f"{_REFERRAL}/clarifications/<uuid:clarification>/answer",
        resource(post=clarifications.answer_clarification),
        name="clarification_answer",
    ),
    path(f"{_REFERRAL}/spot-placement", resource(post=spot.record_spot_placement), name="referral_spot"),
    # Referrals: the offers received
    path(f"{_REFERRAL}/offers", resource(get=received_offers.list_received_offers), name="received_offers"),
    path(
        f"{_REFERRAL}/offers/<uuid:offer>",
        resource(get=received_offers.get_received_offer),
        name="received_offer",
    ),
    # Placements
    path("placements", resource(get=placements.list_placements), name="placements"),
    path(_PLACEMENT, resource(get=placements.get_placement), name="placement"),
    path(f"{_PLACEMENT}/start", resource(post=placements.start_planned_placement), name="placement_start"),
    path(f"{_PLACEMENT}/end", resource(post=placements.end_running_placement), name="placement_end"),
    path(
        f"{_PLACEMENT}/reschedule",
        resource(post=placements.reschedule_planned_placement),
        name="placement_reschedule",
    ),
    path(f"{_PLACEMENT}/cancel", resource(post=placements.cancel_planned_placement), name="placement_cancel"),
    path(
        f"{_PLACEMENT}/host-notified",
        resource(post=placements.record_host_authority_notified),
        name="placement_host_notified",
    ),
    # The provider's side: referrals sent to it
    path("opportunities", resource(get=opportunities.list_opportunities), name="opportunities"),
    path(_OPPORTUNITY, resource(get=opportunities.get_opportunity), name="opportunity"),
    path(
        f"{_OPPORTUNITY}/documents",
        resource(get=opportunities.list_opportunity_documents),
        name="opportunity_documents",
    ),
    path(
        f"{_OPPORTUNITY}/documents/<uuid:document>",
        resource(get=opportunities.download_opportunity_document),
        name="opportunity_document",
    ),
    path(
        f"{_OPPORTUNITY}/clarifications",
        resource(get=opportunities.list_opportunity_clarifications, post=opportunities.ask_for_clarification),
        name="opportunity_clarifications",
    ),
    path("invitations", resource(get=invitations.list_invitations), name="invitations"),
    path(_INVITATION, resource(get=invitations.get_invitation), name="invitation"),
    path(
        f"{_INVITATION}/decline",
        resource(post=invitations.decline_to_offer, delete=invitations.take_decline_back),
        name="invitation_decline",
    ),
    # The provider's side: its offers
    path(f"{_INVITATION}/offers", resource(post=offers.begin_offer), name="invitation_offers"),
    path("offers", resource(get=offers.list_offers), name="offers"),
    path(_OFFER, resource(get=offers.get_offer, patch=offers.change_offer_draft), name="offer"),
    path(f"{_OFFER}/check", resource(get=offers.check_offer), name="offer_check"),
    path(f"{_OFFER}/submit", resource(post=offers.submit_own_offer), name="offer_submit"),
    path(f"{_OFFER}/revise", resource(post=offers.revise_own_offer), name="offer_revise"),
    path(f"{_OFFER}/reconfirm", resource(post=offers.reconfirm_own_offer), name="offer_reconfirm"),
    path(f"{_OFFER}/withdraw", resource(post=offers.withdraw_own_offer), name="offer_withdraw"),
]
