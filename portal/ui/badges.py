"""A record's state as word, icon and colour, never by colour alone (pages.md); the same everywhere."""

from collections.abc import Sequence
from datetime import datetime, tzinfo

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from portal.resources.looks import LOOKS, State, Status
from portal.resources.times import BERLIN
from portal.ui import when
from portal.ui.icons import symbol_use

OUTLINED = frozenset({State.LEAVING})


def state_word(state: State) -> str:
    return _(LOOKS[state].word)


def state_detail(status: Status, tz: tzinfo, now: datetime) -> str:
    """When it ends or happens: "gone on 3 December", "until 14:30", "tonight 22:00"; '' where that is not known."""
    if status.until is None:
        return ""
    match status.state:
        case State.SHUTDOWN:
            return _("gone on %(day)s") % {"day": _berlin_day(status.until, now)}
        case State.LEAVING:
            return _("on %(day)s") % {"day": _berlin_day(status.until, now)}
        case State.MAINTENANCE:
            return _("until %(when)s") % {"when": _short(status.until, tz, now)}
        case _:
            return when.words(status.until, tz, now)


def badge(status: Status, tz: tzinfo, now: datetime) -> SafeString:
    """One state as a badge, with its time beside the word."""
    look = LOOKS[status.state]
    detail = state_detail(status, tz, now)
    outline = " state-outline" if status.state in OUTLINED else ""
    return format_html(
        '<span class="state state-{}{}">{}<span>{}{}</span></span>',
        status.state.value,
        outline,
        symbol_use(look.icon),
        state_word(status.state),
        _detail_tag(status, detail, tz),
    )


def badges(statuses: Sequence[Status], tz: tzinfo, now: datetime) -> SafeString:
    """The state, and the notes beside it."""
    shown = format_html_join(" ", "{}", ((badge(status, tz, now),) for status in statuses))
    return format_html('<span class="states">{}</span>', shown)


def text(statuses: Sequence[Status], tz: tzinfo, now: datetime) -> str:
    """The same in plain words: for CSV, titles and screen readers."""
    parts = (f"{state_word(status.state)} {state_detail(status, tz, now)}".strip() for status in statuses)
    return ", ".join(parts)


def _detail_tag(status: Status, detail: str, tz: tzinfo) -> SafeString:
    if not detail or status.until is None:
        return SafeString("")
    return format_html(' <span class="state-when">{}</span>', when.time_tag(status.until, detail, tz))


def _short(moment: datetime, tz: tzinfo, now: datetime) -> str:
    """Only the time where it is today."""
    if moment.astimezone(tz).date() == now.astimezone(tz).date():
        return when.clock(moment, tz)
    return when.words(moment, tz, now)


def _berlin_day(moment: datetime, now: datetime) -> str:
    """Deletions go by days of Europe/Berlin (vm_18)."""
    return when.day_words(moment.astimezone(BERLIN).date(), now.astimezone(BERLIN).date())
