"""The notifications' addresses."""

from django.urls import URLPattern, path

from portal.customer.notifications import unsubscribe

urlpatterns: list[URLPattern] = [
    path("notifications/stop/<str:token>", unsubscribe.stop_mail, name="stop_mail"),
]
