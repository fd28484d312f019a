"""Addresses of this part, under `/o/<organisation>/incidents/`."""

from __future__ import annotations

from django.urls import URLPattern, path

from brokerage.safeguarding.incidents import exports, views

app_name = "incidents"
urlpatterns: list[URLPattern] = [
    path("", views.incident_list, name="incident_list"),
    path("new/", views.incident_report, name="incident_report"),
    path("missing/", exports.missing_export, name="missing_export"),
    path("<str:reference>/", views.incident, name="incident"),
    path("<str:reference>/add/", views.entry_add, name="entry_add"),
    path("<str:reference>/returned/", views.incident_returned, name="incident_returned"),
    path("<str:reference>/mistake/", views.incident_withdraw, name="incident_withdraw"),
    path("<str:reference>/acknowledge/", views.incident_acknowledge, name="incident_acknowledge"),
    path("<str:reference>/follow-up/", views.incident_follow_up, name="incident_follow_up"),
    path("<str:reference>/interview/", views.interview_offer, name="interview_offer"),
    path("<str:reference>/interview/outcome/", views.interview_settle, name="interview_settle"),
    path("<str:reference>/close/", views.incident_close, name="incident_close"),
]
