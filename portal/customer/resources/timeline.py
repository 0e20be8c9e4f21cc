"""What has happened to a record: changes asked for here, maintenances, its creation; newest first."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from portal.accounts.access import Scope
from portal.accounts.roles import CHANGES
from portal.changes.models import State
from portal.changes.reads.history import history_of
from portal.customer.changes.presenter import ChangePresenter, told_all
from portal.resources.spec import Record
from portal.resources.times import parse_moment
from portal.ui.format import dates, platform_messages, values
from portal.ui.format.values import Viewing

MOST = 30


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that happened: a change (`told`), or what `text` says."""

    at: datetime
    icon: str
    text: SafeString | str = ""
    told: ChangePresenter | None = None


def timeline(scope: Scope, record: Record, maintenances: Sequence[Record], viewing: Viewing) -> list[Entry]:
    """The latest entries about a record; for who sees no changes, without them."""
    found = [*changes_of(scope, record.type.name, record.key), *_maintenances(maintenances, viewing), *_created(record)]
    return sorted(found, key=lambda entry: entry.at, reverse=True)[:MOST]


def changes_of(scope: Scope, type_name: str, key: str) -> list[Entry]:
    """What was asked of the record here."""
    if not scope.may_see(CHANGES):
        return []
    told = told_all(scope, history_of(scope, type_name, key, most=MOST))
    return [Entry(one.change.created, one.icon, told=one) for one in told]


def version_of(scope: Scope, entries: Sequence[Entry]) -> object:
    """All that these entries tell to that person."""
    told = ((one.at, one.icon, str(one.text), one.told and one.told.version) for one in entries)
    return (scope.reach, dates.hour(timezone.now()), *told)


def not_taken(entries: Sequence[Entry], key: str, *, is_new: bool) -> ChangePresenter | None:
    """The latest change of the record that goes no further by itself, unless the same was asked for since.

    Once there is such a record, its creation matters only while somebody else's stands in its place.
    """
    since: set[str] = set()
    for told in (entry.told for entry in entries if entry.told):
        asked = _asked(told, key, creations=is_new or told.state == State.CONFLICT)
        if asked and told.needs_someone and not asked & since:
            return told
        if told.state not in (State.REJECTED, State.CANCELLED, State.SUPERSEDED):
            since |= asked
    return None


def _asked(told: ChangePresenter, key: str, *, creations: bool) -> set[str]:
    """The fields that a change asks for, of one record; of a deletion, that."""
    items = [item for item in told.items if item.key == key and (creations or not item.creates)]
    return {name for item in items for name in item.wanted or [item.action]}


def _maintenances(maintenances: Sequence[Record], viewing: Viewing) -> Iterator[Entry]:
    for one in maintenances:
        starts = parse_moment(one["starts"])
        if starts is not None and starts <= viewing.now:
            text = f"{_('Maintenance')}: {platform_messages.told(str(one['comment'])) or one['machine']}"
            yield Entry(starts, "tool", values.record_link(one.type.name, one.key, text, viewing))


def _created(record: Record) -> Iterator[Entry]:
    created = parse_moment(record.get("creation_date") or "")
    if created is not None:
        yield Entry(created, "plus", _("Created on the platform"))
