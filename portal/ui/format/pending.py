"""What is pending, laid over what is: which values are wanted, and where the change is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from portal.changes.models import Action, State
from portal.changes.reads.pending import Pending
from portal.resources.spec import Record, Value, Values
from portal.resources.times import parse_moment
from portal.ui.format.html import joined
from portal.ui.format.icons import icon
from portal.ui.format.values import Viewing

ASKS = frozenset({State.CONFLICT, State.PARKED, State.REJECTED})


@dataclass(frozen=True, slots=True)
class Change:
    """A value that is, and the one that is wanted."""

    old: Value
    new: Value


def overlay(record: Record, pending: Sequence[Pending], runs: Values) -> dict[str, Change]:
    """The values that are to change, by field; `runs` is what evidence says of what still runs, whoever changed it.

    A change that is recorded stands in the record already, while what is in force is still what the person saw before
    (recorded is not running): that is then the old value, and the record's the new one.
    """
    found = {name: Change(old, record.values[name]) for name, old in runs.items()}
    for one in pending:
        for name, value in one.wanted.items():
            if name not in record.values or one.settled:
                continue
            recorded = one.recorded_at is not None
            first = found[name].old if name in found else record.values[name]
            old = one.before.get(name, first) if recorded and name not in found else first
            if old != value and not (recorded and one.creates):
                found[name] = Change(old, value)
    return found


def notes(pending: Sequence[Pending], viewing: Viewing) -> SafeString:
    """Each pending change in a word or two, a link to it."""
    return joined((_note(one, viewing, words(one)) for one in pending), " ")


def in_row(pending: Sequence[Pending], viewing: Viewing) -> SafeString:
    """The same for a row: of what the platform has taken an icon, since the state beside it says what it waits for.

    Where the list has little room, the others are icons too.
    """
    return joined((_in_row(one, viewing) for one in pending), " ")


def _in_row(one: Pending, viewing: Viewing) -> SafeString:
    shown = one.recorded_at is None or one.state in ASKS
    word = format_html('<span class="{}">{}</span>', "note-ask" if shown else "note-word", words(one))
    return _note(one, viewing, word, classes=" state-note", title=words(one))


def badge(one: Pending) -> SafeString:
    """Where it is as a badge, for what is a link already."""
    look, name = _look(one)
    return format_html('<span class="state {}">{}<span>{}</span></span>', look, icon(name), words(one))


def _look(one: Pending) -> tuple[str, str]:
    """(class, name of the icon)."""
    return ("state-shutdown", "alert-triangle") if one.state in ASKS else ("state-waiting", "hourglass")


def _note(one: Pending, viewing: Viewing, word: str, *, classes: str = "", title: str = "") -> SafeString:
    look, name = _look(one)
    return format_html(
        '<a class="state {}{}" href="{}"{}>{}<span>{}</span></a>',
        look,
        classes,
        viewing.pages.change(one.number),
        format_html(' title="{}"', title) if title else "",
        icon(name),
        word,
    )


def is_going(one: Pending) -> bool:
    """Whether it is on its way to the platform, and the record as it was."""
    return one.recorded_at is None and not one.needs_someone


def asks_for(one: Pending, wanted: Values, within: timedelta | None = None) -> bool:
    """Whether it asks for the same; of moments, "in an hour" being another each second, up to so far apart."""
    if one.action != Action.SET or one.creates or set(one.wanted) != set(wanted):
        return False
    return all(_alike(one.wanted[name], value, within) for name, value in wanted.items())


def _alike(one: Value, other: Value, within: timedelta | None) -> bool:
    moments = [parse_moment(value) if isinstance(value, str) else None for value in (one, other)]
    if moments[0] and moments[1]:
        return within is None or abs(moments[0] - moments[1]) < within
    return bool(one == other)


def words(one: Pending) -> str:
    """Where a pending change is: "Deletion: Queued", "Change: Sending", "Creation: Accepted"."""
    return _("%(what)s: %(state)s") % {"what": kind(one), "state": State(one.state).label}


def kind(one: Pending) -> str:
    """What it does to the record."""
    if one.action == Action.DELETE:
        return _("Deletion")
    return _("Creation") if one.creates else pgettext("noun", "Change")
