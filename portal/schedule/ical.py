"""A calendar file (RFC 5545, RFC 7986) of dates that calendars have been told.

Of a date the text is made once for each revision and language, and kept: nothing else is in it that could change, so
the file is the same, byte for byte, until a date is revised.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _
from icalendar import Calendar, vDate, vDatetime, vInt, vText, vUri
from icalendar.parser import Contentline, Parameters

from portal.inventory.weighted_cache import WeightedCache
from portal.resources.times import BERLIN
from portal.schedule.models import CalendarDate

PRODUCT = "-//Portal//Schedule//EN"
EVERY = timedelta(hours=1)  # how often calendars are asked to fetch it
NONE: Mapping[str, str] = {}
WHOLE_DAY = {"VALUE": "DATE"}
LONGEST = 75  # bytes of a line that is not folded (RFC 5545, 3.1)
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
        found = b"".join(_line(*one) for one in _properties(date, url))
        _kept.put(key, found)
    return found


def _line(name: str, value: Any, parameters: Mapping[str, str] = NONE) -> bytes:
    """As icalendar writes a line. Of its components it makes a tree first, which takes several times as long."""
    line = Contentline.from_parts(name, Parameters(parameters), value)
    plain = str(line).encode()
    folded: bytes = plain if len(plain) <= LONGEST else line.to_ical()
    return folded + b"\r\n"


def _properties(date: CalendarDate, url: str) -> Iterator[tuple[Any, ...]]:
    """(name, value, parameters) of a VEVENT, its first and last line included."""
    yield "BEGIN", vText("VEVENT")
    yield "UID", vText(str(date.pk))
    yield "DTSTAMP", vDatetime(date.revised_at)
    yield "LAST-MODIFIED", vDatetime(date.revised_at)
    yield "SEQUENCE", vInt(date.sequence)
    if date.kind == CalendarDate.Kind.DELETION:
        day = date.starts.astimezone(BERLIN).date()  # vm_18
        yield "DTSTART", vDate(day), WHOLE_DAY
        yield "DTEND", vDate(day + timedelta(days=1)), WHOLE_DAY
        yield "TRANSP", vText("TRANSPARENT")
    else:
        yield "DTSTART", vDatetime(date.starts)
        yield "DTEND", vDatetime(date.ends or date.starts)
        yield "TRANSP", vText("OPAQUE")
    yield "STATUS", vText("CANCELLED" if date.is_cancelled else "CONFIRMED")
    yield "SUMMARY", vText(summary(date))
    yield "DESCRIPTION", vText(description(date))
    yield "URL", vUri(url)
    yield "END", vText("VEVENT")


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
