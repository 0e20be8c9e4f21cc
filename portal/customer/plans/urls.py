"""The addresses of plans."""

from django.urls import path

from portal.customer.plans import pages, undo, verbs

PLANS = "c/<str:customer_no>/plans/"

urlpatterns = [
    path(PLANS, pages.plan_list, name="plans"),
    path(f"{PLANS}-/new", verbs.begin, name="plan_new"),
    path(f"{PLANS}<int:number>/", pages.plan_detail, name="plan"),
    path(f"{PLANS}<int:number>/-/undo", undo.undo_plan, name="undo_plan"),
    path("c/<str:customer_no>/changes/<int:number>/-/undo", undo.undo_change, name="undo_change"),
    path(f"{PLANS}<int:number>/-/<str:verb>", verbs.act, name="plan_verb"),
]
