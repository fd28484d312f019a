"""Addresses of the pages about webhooks, under `/o/<organisation>/webhooks/`."""

from django.urls import path

from brokerage.core.webhooks import views

app_name = "webhooks"
urlpatterns = [
    path("webhooks/", views.webhook_list, name="webhook_list"),
    path("webhooks/new/", views.webhook_new, name="webhook_new"),
    path("webhooks/<uuid:webhook>/", views.webhook, name="webhook"),
    path("webhooks/<uuid:webhook>/change/", views.webhook_edit, name="webhook_edit"),
    path("webhooks/<uuid:webhook>/delete/", views.webhook_delete, name="webhook_delete"),
    path("webhooks/<uuid:webhook>/test/", views.webhook_act, {"act": "test"}, name="webhook_test"),
    path("webhooks/<uuid:webhook>/secret/", views.webhook_act, {"act": "rotate"}, name="webhook_rotate"),
    path("webhooks/<uuid:webhook>/on/", views.webhook_act, {"act": "on"}, name="webhook_on"),
    path("webhooks/<uuid:webhook>/off/", views.webhook_act, {"act": "off"}, name="webhook_off"),
    path("webhooks/<uuid:webhook>/deliveries/<uuid:delivery>/replay/", views.delivery_replay, name="delivery_replay"),
]
