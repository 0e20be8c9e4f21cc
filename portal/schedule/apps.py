"""The schedule: calendar feeds, and what calendars have been told."""

from django.apps import AppConfig


class ScheduleConfig(AppConfig):
    name = "portal.schedule"

    def ready(self) -> None:
        """Tokens are sealed like all else that is secret."""
        from portal.accounts.keys import sealed_values
        from portal.schedule import feeds

        sealed_values.register(feeds.sealed_tokens)
