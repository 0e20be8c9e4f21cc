"""What a check has found."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext as _


class Level(StrEnum):
    """How bad it is, the worst last."""

    FINE = "fine"
    WARNING = "warning"
    UNKNOWN = "unknown"  # what would have to be asked is away
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what is so, and where something is wrong, what to do."""

    level: Level
    text: str
    todo: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """What is asked, under an id that stays the same: docs/operations.md has a section of that name."""

    id: str
    title: str | Promise
    ask: Callable[[], Iterable[Finding]]


@dataclass(frozen=True, slots=True)
class Result:
    """A check with what it has found."""

    id: str
    title: str
    findings: tuple[Finding, ...]

    @property
    def level(self) -> Level:
        """The worst of it."""
        return worst(one.level for one in self.findings)

    def as_json(self) -> dict[str, object]:
        return asdict(self) | {"level": self.level}


def worst(levels: Iterable[Level]) -> Level:
    return max(levels, key=list(Level).index, default=Level.FINE)


def some(names: Sequence[str]) -> str:
    """The first of them, and how many more there are."""
    shown, more = ", ".join(names[:5]), len(names) - 5
    return _("%(names)s and %(count)s more") % {"names": shown, "count": more} if more > 0 else shown


def fine(text: str) -> Finding:
    return Finding(Level.FINE, text)


def warning(text: str, todo: str) -> Finding:
    return Finding(Level.WARNING, text, todo)


def failed(text: str, todo: str) -> Finding:
    return Finding(Level.FAILED, text, todo)


def unknown(text: str) -> Finding:
    return Finding(Level.UNKNOWN, text)
