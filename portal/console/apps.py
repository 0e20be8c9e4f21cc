"""The pages of support staff."""

from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    name = "portal.console"

    def ready(self) -> None:
        from portal.console.view_as import sessions  # needs the models

        sessions.connect()
