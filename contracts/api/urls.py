"""Addresses of agreements and awards below /api/v1."""

from __future__ import annotations

from django.urls import URLPattern, path

from brokerage.core.api.operations import resource
from contracts.api import agreements, awards, comparison

urlpatterns: list[URLPattern] = [
    path("referrals/<str:reference>/comparison", resource(get=comparison.compare_referral), name="comparison"),
    path("awards", resource(get=awards.list_awards, post=awards.accept_offer), name="awards"),
    path("awards/<uuid:award>", resource(get=awards.get_award), name="award"),
    path("awards/<uuid:award>/approve", resource(post=awards.approve_award), name="award_approve"),
    path("awards/<uuid:award>/refuse", resource(post=awards.refuse_award), name="award_refuse"),
    path("awards/<uuid:award>/take-back", resource(post=awards.take_back_award), name="award_take_back"),
    path("awards/<uuid:award>/fall-through", resource(post=awards.let_award_fall_through), name="award_fall_through"),
    path("approvals", resource(get=awards.list_approvals), name="approvals"),
    path("agreements", resource(get=agreements.list_agreements), name="agreements"),
    # No reference is called so.
    path("agreements/verify", resource(post=agreements.verify_document), name="document_verification"),
    path("agreements/<str:reference>", resource(get=agreements.get_agreement), name="agreement"),
    path("agreements/<str:reference>/terms", resource(get=agreements.get_agreement_terms), name="agreement_terms"),
    path(
        "agreements/<str:reference>/document",
        resource(get=agreements.get_agreement_document),
        name="agreement_document",
    ),
    path("agreements/<str:reference>/sign", resource(post=agreements.sign_agreement_by_client), name="agreement_sign"),
    path(
        "agreements/<str:reference>/verification",
        resource(get=agreements.verify_stored_agreement),
        name="agreement_verification",
    ),
]
