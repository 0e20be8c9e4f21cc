"""Moments, days and windows in words: by the reader's clock (accounts.reader_settings), with the zone and UTC on hover.

Where something happens at a place with a clock of its own (a resource group's), what it shows is named beside it.
`now` is the platform's time: a year is named where it is not that one.
"""

from datetime import UTC, date, datetime, time, timedelta, tzinfo

from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import get_current_timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from portal.resources.windows import Window

HALF_A_DAY = timedelta(hours=12)


def reading() -> tuple[str | None, str]:
    """What the same words depend on: the reader's language and time zone."""
    return get_language(), str(get_current_timezone())


def hour(now: datetime) -> tuple[date, int, int]:
    """The reader's day and hour, of a doubled one which: words for a moment may depend on them ("until 14:30" is not
    said of tomorrow)."""
    local = now.astimezone(get_current_timezone())
    return local.date(), local.hour, local.fold


def clock(moment: datetime, place: tzinfo | None = None, *, seconds: bool = False, name_zone: bool = False) -> str:
    """22:00, or 22:00:05, where the reader is; with the place's: 04:00 (22:00 New York)."""
    shown = _clock(moment, get_current_timezone(), seconds=seconds, name_zone=name_zone)
    there = _clock(moment, place) if place and _differs(moment, place) else ""
    return f"{shown} ({there} {place_name(place)})" if place and there else shown


def _clock(moment: datetime, tz: tzinfo, *, seconds: bool = False, name_zone: bool = False) -> str:
    """22:00; of an hour that a change of the clock brings twice, also which of them: 02:30 CET."""
    local = moment.astimezone(tz)
    is_doubled = local.utcoffset() != local.replace(fold=1 - local.fold).utcoffset()
    text = local.strftime("%H:%M:%S" if seconds else "%H:%M")
    return f"{text} {local:%Z}" if is_doubled or name_zone else text


def _differs(moment: datetime, place: tzinfo) -> bool:
    return moment.astimezone(place).utcoffset() != moment.astimezone(get_current_timezone()).utcoffset()


def place_name(place: tzinfo) -> str:
    """New York, of America/New_York."""
    return str(place).rsplit("/", 1)[-1].replace("_", " ")


def day_words(day: date, today: date, *, with_year: bool | None = None) -> str:
    """30 Nov; with the year where it is not this one."""
    year = day.year != today.year if with_year is None else with_year
    return date_format(day, _("j M Y") if year else _("j M"), use_l10n=False)


def _weekday(moment: datetime, now: datetime) -> str:
    """Thu 26 Nov, where the reader is; with the year where it is not this one."""
    local, today = moment.astimezone(get_current_timezone()), now.astimezone(get_current_timezone())
    return _named_day(local.date(), today.date())


def _named_day(day: date, today: date) -> str:
    return date_format(day, _("D j M") if day.year == today.year else _("D j M Y"), use_l10n=False)


def words(moment: datetime, now: datetime, place: tzinfo | None = None, *, name_zone: bool = False) -> str:
    """Thu 26 Nov, 22:00; with the place's clock where it shows another time: Fri 27 Nov, 04:00 (22:00 New York)."""
    return f"{_weekday(moment, now)}, {clock(moment, place, name_zone=name_zone)}"


def near(moment: datetime, tz: tzinfo | None, now: datetime) -> str:
    """Only the time where it is today, or where half a day leaves no doubt; else the day too."""
    here = get_current_timezone()
    if moment.astimezone(here).date() == now.astimezone(here).date() or abs(moment - now) < HALF_A_DAY:
        return clock(moment, tz)
    return words(moment, now, tz)


def window_words(window: Window, now: datetime) -> str:
    """tomorrow, Fri 27 Nov, 22:00–05:00, or with the group's clock: …, 04:00–11:00 (22:00–05:00 New York)."""
    here = get_current_timezone()
    day = day_heading(window.starts.astimezone(here).date(), now.astimezone(here).date())
    return f"{day}, {span(window)}"


def span(window: Window) -> str:
    """22:00–05:00, with the place's clock where it shows another time: 04:00–11:00 (22:00–05:00 New York)."""
    here, place = get_current_timezone(), window.zone
    if _is_whole_day(window):
        return _("%(time)s, for a whole day") % {"time": clock(window.starts, place)}
    shown = _span(window, here)
    return f"{shown} ({_span(window, place)} {place_name(place)})" if _differs(window.starts, place) else shown


def day_heading(day: date, today: date) -> str:
    """today, Thu 26 Nov; tomorrow, Fri 27 Nov; Sat 28 Nov; with the year where it is not this one."""
    near = {0: _("today"), 1: _("tomorrow")}.get((day - today).days)
    return f"{near}, {_named_day(day, today)}" if near else _named_day(day, today)


def _span(window: Window, tz: tzinfo) -> str:
    return f"{_clock(window.starts, tz)}–{_clock(window.ends, tz)}"


def _is_whole_day(window: Window) -> bool:
    starts, ends = (at.astimezone(window.zone) for at in (window.starts, window.ends))
    return starts.time() == ends.time() and ends.date() - starts.date() == timedelta(days=1)


def full(moment: datetime, *, name_zone: bool = False) -> str:
    """24 Nov 2026, 22:00; or 24 Nov 2026, 22:00 CET: for paper, which is read in other years."""
    day = date_format(moment.astimezone(get_current_timezone()).date(), _("j M Y"), use_l10n=False)
    return f"{day}, {clock(moment, name_zone=name_zone)}"


def since(moment: datetime, now: datetime) -> str:
    """14:01; of another day with the day."""
    here = get_current_timezone()
    is_today = moment.astimezone(here).date() == now.astimezone(here).date()
    return clock(moment) if is_today else words(moment, now)


def utc_title(moment: datetime) -> str:
    """2026-11-24 21:00:00 UTC, for the hover."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def time_tag(moment: datetime, text: str, place: tzinfo | None = None) -> SafeString:
    """The text as a time element: machine-readable, with the reader's zone, UTC and the place's time on hover."""
    zones = [f"{get_current_timezone()}; {utc_title(moment)}"]
    if place and _differs(moment, place):
        zones.append(f"{moment.astimezone(place):%Y-%m-%d %H:%M} {place}")
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        moment.astimezone(UTC).isoformat(timespec="seconds"),
        "; ".join(zones),
        text,
    )


def moment_tag(moment: datetime, now: datetime, place: tzinfo | None = None) -> SafeString:
    """A moment as a time element; the place's clock is named for what is still to come."""
    return time_tag(moment, words(moment, now, place if moment > now else None), place)


def duration(seconds: float) -> str:
    """40 s, 6 min, 2 h 10 min, 3 days."""
    whole = max(0, round(seconds))
    if whole < 90:
        return _("%(count)s s") % {"count": whole}
    minutes = round(whole / 60)
    if minutes < 120:
        return _("%(count)s min") % {"count": minutes}
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return (
            _("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": minutes}
            if minutes
            else _("%(count)s h") % {"count": hours}
        )
    days = round(hours / 24)
    return ngettext("%(count)s day", "%(count)s days", days) % {"count": days}


def countdown(moment: datetime, now: datetime) -> SafeString:
    """How long until then: "42 min left"; js/portal.js lets it run, and asks for the page anew at its end. The same all
    through a second of `now`: pages are kept for as long (portal.ui.fragments).
    """
    ends, begins = (at.replace(microsecond=0) for at in (moment, now))
    left = max(0, round((ends - begins).total_seconds()))
    running = format_html('<span data-left="{}">{}</span>', left, duration(left))
    return format_html('<span class="countdown">{}</span>', format_html(_("{left} left"), left=running))


def hour_words(hour: int) -> str:
    """22:00, of an hour of the day."""
    return time(hour % 24).strftime("%H:%M")
