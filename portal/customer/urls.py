"""The customer's addresses (design.md, Fixed names)."""

from django.urls import path, re_path

from portal.customer import frame_updates, search
from portal.customer.home import overview
from portal.customer.money import documents, pages, thresholds
from portal.customer.notifications import urls as notification_urls
from portal.customer.people import urls as people_urls
from portal.customer.plans import urls as plan_urls
from portal.customer.resources import detail, group_tree, urls
from portal.customer.schedule import urls as schedule_urls
from portal.customer.webhooks import urls as webhook_urls
from portal.ui import preferences

app_name = "customer"
urlpatterns = [
    path("", overview.home, name="home"),
    path("preferences/theme", preferences.theme, name="theme"),
    path("preferences/language", preferences.language, name="language"),
    path("c/<str:customer_no>/", overview.overview, name="overview"),
    *people_urls.urlpatterns,
    *thresholds.urlpatterns,
    *plan_urls.urlpatterns,
    *schedule_urls.urlpatterns,
    *notification_urls.urlpatterns,
    *webhook_urls.urlpatterns,
    *urls.urlpatterns,
    path("c/<str:customer_no>/find/", search.find, name="find"),
    path("c/<str:customer_no>/frame/", frame_updates.frame, name="frame"),
    *documents.urlpatterns,
    path("c/<str:customer_no>/consumption/", pages.consumption, name="consumption"),
    path("c/<str:customer_no>/invoice/", pages.invoices, name="invoices"),
    re_path(r"^c/(?P<customer_no>[^/]+)/invoice/(?P<key>(?!-/)[^/]+)/$", pages.invoice, name="invoice"),
    re_path(r"^c/(?P<customer_no>[^/]+)/consumption/(?P<key>\d[^/]*/[^/]+/.+)/$", pages.consumed, name="consumed"),
    path("c/<str:customer_no>/<str:type_name>/", group_tree.list_or_tree, name="list"),
    path("c/<str:customer_no>/<str:type_name>/<path:key>/", detail.resource_detail, name="detail"),
]
