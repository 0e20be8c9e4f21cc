"""What saving will bring about, in words."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext

from portal.resources.spec import Effect, Value
from portal.resources.times import berlin_today
from portal.resources.windows import Window
from portal.ui import support, when


@dataclass(frozen=True, slots=True)
class Said:
    """An effect in words; `field` is '' for the form as a whole."""

    text: str
    field: str
    level: str  # info | warning


def in_words(effects: Iterable[Effect], now: datetime) -> list[Said]:
    """Effects in the words of the active language; each text once, `now` being the platform's time."""
    said: dict[str, Said] = {}
    for effect in effects:
        args = {name: _argument(value, now) for name, value in effect.args.items()}
        text = support.named(gettext(effect.text) % args if args else gettext(effect.text))
        said.setdefault(text, Said(text, effect.field, effect.level))
    return list(said.values())


def _argument(value: Value, now: datetime) -> str:
    """A window, moment or day in words; anything else as it is."""
    if isinstance(value, Window):
        return when.window_words(value, now)
    if isinstance(value, datetime):
        return when.words(value, now)
    if isinstance(value, date):
        return when.day_words(value, berlin_today(now))
    return str(value)
