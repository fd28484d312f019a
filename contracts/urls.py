"""Addresses of agreements and of accepting offers, under `/o/<organisation>/`."""

from django.urls import URLPattern, URLResolver, path

from contracts.views import agreements

app_name = "contracts"
urlpatterns: list[URLPattern | URLResolver] = [
    path("agreements/", agreements.agreement_list_page, name="agreement_list"),
    path("agreements/<str:reference>/", agreements.agreement_page, name="agreement"),
    path("agreements/<str:reference>/document.pdf", agreements.agreement_document, name="agreement_document"),
    path("agreements/<str:reference>/sign/", agreements.sign_page, name="agreement_sign"),
]
