"""A calendar file (RFC 5545, RFC 7986) of dates that calendars have been told.

Of a date the text is made once for each revision and language, and kept: nothing else is in it that could change, so
the file is the same, byte for byte, until a date is revised.
"""

from collections.abc import Callable, Iterable
from datetime import timedelta

from django.utils.translation import get_language
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from portal.inventory.weighted_cache import WeightedCache
from portal.resources.times import BERLIN
from portal.schedule.models import CalendarDate

PRODUCT = "-//Portal//Schedule//EN"
EVERY = timedelta(hours=1)  # how often calendars are asked to fetch it
MOST = 8 * 2**20  # characters kept by a process

type Address = Callable[[CalendarDate], str]
"""Of the page that tells more of a date."""

_kept: WeightedCache[object, bytes] = WeightedCache(MOST, len)


def calendar_file(dates: Iterable[CalendarDate], *, name: str, address: Address) -> bytes:
    """The file of these dates; `name` is what calendars call it."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("name", name)
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", EVERY, parameters={"value": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    head, _end, tail = calendar.to_ical().rpartition(b"END:VCALENDAR")
    return b"".join((head, *(_text(one, address) for one in dates), b"END:VCALENDAR", tail))


def _text(date: CalendarDate, address: Address) -> bytes:
    url = address(date)
    key = (date.pk, date.sequence, date.revised_at, get_language(), url)
    found = _kept.get(key)
    if found is None:
        found = _event(date, url).to_ical()
        _kept.put(key, found)
    return found


def _event(date: CalendarDate, url: str) -> Event:
    event = Event()
    event.add("uid", str(date.pk))
    event.add("dtstamp", date.revised_at)
    event.add("last-modified", date.revised_at)
    event.add("sequence", date.sequence)
    if date.kind == CalendarDate.Kind.DELETION:
        day = date.starts.astimezone(BERLIN).date()  # vm_18
        event.add("dtstart", day)
        event.add("dtend", day + timedelta(days=1))
        event.add("transp", "TRANSPARENT")
    else:
        event.add("dtstart", date.starts)
        event.add("dtend", date.ends or date.starts)
        event.add("transp", "OPAQUE")
    event.add("status", "CANCELLED" if date.is_cancelled else "CONFIRMED")
    event.add("summary", summary(date))
    event.add("description", description(date))
    event.add("url", url)
    return event


def summary(date: CalendarDate) -> str:
    """What a calendar shows in its day."""
    titles = {"soft": _("%(machine)s: shutdown for deletion"), "hard": _("%(machine)s: disk deletion")}
    title = titles.get(date.stage, _("%(machine)s: maintenance")) % {"machine": date.machine}
    return _("Cancelled: %(title)s") % {"title": title} if date.is_cancelled else title


def description(date: CalendarDate) -> str:
    """What it shows when one asks for more."""
    texts = {
        "soft": _("The machine is shut down. It can be restored until its disk is deleted."),
        "hard": _("The disk is deleted and the addresses are released. This cannot be undone."),
    }
    lines = [texts.get(date.stage, date.text)]
    if date.group:
        lines.append(_("Resource group: %(group)s") % {"group": date.group})
    return "\n".join(filter(None, lines))
