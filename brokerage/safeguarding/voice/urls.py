"""Addresses of this part, under `/o/<organisation>/voice/`."""

from __future__ import annotations

from django.urls import URLPattern

app_name = "voice"
urlpatterns: list[URLPattern] = []
