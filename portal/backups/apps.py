"""Backups as rows, and the commands that make, restore and try them."""

from django.apps import AppConfig


class BackupsConfig(AppConfig):
    name = "portal.backups"

    def ready(self) -> None:
        from portal.backups import releases  # needs the models

        releases.connect(self)
