"""How a person reads: in which language mails are written to them, and by whose clock times are told.

Pages go by the browser's language and its cookie; nothing says it in mails, so it is kept. The time zone is a setting
of the account, and holds for pages, mails and papers.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone
from django.utils.translation import get_language, override

from portal.accounts.models import User
from portal.resources.times import zone


def keep(user: User, language: str | None) -> None:
    """Remember the language that a person signed in with, or chose."""
    if language in dict(settings.LANGUAGES) and language != user.language:
        user.language = language
        User.objects.filter(pk=user.pk).update(language=language)


def zone_of(user: User | None) -> ZoneInfo:
    """By whose clock a person is told times: as they have set it, Europe/Berlin where they have not."""
    return zone(user.time_zone if user else None)


@contextmanager
def of_reader(email: str) -> Iterator[None]:
    """While it lasts, texts are in language and time zone of the person of that address; as before where unknown."""
    with of_person(User.objects.filter(email=email.lower()).first()):
        yield


@contextmanager
def of_person(user: User | None) -> Iterator[None]:
    """The same of a person at hand."""
    tz = zone_of(user) if user else timezone.get_current_timezone()
    with override((user and user.language) or get_language()), timezone.override(tz):
        yield
