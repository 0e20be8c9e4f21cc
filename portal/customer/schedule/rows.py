"""An event in words: when, what it is about, what happens, and what can be done about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.html import format_html, strip_tags
from django.utils.safestring import SafeString
from django.utils.timezone import get_current_timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from portal.accounts.access import Scope
from portal.accounts.roles import CHANGES
from portal.changes.evidence import results, results_by_activity
from portal.changes.reads.pending import PendingIndex
from portal.resources.deletion import read_deletion
from portal.resources.phases import Phase
from portal.resources.spec import Record
from portal.resources.times import BERLIN
from portal.resources.windows import Window
from portal.schedule.events import GROUPS, MACHINES, MAINTENANCES, Event, Events, Kind
from portal.ui import links, menu
from portal.ui.details.deletion_timeline import WORDS as STAGE_WORDS
from portal.ui.format import dates, platform_messages, values
from portal.ui.format.html import joined
from portal.ui.format.values import Viewing
from portal.ui.page_context import Surroundings

LABELS: Mapping[Kind, Any] = {
    Kind.MAINTENANCE: lazy("Maintenance"),
    Kind.DELETION: lazy("Deletion"),
    Kind.MODE: lazy("Maintenance mode"),
    Kind.CHANGE: lazy("Change waiting"),
}
ICONS = {Kind.MAINTENANCE: "tool", Kind.DELETION: "trash", Kind.MODE: "tools-off", Kind.CHANGE: "hourglass"}
STAGE_ICONS = {"soft": "calendar-x", "hard": "trash-x"}
LAST_CHANCE = "hard"  # the stage from which nothing can be brought back
ACTIONS = {Kind.DELETION: "keep", Kind.MODE: "maintenance"}


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the agenda. `aside` is what came of it, or what it waits for."""

    icon: str
    label: str
    when: SafeString
    what: SafeString
    said: SafeString | str
    plain: str  # the same without markup
    clock: str  # when it begins, by the reader's clock, or "now"; '' for what happens all day
    group: SafeString
    aside: SafeString | str
    do: SafeString


def next_act(machine: Record) -> str:
    """The stage of a deletion that changes the machine next: its shutdown, or then the end of its disk."""
    return LAST_CHANCE if read_deletion(machine.get("deletion")).is_shut_down else "soft"


@dataclass(frozen=True)
class Wording:
    """Puts events into words for one person, now."""

    scope: Scope
    around: Surroundings
    events: Events
    pending: PendingIndex
    now: datetime

    def row(self, event: Event) -> Row:
        """The whole line."""
        viewing, group = self.around.viewing(event.record), self._group(event)
        return Row(
            icon=STAGE_ICONS.get(event.stage, ICONS[event.kind]),
            label=str(LABELS[event.kind]),
            when=self._when(event, viewing),
            what=self.what(event),
            said=self.said(event),
            plain=self.plain(event),
            clock=self._clock(event),
            group=values.record_link(GROUPS, group, group, viewing)
            if (group := self._group(event))
            else SafeString(""),
            aside=self._aside(event, viewing),
            do=self._do(event, viewing),
        )

    def what(self, event: Event) -> SafeString:
        """The record that it happens to, as a link."""
        viewing = self.around.viewing(event.record)
        if event.kind is Kind.MODE:
            return values.record_link(GROUPS, event.record.key, event.record.title, viewing)
        return values.record_link(MACHINES, event.machine, event.machine, viewing)

    def said(self, event: Event) -> SafeString | str:
        """What happens."""
        match event.kind:
            case Kind.MAINTENANCE:
                text = platform_messages.told(str(event.record.get("comment") or "")) or _("Maintenance")
                return values.record_link(MAINTENANCES, event.record.key, text, self.around.viewing(event.record))
            case Kind.DELETION:
                return _("Deletion: %(stage)s") % {"stage": self.stage(event)}
            case Kind.MODE:
                return _("Maintenance mode: the platform’s staff are not alerted.")
        return _("Reboot expected in this window. The platform has not announced it yet.")

    def stage(self, event: Event) -> str:
        """What comes of the machine then."""
        return str(STAGE_WORDS[event.stage])

    def plain(self, event: Event) -> str:
        """What happens, without markup."""
        return strip_tags(str(self.said(event)))

    def day(self, event: Event) -> date:
        """The day under which it stands: of a deletion the platform's, else the reader's."""
        return event.starts.astimezone(BERLIN if event.kind is Kind.DELETION else get_current_timezone()).date()

    def _group(self, event: Event) -> str:
        return "" if event.kind is Kind.MODE else self.events.group_of(event)

    def _clock(self, event: Event) -> str:
        match event.kind:
            case Kind.DELETION:
                return ""
            case Kind.MODE:
                return _("now")  # the platform does not say since when
        return dates.clock(event.starts)

    def _when(self, event: Event, viewing: Viewing) -> SafeString:
        place = self.around.zone(event.record)
        if event.kind is Kind.DELETION:
            return dates.time_tag(event.starts, _("all day"), BERLIN)
        if event.standing(self.now).phase is Phase.IN_PROGRESS:
            if event.ends is None:
                return SafeString(_("now"))
            if event.kind is Kind.MODE:
                return format_html("{} {}", self._until(event.ends, viewing), dates.countdown(event.ends, self.now))
            return self._until(event.ends, viewing)
        if event.ends is None:
            return dates.time_tag(event.starts, dates.clock(event.starts, place), place)
        return dates.time_tag(event.starts, dates.span(Window(event.starts, event.ends, place)), place)

    def _until(self, ends: datetime, viewing: Viewing) -> SafeString:
        text = _("until %(when)s") % {"when": dates.near(ends, viewing.zone, self.now)}
        return dates.time_tag(ends, text, viewing.zone)

    def _aside(self, event: Event, viewing: Viewing) -> SafeString | str:
        if event.kind is Kind.DELETION and event.stage == LAST_CHANCE and event.starts > self.now:
            return _("Can be cancelled until then.")
        if event.changes and self.scope.may_see(CHANGES):
            number = self.scope.customer.number
            made = {one.number: links.change(number, one.number) for one in event.changes}
            told = (values.link(at, _("Change %(number)s") % {"number": change}) for change, at in made.items())
            return joined(told, ", ")
        if event.kind is Kind.MAINTENANCE and event.standing(self.now).phase is Phase.PAST:
            said = _came_of(event.record)
            return _("Result: %(result)s") % {"result": said} if said else ""
        return ""

    def _do(self, event: Event, viewing: Viewing) -> SafeString:
        """A deletion is called off, where its next act stands; a maintenance mode is ended."""
        type_name = event.record.type.name
        if event.kind not in ACTIONS or not self.scope.may_change(type_name):
            return SafeString("")
        if event.kind is Kind.DELETION and event.stage != next_act(event.record):
            return SafeString("")
        pending = self.pending.of(type_name, event.record.key)
        return menu.action_buttons(event.record, viewing, ACTIONS[event.kind], pending)


def _came_of(maintenance: Record) -> str:
    """What its activities came to: each by itself, where they differ."""
    done = results_by_activity(maintenance)
    if len({result for _what, result in done}) < 2:
        return results(maintenance)
    return "; ".join(f"{platform_messages.told(what) or _('Maintenance')}: {result}" for what, result in done)
