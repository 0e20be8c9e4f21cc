"""The pages of support staff."""

from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    name = "portal.console"

    def ready(self) -> None:
        from portal.console import visits  # needs the models

        visits.connect()
