"""Addresses of the pages about API clients, under `/o/<organisation>/`."""

from django.urls import path

from brokerage.core.api import page_views

app_name = "api_clients"
urlpatterns = [
    path("api-clients/", page_views.client_list, name="client_list"),
    path("api-clients/new/", page_views.client_new, name="client_new"),
    path("api-clients/<uuid:pk>/", page_views.client_detail, name="client"),
    path("api-clients/<uuid:pk>/change/", page_views.client_change, name="client_change"),
    path("api-clients/<uuid:pk>/secret/", page_views.client_rotate, name="client_rotate"),
    path("api-clients/<uuid:pk>/revoke/", page_views.client_revoke, name="client_revoke"),
]
