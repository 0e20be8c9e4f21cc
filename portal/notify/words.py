"""What a notice says, in the language of who reads it, and where it leads to."""

from dataclasses import dataclass

from portal.notify.kinds import KINDS, Severity
from portal.notify.models import Occurrence
from portal.ui import links


@dataclass(frozen=True, slots=True)
class Said:
    """A notice in words: one line, what else is known (may be empty), and the path of the page about it."""

    title: str
    text: str
    path: str
    severity: Severity


def say(occurrence: Occurrence) -> Said:
    """For people, in the language and by the clock that are active."""
    kind = KINDS[occurrence.kind]
    number = occurrence.customer.number
    path = links.record(number, occurrence.type_name, occurrence.record) if occurrence.type_name else links.home(number)
    title = f"{kind.label}: {occurrence.record}" if occurrence.record else str(kind.label)
    return Said(title, "", path, kind.severity)
