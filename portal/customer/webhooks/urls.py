"""The webhooks' addresses."""

from django.urls import path

from portal.customer.webhooks import log, pages

WEBHOOKS = "c/<str:customer_no>/webhooks/"
urlpatterns = [
    path(WEBHOOKS, pages.webhook_list, name="webhooks"),
    path(f"{WEBHOOKS}-/new", pages.create, name="webhook_new"),
    path(f"{WEBHOOKS}<str:pk>/", log.webhook, name="webhook"),
    path(f"{WEBHOOKS}<str:pk>/-/edit", pages.edit, name="webhook_edit"),
    path(f"{WEBHOOKS}<str:pk>/-/remove", pages.remove, name="webhook_remove"),
    path(f"{WEBHOOKS}<str:pk>/-/secret", pages.secret, name="webhook_secret"),
    path(f"{WEBHOOKS}<str:pk>/-/again", log.send_time_again, name="webhook_again"),
    path(f"{WEBHOOKS}<str:pk>/-/<str:verb>", pages.act, name="webhook_verb"),
    path(f"{WEBHOOKS}<str:pk>/event/<str:message>/", log.event, name="webhook_event"),
    path(f"{WEBHOOKS}<str:pk>/event/<str:message>/-/again", log.send_again, name="webhook_event_again"),
]
