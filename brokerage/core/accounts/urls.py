"""Our own addresses beside allauth's, under `/accounts/`."""

from django.urls import path

from brokerage.core.accounts import mobile_views, organisation_views, own_account_views, views

urlpatterns = [
    path("invitation/<str:token>/", views.invitation, name="invitation"),
    path("prove/", views.prove, name="prove"),
    path("prove/send/", views.send_code, name="prove_send"),
    path("prove/code/", views.prove_code, name="prove_code"),
    path("security/", own_account_views.account_security, name="account_security"),
    path("mobile/", mobile_views.mobile_number, name="mobile_number"),
    path("mobile/code/", mobile_views.mobile_code, name="mobile_code"),
    path("mobile/remove/", mobile_views.mobile_remove, name="mobile_remove"),
    path("second-step/", own_account_views.second_factor, name="second_factor"),
    path("organisation/", organisation_views.organisation_sign_in, name="organisation_sign_in"),
    # Before allauth's view of the same address, which would let the caller choose parameters and purpose.
    path("oidc/<str:provider_id>/login/", organisation_views.start, name="identity_provider_start"),
]
