"""Addresses of alerts, under `/o/<organisation>/alerts/`."""

from __future__ import annotations

from django.urls import URLPattern, path

from brokerage.safeguarding import exports, views

app_name = "safeguarding"
urlpatterns: list[URLPattern] = [
    path("", views.alert_list, name="alert_list"),
    path("new/", views.alert_raise, name="alert_raise"),
    path("<str:reference>/", views.alert, name="alert"),
    path("<str:reference>/send/", views.alert_confirm, name="alert_confirm"),
    path("<str:reference>/do-not-send/", views.alert_dismiss, name="alert_dismiss"),
    path("<str:reference>/close/", views.alert_close, name="alert_close"),
    path("<str:reference>/answer/", views.alert_answer, name="alert_answer"),
    path("<str:reference>/who-was-told/", exports.alert_roster, name="alert_roster"),
    path("<str:reference>/who-was-told.csv", exports.alert_roster_csv, name="alert_roster_csv"),
    path("<str:reference>/checks/<uuid:check>/", views.welfare_check, name="welfare_check"),
]
