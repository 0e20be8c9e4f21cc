"""Word of what happened."""

from django.apps import AppConfig


class NotifyConfig(AppConfig):
    name = "portal.notify"
