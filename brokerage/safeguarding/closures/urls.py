"""Addresses of closures, under `/o/<organisation>/closures/`."""

from __future__ import annotations

from django.urls import URLPattern, path

from brokerage.safeguarding.closures import views

app_name = "closures"
urlpatterns: list[URLPattern] = [
    path("", views.closure_list, name="closure_list"),
    path("new/", views.closure_announce, name="closure_announce"),
    path("<str:reference>/", views.closure, name="closure"),
    path("<str:reference>/another-day/", views.closure_reschedule, name="closure_reschedule"),
    path("<str:reference>/not-closing/", views.closure_withdraw, name="closure_withdraw"),
    path("<str:reference>/closed/", views.closure_close, name="closure_close"),
    path("<str:reference>/people/<uuid:resident>/", views.closure_resident, name="closure_resident"),
]
