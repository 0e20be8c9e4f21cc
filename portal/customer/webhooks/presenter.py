"""Endpoints, messages and attempts in words."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from portal.notify.kinds import KINDS
from portal.notify.webhooks.calling import Problem
from portal.notify.webhooks.models import TEST, Attempt, Endpoint, Message
from portal.ui.format import numbers

PROBLEMS = {
    Problem.ADDRESS: lazy("the address is not public"),
    Problem.NAME: lazy("the host name cannot be resolved"),
    Problem.INSECURE: lazy("the address does not use HTTPS"),
    Problem.CONNECTION: lazy("no connection"),
    Problem.CERTIFICATE: lazy("the certificate is not valid"),
    Problem.TLS: lazy("the TLS handshake failed"),
    Problem.TIMEOUT: lazy("no answer within 10 seconds"),
    Problem.UNREADABLE: lazy("the answer is not HTTP"),
    Problem.SECRET: lazy("the secret cannot be read: renew it"),
}
State = Endpoint.State


@dataclass(frozen=True)
class EndpointPresenter:
    """An endpoint, how it is, and what it hears of."""

    endpoint: Endpoint

    @property
    def is_off(self) -> bool:
        return self.endpoint.state == State.OFF

    @property
    def is_live(self) -> bool:
        return self.endpoint.state == State.LIVE

    @property
    def is_failing(self) -> bool:
        return self.is_live and self.endpoint.failing_since is not None

    @property
    def word(self) -> str:
        if self.is_failing:
            return _("Failing since")
        return str(State(self.endpoint.state).label)

    @property
    def why_off(self) -> str:
        return str(Endpoint.WhyOff(self.endpoint.why_off).label) if self.is_off else ""

    @property
    def looks(self) -> str:
        """Class of the word."""
        return "right-bad" if self.is_off or self.is_failing else "right-change" if self.is_live else ""

    @property
    def icon(self) -> str:
        if self.is_off or self.is_failing:
            return "alert-circle"
        return "circle-check" if self.is_live else "hourglass"

    @property
    def kinds(self) -> str:
        """Which events it is sent."""
        if self.endpoint.takes_all:
            return _("All events")
        return ", ".join(str(KINDS[name].label) for name in self.endpoint.kinds if name in KINDS)

    @property
    def previous_until(self) -> datetime | None:
        """Until when the secret before signs too, if it does."""
        until = self.endpoint.previous_until
        return until if until and until > timezone.now() else None


@dataclass(frozen=True)
class AttemptPresenter:
    """One attempt: what was answered, and how long it took."""

    attempt: Attempt

    @property
    def word(self) -> str:
        """HTTP 503, or why there was no answer."""
        if self.attempt.status is not None:
            return f"HTTP {self.attempt.status}"
        problem = self.attempt.problem
        return str(PROBLEMS[Problem(problem)]) if problem in set(Problem) else problem

    @property
    def duration(self) -> str:
        return _("%(number)s ms") % {"number": numbers.number(self.attempt.milliseconds)}


@dataclass(frozen=True)
class MessagePresenter:
    """A message, its last attempt, and what comes next. `attempts` are at hand, the newest first."""

    message: Message
    attempts: list[Attempt]

    @property
    def title(self) -> str:
        """What happened."""
        kind = self.message.kind
        if kind == TEST:
            return _("Test event")
        return str(KINDS[kind].label) if kind in KINDS else kind

    @property
    def record(self) -> str:
        """By name: of a maintenance that of its machine, as its key is none."""
        occurrence = self.message.occurrence
        return str(occurrence.data.get("machine") or occurrence.record) if occurrence else ""

    @property
    def word(self) -> str:
        return str(Message.State(self.message.state).label)

    @property
    def looks(self) -> str:
        return {Message.State.DELIVERED: "right-change", Message.State.FAILED: "right-bad"}.get(
            Message.State(self.message.state), ""
        )

    @property
    def icon(self) -> str:
        icons = {Message.State.DELIVERED: "circle-check", Message.State.FAILED: "circle-x"}
        return icons.get(Message.State(self.message.state), "hourglass")

    @property
    def is_waiting(self) -> bool:
        return self.message.state == Message.State.WAITING

    @property
    def may_go_again(self) -> bool:
        """A test is sent anew."""
        return self.message.occurrence_id is not None and not self.is_waiting

    @property
    def next_at(self) -> datetime | None:
        """When it is sent again; None where that is now, or never."""
        return self.message.due if self.is_waiting and self.message.due > timezone.now() else None

    @property
    def count(self) -> int:
        return len(self.attempts)

    @property
    def last(self) -> AttemptPresenter | None:
        return AttemptPresenter(self.attempts[0]) if self.attempts else None

    @property
    def told(self) -> Iterator[AttemptPresenter]:
        """Each attempt."""
        return map(AttemptPresenter, self.attempts)
