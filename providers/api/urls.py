"""Addresses of the API about providers: the register, lists that come in, and a provider's own side. Below /api/v1/."""

from django.urls import path

from brokerage.core.api.operations import resource
from providers.api import households, imports, own, register, vacancies

urlpatterns = [
    # The register, for authorities and central teams
    path("providers", resource(get=register.list_providers), name="providers"),
    path(
        "providers/<uuid:provider>",
        resource(get=register.get_provider, patch=register.record_oversight),
        name="provider",
    ),
    path("providers/<uuid:provider>/verify", resource(post=register.verify_provider), name="provider-verify"),
    path(
        "providers/<uuid:provider>/withdraw-verification",
        resource(post=register.withdraw_verification),
        name="provider-withdraw-verification",
    ),
    path("establishments", resource(get=register.list_establishments), name="establishments"),
    path(
        "establishments/<uuid:establishment>",
        resource(get=register.get_establishment, patch=register.change_registration),
        name="establishment",
    ),
    path(
        "establishments/<uuid:establishment>/households",
        resource(get=register.list_establishment_households),
        name="establishment-households",
    ),
    # Lists that come in
    path("imports", resource(get=imports.list_imports, post=imports.check_import), name="imports"),
    path(
        "imports/<uuid:run>",
        resource(get=imports.get_import, delete=imports.discard_checked_import),
        name="import",
    ),
    path("imports/<uuid:run>/homes", resource(get=imports.list_import_homes), name="import-homes"),
    path("imports/<uuid:run>/problems", resource(get=imports.list_import_problems), name="import-problems"),
    path("imports/<uuid:run>/import", resource(post=imports.carry_out_import), name="import-carry-out"),
    path("imports/<uuid:run>/resume", resource(post=imports.resume_stopped_import), name="import-resume"),
    # A provider's own side
    path("profile", resource(get=own.get_profile, patch=own.change_own_profile), name="profile"),
    path("homes", resource(get=own.list_homes), name="homes"),
    path("homes/<uuid:home>", resource(get=own.get_home, patch=own.describe_home), name="home"),
    path(
        "homes/<uuid:home>/vacancies",
        resource(get=vacancies.get_home_vacancies, put=vacancies.put_home_vacancies),
        name="home-vacancies",
    ),
    path(
        "homes/<uuid:home>/households",
        resource(get=households.list_households, post=households.create_household),
        name="home-households",
    ),
    path(
        "households/<uuid:household>",
        resource(get=households.get_household, patch=households.update_household),
        name="household",
    ),
    path("households/<uuid:household>/hold", resource(post=households.set_household_hold), name="household-hold"),
    path(
        "households/<uuid:household>/vacancies",
        resource(get=vacancies.get_household_vacancies, put=vacancies.put_household_vacancies),
        name="household-vacancies",
    ),
    path("vacancies", resource(get=vacancies.list_vacancies), name="vacancies"),
    path("vacancies/bulk", resource(post=vacancies.put_vacancies), name="vacancies-bulk"),
    path("insurance", resource(get=own.list_policies, post=own.add_policy), name="insurance"),
    path("insurance/<uuid:policy>", resource(get=own.get_policy, put=own.correct_policy), name="policy"),
]
