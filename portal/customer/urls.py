"""The customer's addresses (design.md, Fixed names)."""

from django.urls import path, re_path

from portal.customer import (
    billing_pages,
    billing_paper,
    change_urls,
    detail,
    find,
    frame,
    overview,
    people_urls,
    threshold_pages,
    tree,
)
from portal.ui import preferences

app_name = "customer"
urlpatterns = [
    path("", overview.home, name="home"),
    path("preferences/theme", preferences.theme, name="theme"),
    path("preferences/language", preferences.language, name="language"),
    path("c/<str:customer_no>/", overview.overview, name="overview"),
    *people_urls.urlpatterns,
    *threshold_pages.urlpatterns,
    *change_urls.urlpatterns,
    path("c/<str:customer_no>/find/", find.find, name="find"),
    path("c/<str:customer_no>/frame/", frame.frame, name="frame"),
    *billing_paper.urlpatterns,
    path("c/<str:customer_no>/consumption/", billing_pages.consumption, name="consumption"),
    path("c/<str:customer_no>/invoice/", billing_pages.invoices, name="invoices"),
    re_path(r"^c/(?P<customer_no>[^/]+)/invoice/(?P<key>(?!-/)[^/]+)/$", billing_pages.invoice, name="invoice"),
    re_path(
        r"^c/(?P<customer_no>[^/]+)/consumption/(?P<key>\d[^/]*/[^/]+/.+)/$", billing_pages.consumed, name="consumed"
    ),
    path("c/<str:customer_no>/<str:type_name>/", tree.list_or_tree, name="list"),
    path("c/<str:customer_no>/<str:type_name>/<path:key>/", detail.resource_detail, name="detail"),
]
