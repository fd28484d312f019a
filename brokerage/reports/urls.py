"""Addresses of reports."""

from django.urls import URLPattern, URLResolver, path

from brokerage.reports import views

app_name = "reports"
urlpatterns: list[URLPattern | URLResolver] = [
    path("spend/", views.spend, name="spend"),
    path("spend/<slug:sheet>.csv", views.spend_csv, name="spend_csv"),
    path("market/", views.market, name="market"),
    path("market/<slug:sheet>.csv", views.market_csv, name="market_csv"),
]
