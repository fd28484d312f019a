"""Addresses of this part, under `/o/<organisation>/firewall/`."""

from __future__ import annotations

from django.urls import URLPattern, path

from brokerage.safeguarding.firewall import views

app_name = "firewall"
urlpatterns: list[URLPattern] = [
    path("", views.finding_list, name="finding_list"),
    path("<str:reference>/", views.finding, name="finding"),
    path("<str:reference>/answer/", views.finding_answer, name="finding_answer"),
]
