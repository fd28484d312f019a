"""Our own addresses beside allauth's, under `/accounts/`."""

from django.urls import path

from brokerage.core.accounts import views

urlpatterns = [
    path("invitation/<str:token>/", views.invitation, name="invitation"),
    path("prove/", views.prove, name="prove"),
    path("prove/send/", views.send_code, name="prove_send"),
    path("prove/code/", views.prove_code, name="prove_code"),
]
