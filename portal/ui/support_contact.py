"""Whom people turn to: an address, a phone number, hours and a link, each as the settings have it, or none."""

from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _


@dataclass(frozen=True, slots=True)
class Way:
    """How support is reached: what a person reads, and where a click leads ('' for nowhere)."""

    icon: str
    text: str
    address: str = ""


def ways() -> list[Way]:
    """All that the settings name, in the order in which people try them."""
    mail, phone = settings.SUPPORT_MAIL, settings.SUPPORT_PHONE
    found = (
        Way("mail", mail, f"mailto:{mail}"),
        Way("phone", phone, f"tel:{''.join(phone.replace('(0)', '').split())}"),
        Way("world", settings.SUPPORT_URL.partition("://")[2].rstrip("/"), settings.SUPPORT_URL),
        Way("clock", settings.SUPPORT_HOURS),
    )
    return [way for way in found if way.text]


def who() -> str:
    """Within a sentence: support (support@example.com)."""
    first = next((way.text for way in ways() if way.address), "")
    return f"{_('support')} ({first})" if first else _("support")


def named(text: str) -> str:
    """A sentence of ours in which `%(support)s` stands for them."""
    return text.replace("%(support)s", who())
