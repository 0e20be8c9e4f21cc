"""A record's state as word, icon and colour, never by colour alone (pages.md); the same everywhere.

In a row it has one line: short dates, and of the notes beside the state only the icon and the time are seen.
"""

from collections.abc import Sequence
from datetime import datetime, tzinfo

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from portal.resources.state_styles import LOOKS, State, Status
from portal.resources.times import BERLIN
from portal.ui.format import dates
from portal.ui.format.html import joined
from portal.ui.format.icons import icon


def state_word(state: State) -> str:
    return _(LOOKS[state].word)


def state_detail(status: Status, tz: tzinfo, now: datetime, *, brief: bool = False) -> str:
    """When it ends or happens: "data deleted on 3 Dec", "until 14:30", "Thu 26 Nov, 22:00"; '' where that is not known.

    Briefly, for a row: "until 3 Dec", and without what the clock at the place shows.
    """
    if status.until is None:
        return ""
    match status.state:
        case State.SHUTDOWN:
            day = _berlin_day(status.until, now)
            return (_("until %(day)s") if brief else _("data deleted on %(day)s")) % {"day": day}
        case State.LEAVING:
            return _("on %(day)s") % {"day": _berlin_day(status.until, now)}
        case State.MAINTENANCE:
            return _("until %(when)s") % {"when": dates.near(status.until, None if brief else tz, now)}
        case _:
            return dates.words(status.until, now, None if brief else tz)


def badge(status: Status, tz: tzinfo, now: datetime) -> SafeString:
    """One state as a badge, with its time beside the word."""
    detail = _detail_tag(status, state_detail(status, tz, now), tz)
    return _badge(status, format_html("{}{}", state_word(status.state), detail))


def badges(statuses: Sequence[Status], tz: tzinfo, now: datetime) -> SafeString:
    """The state, and the notes beside it."""
    shown = format_html_join(" ", "{}", ((badge(status, tz, now),) for status in statuses))
    return format_html('<span class="states">{}</span>', shown)


def in_row(statuses: Sequence[Status], tz: tzinfo, now: datetime) -> SafeString:
    """The same for a row: the state in a word, the notes by their icons; their words are for the hover and for ears."""
    found = [_brief(status, tz, now, is_note=position > 0) for position, status in enumerate(statuses)]
    return joined(found, " ")


def text(statuses: Sequence[Status], tz: tzinfo, now: datetime) -> str:
    """The same in plain words: for spreadsheets, titles and screen readers."""
    parts = (f"{state_word(status.state)} {state_detail(status, tz, now)}".strip() for status in statuses)
    return ", ".join(parts)


def _brief(status: Status, tz: tzinfo, now: datetime, *, is_note: bool) -> SafeString:
    detail = _detail_tag(status, state_detail(status, tz, now, brief=True), tz)
    look, whole = LOOKS[status.state], text((status,), tz, now)
    if is_note:
        words = format_html('<span class="note-word">{}</span>{}', state_word(status.state), detail)
        return _badge(status, words, "state-note", whole)
    return _badge(status, format_html("{}{}", _(look.brief or look.word), detail), "", whole if look.brief else "")


def _badge(status: Status, words: SafeString, classes: str = "", title: str = "") -> SafeString:
    return format_html(
        '<span class="{}"{}>{}{}</span>',
        f"state state-{status.state.value} {classes}".strip(),
        format_html(' title="{}"', title) if title else "",
        icon(LOOKS[status.state].icon),
        words if words.isalpha() else format_html("<span>{}</span>", words),
    )


def _detail_tag(status: Status, detail: str, tz: tzinfo) -> SafeString:
    if not detail or status.until is None:
        return SafeString("")
    return format_html(' <span class="state-when">{}</span>', dates.time_tag(status.until, detail, tz))


def _berlin_day(moment: datetime, now: datetime) -> str:
    """Deletions go by days of Europe/Berlin (vm_18)."""
    return dates.day_words(moment.astimezone(BERLIN).date(), now.astimezone(BERLIN).date())
