"""Addresses of providers: imports, the register that authorities and central teams read, and a provider's own side."""

from django.urls import URLPattern, URLResolver, path

from providers.views import certificates, imports, own, register

app_name = "providers"
urlpatterns: list[URLPattern | URLResolver] = [
    path("imports/", imports.import_list, name="import_list"),
    path("imports/new/", imports.import_new, name="import_new"),
    path("imports/columns/<slug:kind>.csv", imports.import_columns, name="import_columns"),
    path("imports/<uuid:run>/", imports.import_run, name="import_run"),
    path("imports/<uuid:run>/problems.csv", imports.import_problems, name="import_problems"),
    path("imports/<uuid:run>/import/", imports.import_confirm, name="import_confirm"),
    path("imports/<uuid:run>/resume/", imports.import_resume, name="import_resume"),
    path("imports/<uuid:run>/discard/", imports.import_discard, name="import_discard"),
    path("providers/", register.providers, name="provider_list"),
    path("providers/<uuid:pk>/", register.provider, name="provider"),
    path("providers/<uuid:pk>/verify/", register.verify, name="verify"),
    path("providers/<uuid:pk>/withdraw-verification/", register.unverify, name="unverify"),
    path("providers/<uuid:pk>/oversight/", register.oversight, name="oversight"),
    path("providers/homes/<uuid:pk>/", register.establishment, name="establishment"),
    path("providers/homes/<uuid:pk>/registration/", register.registration, name="registration"),
    path("providers/insurance/<uuid:pk>/certificate/", certificates.certificate, name="certificate"),
    path(
        "providers/insurance/<uuid:pk>/certificate/<str:signature>/",
        certificates.certificate_file,
        name="certificate_file",
    ),
    path("our-homes/", own.own_establishments, name="own_establishments"),
    path("our-homes/profile/", own.profile_edit, name="profile_edit"),
    path("our-homes/insurance/new/", own.policy_add, name="policy_add"),
    path("our-homes/insurance/<uuid:pk>/", own.policy_edit, name="policy_edit"),
    path("our-homes/households/<uuid:pk>/", own.household_edit, name="household_edit"),
    path("our-homes/households/<uuid:pk>/vacancies/", own.household_vacancies, name="household_vacancies"),
    path("our-homes/households/<uuid:pk>/hold/", own.household_hold, name="household_hold"),
    path("our-homes/<uuid:pk>/", own.own_establishment, name="own_establishment"),
    path("our-homes/<uuid:pk>/edit/", own.establishment_edit, name="establishment_edit"),
    path("our-homes/<uuid:pk>/vacancies/", own.vacancies, name="vacancies"),
    path("our-homes/<uuid:pk>/households/new/", own.household_add, name="household_add"),
]
