"""Addresses of this part, under `/o/<organisation>/incidents/`."""

from __future__ import annotations

from django.urls import URLPattern

app_name = "incidents"
urlpatterns: list[URLPattern] = []
