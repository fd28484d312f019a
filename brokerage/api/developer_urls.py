"""Addresses of the public pages for developers."""

from django.urls import path

from brokerage.api import developer_views

urlpatterns = [
    path("", developer_views.introduction, name="developers"),
    path("habits/", developer_views.habits, name="developers_habits"),
    path("operations/", developer_views.operations, name="developers_operations"),
    path("operations/<slug:name>/", developer_views.operation, name="developers_operation"),
    path("scopes/", developer_views.scopes, name="developers_scopes"),
    path("codes/", developer_views.codes, name="developers_codes"),
    path("events/", developer_views.events, name="developers_events"),
]
