"""Every address of the portal, but for those of whoever watches over it (portal.monitoring.access)."""

from django.urls import include, path, re_path

from portal.console.announcements import pages
from portal.customer import errors

urlpatterns = [
    re_path("\x00", errors.absent, name="unspeakable"),  # no name has it, and PostgreSQL refuses to look for one
    path("accounts/", include("portal.accounts.urls")),
    path("announcements/<int:pk>/dismiss", pages.dismiss, name="dismiss"),
    path("console/", include("portal.console.urls")),
    path("", include("portal.customer.urls")),
]
handler403 = "portal.customer.errors.forbidden"
handler404 = "portal.customer.errors.not_found"
handler500 = "portal.customer.errors.server_error"
handler400 = "portal.customer.errors.bad_request"
