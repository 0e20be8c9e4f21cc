"""Which changes a plan is sent as: one for each API key that it needs, as few as can be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from portal.accounts.models import ApiKey
from portal.changes.errors import NoKey
from portal.changes.intent import Intent
from portal.changes.keys import reaching

type Placed = tuple[Intent, str]
"""What is asked for, and the group that places it."""


@dataclass(slots=True)
class Split:
    """`parts` in the order in which they go out; `without` is what no key reaches, each with its groups."""

    parts: list[tuple[ApiKey, list[Placed]]] = field(default_factory=list)
    without: list[tuple[Intent, frozenset[str]]] = field(default_factory=list)


def split(keys: Mapping[str, ApiKey], items: Sequence[Placed], parents: Mapping[str, str]) -> Split:
    """`items` in order, `parents` as they are now and with the groups that are created.

    What the same topmost key reaches goes together; it is sent with the nearest key that reaches all of that.
    """
    found = Split()
    together: dict[str, list[Placed]] = {}
    for item, group in items:
        try:
            topmost = reaching(keys, [(item, group)], parents)[-1]
        except NoKey as error:
            found.without.append((item, error.groups))
        else:
            together.setdefault(topmost.resource_group, []).append((item, group))
    found.parts = [(reaching(keys, some, parents)[0], some) for some in together.values()]
    return found
