"""Word of what happened."""

from django.apps import AppConfig


class NotifyConfig(AppConfig):
    name = "portal.notify"

    def ready(self) -> None:
        """Secrets of webhooks are sealed like all else that is secret; bells are counted anew with memberships."""
        from portal.accounts.keys import sealed_values
        from portal.notify import bell
        from portal.notify.webhooks import verbs

        sealed_values.register(verbs.sealed_secrets)
        bell.connect()
