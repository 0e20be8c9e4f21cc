"""Moments, days and windows in words: in the place's own time zone, with UTC on hover.

`now` is the platform's time wherever a word is relative to it ("tonight").
"""

from datetime import UTC, date, datetime, time, timedelta, tzinfo

from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from portal.resources.windows import Window

EVENING = 18  # from this hour on, today is "tonight"


def clock(moment: datetime, tz: tzinfo, *, seconds: bool = False, name_zone: bool = False) -> str:
    """22:00, or 22:00:05; of an hour that a change of the clock brings twice, also which of them: 02:30 CET."""
    local = moment.astimezone(tz)
    is_doubled = local.utcoffset() != local.replace(fold=1 - local.fold).utcoffset()
    text = local.strftime("%H:%M:%S" if seconds else "%H:%M")
    return f"{text} {local:%Z}" if is_doubled or name_zone else text


def day_words(day: date, today: date, *, with_year: bool | None = None, brief: bool = False) -> str:
    """30 November, or briefly 30 Nov; with the year where it is not this one."""
    year = day.year != today.year if with_year is None else with_year
    if brief:
        return date_format(day, _("j M Y") if year else _("j M"), use_l10n=False)
    return date_format(day, _("j F Y") if year else _("j F"), use_l10n=False)


def relative_day(moment: datetime, tz: tzinfo, now: datetime, *, brief: bool = False) -> str:
    """today, tonight, tomorrow, yesterday, Friday (within the next six days; briefly Fri), or 30 November."""
    local, today = moment.astimezone(tz), now.astimezone(tz).date()
    days = (local.date() - today).days
    if days == 0:
        return _("tonight") if local.hour >= EVENING and local >= now else _("today")
    if days == 1:
        return _("tomorrow")
    if days == -1:
        return _("yesterday")
    if 1 < days < 7:
        return date_format(local.date(), "D" if brief else "l", use_l10n=False)
    return day_words(local.date(), today, brief=brief)


def words(moment: datetime, tz: tzinfo, now: datetime, *, brief: bool = False) -> str:
    """tonight 22:00."""
    return pgettext("day and time", "%(day)s %(time)s") % {
        "day": relative_day(moment, tz, now, brief=brief),
        "time": clock(moment, tz),
    }


def window_words(window: Window, now: datetime) -> str:
    """tonight 22:00–05:00 (Europe/Berlin)."""
    starts = words(window.starts, window.zone, now)
    return f"{starts}–{clock(window.ends, window.zone)} ({window.zone.key})"


def full(moment: datetime, tz: tzinfo, *, name_zone: bool = False) -> str:
    """24 Nov 2026, 22:00; or 24 Nov 2026, 22:00 CET."""
    day = date_format(moment.astimezone(tz).date(), _("j M Y"), use_l10n=False)
    return f"{day}, {clock(moment, tz, name_zone=name_zone)}"


def utc_title(moment: datetime) -> str:
    """2026-11-24 21:00:00 UTC, for the hover."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def time_tag(moment: datetime, text: str, tz: tzinfo | None = None) -> SafeString:
    """The text as a time element: machine-readable, with UTC (and the zone it is told in) on hover."""
    zone = getattr(tz, "key", "")
    title = f"{zone}; {utc_title(moment)}" if zone and zone != "UTC" else utc_title(moment)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', moment.astimezone(UTC).isoformat(timespec="seconds"), title, text
    )


def moment_tag(moment: datetime, tz: tzinfo, now: datetime) -> SafeString:
    """A moment near now in relative words, any other in full."""
    near = abs(moment - now) < timedelta(days=6, hours=12)
    return time_tag(moment, words(moment, tz, now) if near else full(moment, tz), tz)


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
    """How long until then: "42 min left"; js/portal.js lets it run, and asks for the page anew at its end."""
    left = max(0, round((moment - now).total_seconds()))
    running = format_html('<span data-left="{}">{}</span>', left, duration(left))
    return format_html('<span class="countdown">{}</span>', format_html(_("{left} left"), left=running))


def hour_words(hour: int) -> str:
    """22:00, of an hour of the day."""
    return time(hour % 24).strftime("%H:%M")
