"""Word of what happened."""

from django.apps import AppConfig


class NotifyConfig(AppConfig):
    name = "portal.notify"

    def ready(self) -> None:
        from portal.notify import bell  # needs the models

        bell.connect()
