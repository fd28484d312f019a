"""Addresses of messages, under `/o/<organisation>/messages/`."""

from django.urls import path

from brokerage.core.notifications import views

app_name = "notifications"
urlpatterns = [
    path("", views.message_list, name="message_list"),
    path("read/", views.mark_all_read, name="mark_all_read"),
    path("<uuid:pk>/", views.open_message, name="open_message"),
]
