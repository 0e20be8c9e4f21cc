"""The states a record can be in: their ids, words, icons and colours, the same everywhere (pages.md)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from portal.resources.labels import mark as _


class State(StrEnum):
    """State ids, in the order of precedence; they stand in URLs (`?state=`)."""

    SHUTDOWN = "shutdown"
    INSTALLING = "installing"
    MAINTENANCE = "maintenance"
    LEAVING = "leaving"
    OFF = "off"
    WAITING = "waiting"
    READY = "ready"
    ACTIVE = "active"


@dataclass(frozen=True, slots=True)
class Look:
    """How a state is shown: never by colour alone."""

    word: str
    icon: str  # name of a Tabler icon
    colour: str  # a Tabler colour
    brief: str = ""  # the word in a row, where the whole one is too long for it


LOOKS: dict[State, Look] = {
    State.SHUTDOWN: Look(_("Shut down for deletion"), "trash-x", "red", _("In deletion")),
    State.INSTALLING: Look(_("Installing"), "progress-down", "blue"),
    State.MAINTENANCE: Look(_("In maintenance"), "tool", "orange"),
    State.LEAVING: Look(_("Deletion"), "calendar-x", "red"),
    State.OFF: Look(_("Off"), "power", "secondary"),
    State.WAITING: Look(_("Change pending"), "clock", "yellow", _("Pending")),
    State.READY: Look(_("Ready"), "circle-check", "green"),
    State.ACTIVE: Look(_("Active"), "check", "green"),
}


@dataclass(frozen=True, slots=True)
class Status:
    """One thing that is so about a record; `until` is when it ends or happens, where that is known."""

    state: State
    until: datetime | None = None
