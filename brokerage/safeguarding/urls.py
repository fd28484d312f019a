"""Addresses of alerts, under `/o/<organisation>/alerts/`."""

from __future__ import annotations

from django.urls import URLPattern, path

from brokerage.safeguarding import exports, later_views, paper_views, views

app_name = "safeguarding"
urlpatterns: list[URLPattern] = [
    path("", views.alert_list, name="alert_list"),
    path("new/", views.alert_raise, name="alert_raise"),
    path("<str:reference>/", views.alert, name="alert"),
    path("<str:reference>/send/", views.alert_confirm, name="alert_confirm"),
    path("<str:reference>/do-not-send/", views.alert_dismiss, name="alert_dismiss"),
    path("<str:reference>/close/", views.alert_close, name="alert_close"),
    path("<str:reference>/answer/", views.alert_answer, name="alert_answer"),
    path("<str:reference>/plans/", later_views.alert_plans, name="alert_plans"),
    path("<str:reference>/who-was-told/", exports.alert_roster, name="alert_roster"),
    path("<str:reference>/who-was-told.csv", exports.alert_roster_csv, name="alert_roster_csv"),
    path("<str:reference>/who-was-told.pdf", paper_views.alert_roster_pdf, name="alert_roster_pdf"),
    path("<str:reference>/meetings/new/", paper_views.meeting_new, name="meeting_new"),
    path("<str:reference>/files/new/", paper_views.alert_file_add, name="alert_file_add"),
    path("<str:reference>/files/<uuid:file>/", paper_views.alert_file_open, name="alert_file_open"),
    path("<str:reference>/files/<uuid:file>/<str:signature>/", paper_views.alert_file, name="alert_file"),
    path("<str:reference>/checks/<uuid:check>/", views.welfare_check, name="welfare_check"),
]
