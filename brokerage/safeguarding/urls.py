"""Addresses of alerts, under `/o/<organisation>/alerts/`."""

from __future__ import annotations

from django.urls import URLPattern

app_name = "safeguarding"
urlpatterns: list[URLPattern] = []
