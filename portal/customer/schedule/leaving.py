"""Machines that are to be deleted, soonest first."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.customer.schedule.rows import LAST_CHANCE, Row, Wording, next_act
from portal.resources.deletion import day_of, read_deletion
from portal.resources.times import berlin_today
from portal.schedule.events import Event, Kind
from portal.ui.format import dates


@dataclass(frozen=True, slots=True)
class Leaving:
    """A machine: what happens to it next, and how long one can still bring it back."""

    key: str
    row: Row
    next: str  # what happens to it next, and on which day
    last: str  # the last day on which the deletion can be cancelled
    left: str  # how long that is


def next_acts(events: Iterable[Event]) -> list[Event]:
    """Of each machine that is to be deleted what happens to it next, soonest first."""
    return [one for one in events if one.kind is Kind.DELETION and one.stage == next_act(one.record)]


def leaving(events: Iterable[Event], words: Wording) -> Iterator[Leaving]:
    """These in words."""
    today = berlin_today(words.now)
    for event in events:
        deletion = read_deletion(event.record.get("deletion"))
        gone = day_of(LAST_CHANCE, deletion.deadline) if deletion.deadline else today
        days = max((gone - today).days, 0)
        left = ngettext("%(count)s day", "%(count)s days", days) % {"count": days} if days else _("today")
        last = dates.day_words(gone, today)
        coming = f"{dates.day_words(words.day(event), today)}: {words.stage(event)}"
        yield Leaving(event.record.key, words.row(event), coming, last, left)
