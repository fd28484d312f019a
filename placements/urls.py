"""Addresses of placements."""

from django.urls import URLPattern, URLResolver, path

from placements.views import (
    clarifications,
    documents,
    inbox,
    matching,
    offers,
    publishing,
    referral_sections,
    referrals,
    running,
    search_homes,
    spot,
)

app_name = "placements"
urlpatterns: list[URLPattern | URLResolver] = [
    path("referrals/", referrals.referral_list, name="referral_list"),
    path("referrals/new/", referrals.referral_new, name="referral_new"),
    path("referrals/<str:reference>/", referrals.referral_detail, name="referral"),
    path("referrals/<str:reference>/identity/", referrals.referral_identity, name="referral_identity"),
    path("referrals/<str:reference>/person/", referrals.referral_person, name="referral_person"),
    path("referrals/<str:reference>/copy/", referrals.referral_copy, name="referral_copy"),
    path("referrals/<str:reference>/siblings/", referrals.referral_siblings, name="referral_siblings"),
    path("referrals/<str:reference>/withdraw/", referrals.referral_withdraw, name="referral_withdraw"),
    path("referrals/<str:reference>/tasks/", referral_sections.referral_tasks, name="referral_tasks"),
    path(
        "referrals/<str:reference>/sections/<slug:section>/",
        referral_sections.referral_section,
        name="referral_section",
    ),
    path("referrals/<str:reference>/check/", referral_sections.referral_check, name="referral_check"),
    path("referrals/<str:reference>/documents/", documents.referral_documents, name="referral_documents"),
    path(
        "referrals/<str:reference>/documents/<uuid:document>/remove/",
        documents.document_remove,
        name="document_remove",
    ),
    path("referrals/<str:reference>/documents/<uuid:document>/", documents.document_open, name="document_open"),
    path(
        "referrals/<str:reference>/documents/<uuid:document>/<str:signature>/",
        documents.document_file,
        name="document_file",
    ),
    path("homes/", search_homes.home_search, name="home_search"),
    path("referrals/<str:reference>/match/", matching.referral_match, name="referral_match"),
    path("referrals/<str:reference>/publish/", publishing.referral_publish, name="referral_publish"),
    path("referrals/<str:reference>/invite/", publishing.referral_invite, name="referral_invite"),
    path("referrals/<str:reference>/providers/", publishing.referral_providers, name="referral_providers"),
    path(
        "referrals/<str:reference>/providers/<uuid:release>/papers/",
        publishing.referral_papers,
        name="referral_papers",
    ),
    path("referrals/<str:reference>/questions/", clarifications.referral_questions, name="referral_questions"),
    path("referrals/<str:reference>/change/", running.referral_change, name="referral_change"),
    path("referrals/<str:reference>/change/time/", running.referral_extend, name="referral_extend"),
    path("referrals/<str:reference>/change/search/", running.referral_widen, name="referral_widen"),
    path("referrals/<str:reference>/change/end/", running.referral_end, name="referral_end"),
    path("referrals/<str:reference>/change/sections/<slug:section>/", running.referral_amend, name="referral_amend"),
    path("referrals/<str:reference>/spot/", spot.referral_spot, name="referral_spot"),
    path("inbox/", inbox.inbox, name="inbox"),
    path("inbox/list/", inbox.inbox_list, name="inbox_list"),
    path("inbox/<str:reference>/", inbox.opportunity, name="opportunity"),
    path(
        "inbox/<str:reference>/documents/<uuid:document>/", inbox.opportunity_document, name="opportunity_document"
    ),
    path("inbox/<str:reference>/decline/<uuid:invitation>/", inbox.decline, name="decline"),
    path(
        "inbox/<str:reference>/decline/<uuid:invitation>/take-back/",
        inbox.decline_take_back,
        name="decline_take_back",
    ),
    path("inbox/<str:reference>/offer/<uuid:invitation>/", offers.offer_start, name="offer_start"),
    path("offers/", offers.offer_list, name="offer_list"),
    path("offers/<uuid:offer>/", offers.offer, name="offer"),
    path("offers/<uuid:offer>/edit/", offers.offer_edit, name="offer_edit"),
    path("offers/<uuid:offer>/price/", offers.offer_price, name="offer_price"),
    path("offers/<uuid:offer>/check/", offers.offer_check, name="offer_check"),
    path("offers/<uuid:offer>/withdraw/", offers.offer_withdraw, name="offer_withdraw"),
    path("offers/<uuid:offer>/confirm/", offers.offer_reconfirm, name="offer_reconfirm"),
]
