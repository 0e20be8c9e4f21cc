"""The language that a person reads, kept for mails: nothing says it there. Pages go by the browser and its cookie."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.utils.translation import get_language, override

from portal.accounts.models import User


def keep(user: User, language: str | None) -> None:
    """Remember the language that a person signed in with, or chose."""
    if language in dict(settings.LANGUAGES) and language != user.language:
        user.language = language
        User.objects.filter(pk=user.pk).update(language=language)


@contextmanager
def of_reader(email: str) -> Iterator[None]:
    """While it lasts, texts are in the language of the person of that address; as before where it is not known."""
    known = User.objects.filter(email=email.lower()).values_list("language", flat=True).first()
    with override(known or get_language()):
        yield
