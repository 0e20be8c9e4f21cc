"""The language that a person reads, kept for mails: nothing says it there. Pages go by the browser and its cookie."""

from django.conf import settings

from portal.accounts.models import User


def keep(user: User, language: str | None) -> None:
    """Remember the language that a person signed in with, or chose."""
    if language in dict(settings.LANGUAGES) and language != user.language:
        user.language = language
        User.objects.filter(pk=user.pk).update(language=language)
