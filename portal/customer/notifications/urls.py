"""The notifications' addresses."""

from django.urls import URLPattern, path

from portal.customer.notifications import pages, settings, unsubscribe

NOTIFICATIONS = "c/<str:customer_no>/notifications/"
urlpatterns: list[URLPattern] = [
    path(NOTIFICATIONS, pages.notifications, name="notifications"),
    path(f"{NOTIFICATIONS}unread", pages.unread, name="unread"),
    path(f"{NOTIFICATIONS}settings", settings.settings, name="notification_settings"),
    path("notifications/stop/<str:token>", unsubscribe.stop_mail, name="stop_mail"),
]
