"""Addresses of an organisation's administrator, under `/o/<organisation>/`."""

from django.urls import path

from brokerage.core.accounts import provider_views
from brokerage.core.tenants import views

app_name = "tenants"
urlpatterns = [
    path("people/", views.people, name="people"),
    path("people/invite/", views.invite, name="invite"),
    path("people/invitations/<uuid:pk>/withdraw/", views.withdraw_invitation, name="withdraw_invitation"),
    path("people/<uuid:pk>/", views.membership, name="membership"),
    path("organisation/", views.organisation, name="organisation"),
    path("organisation/sign-in/", provider_views.identity_provider, name="identity_provider"),
    path("delegations/", views.delegations, name="delegations"),
    path("delegations/<uuid:pk>/end/", views.end_delegation, name="end_delegation"),
    path("audit/", views.audit, name="audit"),
]
