"""Addresses of this part, under `/o/<organisation>/closures/`."""

from __future__ import annotations

from django.urls import URLPattern

app_name = "closures"
urlpatterns: list[URLPattern] = []
