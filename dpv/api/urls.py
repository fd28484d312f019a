"""Addresses of the API about vehicles, lots, admissions and menus, below /api/v1/."""

from django.urls import path

from brokerage.core.api.operations import resource
from dpv.api import admission_acts, admissions, measures, vehicles

urlpatterns = [
    path("vehicles", resource(get=vehicles.list_vehicles), name="vehicles"),
    path("vehicles/<str:code>", resource(get=vehicles.get_vehicle), name="vehicle"),
    path("vehicles/<str:code>/rules", resource(get=vehicles.get_rules), name="vehicle-rules"),
    path("vehicles/<str:code>/access", resource(get=vehicles.list_access), name="vehicle-access"),
    path("vehicles/<str:code>/lots", resource(get=vehicles.list_lots), name="lots"),
    path("vehicles/<str:code>/lots/<str:lot>", resource(get=vehicles.get_lot), name="lot"),
    path("admissions", resource(get=admissions.list_admissions, post=admission_acts.admit), name="admissions"),
    path(
        "admissions/<uuid:admission>",
        resource(get=admissions.get_admission, patch=admission_acts.change_score),
        name="admission",
    ),
    path("admissions/<uuid:admission>/ceilings", resource(post=admission_acts.add_ceiling), name="admission-ceilings"),
    path(
        "admissions/<uuid:admission>/suspend", resource(post=admission_acts.suspend_from_lot), name="admission-suspend"
    ),
    path("admissions/<uuid:admission>/lift", resource(post=admission_acts.lift_from_lot), name="admission-lift"),
    path(
        "admissions/<uuid:admission>/review", resource(post=admission_acts.review_suspension), name="admission-review"
    ),
    path("admissions/<uuid:admission>/bar", resource(post=admission_acts.bar_from_lot), name="admission-bar"),
    path("admissions/<uuid:admission>/end", resource(post=admission_acts.end_on_lot), name="admission-end"),
    path("admissions/<uuid:admission>/menu-items", resource(post=admission_acts.put_menu_item), name="admission-menu"),
    path("menu-items", resource(get=admissions.list_menu_items), name="menu-items"),
    path("menu-items/<uuid:item>", resource(get=admissions.get_menu_item), name="menu-item"),
    path("menu-items/<uuid:item>/end", resource(post=admission_acts.end_price), name="menu-item-end"),
    path("measures", resource(get=measures.list_measures, post=measures.propose_a_measure), name="measures"),
    path("measures/<str:reference>", resource(get=measures.get_measure), name="measure"),
    path("measures/<str:reference>/decide", resource(post=measures.decide_measure), name="measure-decide"),
    path(
        "measures/<str:reference>/withdraw",
        resource(post=measures.withdraw_proposed_measure),
        name="measure-withdraw",
    ),
    path("measures/<str:reference>/review", resource(post=measures.review_standing_measure), name="measure-review"),
    path("measures/<str:reference>/lift", resource(post=measures.propose_to_lift_measure), name="measure-lift"),
    path(
        "measures/<str:reference>/lift/decide",
        resource(post=measures.decide_lift_of_measure),
        name="measure-lift-decide",
    ),
    path("measures/<str:reference>/appeal", resource(post=measures.appeal_against_measure), name="measure-appeal"),
    path(
        "measures/<str:reference>/appeal/answer",
        resource(post=measures.answer_measure_appeal),
        name="measure-appeal-answer",
    ),
]
