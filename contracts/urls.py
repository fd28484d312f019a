"""Addresses of agreements and of accepting offers, under `/o/<organisation>/`."""

from django.urls import URLPattern, URLResolver, path

from contracts.views import acceptance, agreements

app_name = "contracts"
urlpatterns: list[URLPattern | URLResolver] = [
    path("referrals/<str:reference>/compare/", acceptance.compare, name="compare"),
    path("referrals/<str:reference>/offers/<uuid:offer>/accept/", acceptance.accept_offer, name="accept_offer"),
    path("approvals/", acceptance.approval_list, name="approval_list"),
    path("approvals/<uuid:award>/", acceptance.approval, name="approval"),
    path("approvals/<uuid:award>/fall-through/", acceptance.award_fall_through, name="award_fall_through"),
    path("approvals/<uuid:award>/take-back/", acceptance.award_take_back, name="award_take_back"),
    path("agreements/", agreements.agreement_list_page, name="agreement_list"),
    path("agreements/<str:reference>/", agreements.agreement_page, name="agreement"),
    path("agreements/<str:reference>/document.pdf", agreements.agreement_document, name="agreement_document"),
    path("agreements/<str:reference>/sign/", agreements.sign_page, name="agreement_sign"),
]
