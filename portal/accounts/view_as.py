"""Seeing a customer as one of its people does: support staff with a reason, for a while (console.view_as.sessions).

Who asks stays who they are: a scope's `user` is the member of staff, and so is the author of what they change. What is
seen is what the person sees, and for that customer only. The trail names both.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from portal.accounts.models import Membership
from portal.accounts.roles import KEYS, PEOPLE, WEBHOOKS, Verb

# Who gets in, with which keys, and who else is told is for the customer's own managers, and for admins in the console.
NEVER_CHANGED = frozenset({PEOPLE, KEYS, WEBHOOKS})


@dataclass(frozen=True, slots=True)
class Viewing:
    """As whom, and whether write access was taken."""

    member: Membership
    writes: bool

    def allows(self, verb: Verb, kind: str) -> bool:
        """Whether what the person may do may also be done in their place."""
        return verb is not Verb.CHANGE or (self.writes and kind not in NEVER_CHANGED)


_present: ContextVar[Viewing | None] = ContextVar("viewing", default=None)


def present() -> Viewing | None:
    """As whom the request that is being answered sees things; None for as oneself."""
    return _present.get()


@contextmanager
def viewing_as(viewing: Viewing | None) -> Iterator[None]:
    """While it lasts, scopes are the person's in that place, and entries of the trail name them as well."""
    token = _present.set(viewing)
    try:
        yield
    finally:
        _present.reset(token)
