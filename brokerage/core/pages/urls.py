"""Addresses of the pages that are the same for everybody."""

from django.urls import path

from brokerage.core.pages import views

urlpatterns = [
    path("theme/<str:colour>.css", views.theme_css, name="theme"),
    path("accessibility/", views.accessibility, name="accessibility"),
    path("privacy/", views.privacy, name="privacy"),
    path("cookies/", views.cookies, name="cookies"),
]
