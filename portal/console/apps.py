"""The pages of support staff."""

from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    name = "portal.console"
