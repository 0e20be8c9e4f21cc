"""What saving will bring about, in words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext

from portal.resources.spec import Effect, Value
from portal.resources.times import berlin_today
from portal.resources.windows import Window
from portal.ui import support_contact
from portal.ui.format import dates


@dataclass(frozen=True, slots=True)
class EffectText:
    """An effect in words; `field` is '' for the form as a whole."""

    text: str
    field: str
    level: str  # info | warning
    brief: str = ""


def in_words(effects: Iterable[Effect], now: datetime) -> list[EffectText]:
    """Effects in the words of the active language; each text once, `now` being the platform's time."""
    said: dict[str, EffectText] = {}
    for effect in effects:
        text = _filled(effect.text, effect.args, now)
        brief = _filled(effect.brief, effect.args, now, brief=True) if effect.brief else ""
        said.setdefault(text, EffectText(text, effect.field, effect.level, brief))
    return list(said.values())


def in_brief(said: Iterable[EffectText]) -> list[str]:
    """What is said of them in two or three words, each once."""
    return list(dict.fromkeys(one.brief for one in said if one.brief))


def _filled(text: str, args: Mapping[str, Value], now: datetime, *, brief: bool = False) -> str:
    words = {name: _argument(value, now, brief=brief) for name, value in args.items()}
    return support_contact.named(gettext(text) % words if words else gettext(text))


def _argument(value: Value, now: datetime, *, brief: bool) -> str:
    """A window, moment or day in words; anything else as it is. Of a window, briefly, its beginning."""
    if isinstance(value, Window) and brief:
        return dates.words(value.starts, now, value.zone)
    if isinstance(value, Window):
        return dates.window_words(value, now)
    if isinstance(value, datetime):
        return dates.words(value, now)
    if isinstance(value, date):
        return dates.day_words(value, berlin_today(now))
    return str(value)
