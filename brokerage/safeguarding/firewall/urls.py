"""Addresses of this part, under `/o/<organisation>/firewall/`."""

from __future__ import annotations

from django.urls import URLPattern

app_name = "firewall"
urlpatterns: list[URLPattern] = []
