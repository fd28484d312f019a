"""Addresses of vehicles, lots and admissions, under `/o/<organisation>/`."""

from django.urls import URLPattern, URLResolver, path

from dpv.views import admissions, lots, measures, vehicle_setup, vehicles

app_name = "dpv"
urlpatterns: list[URLPattern | URLResolver] = [
    path("vehicles/", vehicles.vehicle_list, name="vehicle_list"),
    # Codes are in capitals: "new" is none.
    path("vehicles/new/", vehicle_setup.vehicle_new, name="vehicle_new"),
    path("vehicles/<str:code>/", vehicles.vehicle_detail, name="vehicle"),
    path("vehicles/<str:code>/edit/", vehicle_setup.vehicle_edit, name="vehicle_edit"),
    path("vehicles/<str:code>/rules/", vehicles.vehicle_rules, name="vehicle_rules"),
    path("vehicles/<str:code>/rules/change/", vehicles.rules_change, name="rules_change"),
    path("vehicles/<str:code>/access/new/", vehicles.access_new, name="access_new"),
    path("vehicles/<str:code>/access/<uuid:access>/end/", vehicles.access_end, name="access_end"),
    path("vehicles/<str:code>/lots/new/", vehicle_setup.lot_new, name="lot_new"),
    path("vehicles/<str:code>/lots/<str:lot>/", lots.lot_detail, name="lot"),
    path("vehicles/<str:code>/lots/<str:lot>/admit/", lots.admit_find, name="admit_find"),
    path("vehicles/<str:code>/lots/<str:lot>/admit/<uuid:establishment>/", lots.admit, name="admit"),
    path("admissions/<uuid:admission>/", admissions.admission_detail, name="admission"),
    path("admissions/<uuid:admission>/ceiling/", admissions.ceiling_set, name="ceiling_set"),
    path("admissions/<uuid:admission>/score/", admissions.score, name="admission_score"),
    path("admissions/<uuid:admission>/suspend/", admissions.suspend, name="admission_suspend"),
    path("admissions/<uuid:admission>/lift/", admissions.lift, name="admission_lift"),
    path("admissions/<uuid:admission>/review/", admissions.review, name="admission_review"),
    path("admissions/<uuid:admission>/bar/", admissions.bar, name="admission_bar"),
    path("admissions/<uuid:admission>/end/", admissions.end, name="admission_end"),
    path("admissions/<uuid:admission>/menu/", admissions.menu_set, name="menu_set"),
    path("admissions/<uuid:admission>/menu/<uuid:item>/end/", admissions.menu_end, name="menu_end"),
    path("measures/", measures.measure_list, name="measure_list"),
    # References have a dash: "new" is none.
    path("measures/new/", measures.measure_propose, name="measure_propose"),
    path("measures/<str:reference>/", measures.measure_detail, name="measure"),
    path("measures/<str:reference>/decide/", measures.measure_decide, name="measure_decide"),
    path("measures/<str:reference>/withdraw/", measures.measure_withdraw, name="measure_withdraw"),
    path("measures/<str:reference>/review/", measures.measure_review, name="measure_review"),
    path("measures/<str:reference>/lift/", measures.measure_lift, name="measure_lift"),
    path("measures/<str:reference>/lift/decide/", measures.measure_lift_decide, name="measure_lift_decide"),
    path("measures/<str:reference>/appeal/", measures.measure_appeal, name="measure_appeal"),
    path("measures/<str:reference>/appeal/answer/", measures.measure_appeal_answer, name="measure_appeal_answer"),
]
