"""What was chosen in a list: by ticks, or all that its filters match; of what the person sees."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.http import Http404, QueryDict

from portal.accounts.access import Scope
from portal.inventory.listings.select import Query, matching
from portal.inventory.reads import Listing
from portal.resources.spec import Record
from portal.ui import links
from portal.ui.lists import filters

KEYS, KEY = "keys", "key"  # one a line in one field, as a script sends them; a field for each tick without one
ALL, QUERY = "all", "query"  # all that the list's query matches, and that query
MOST_LINKS = 12


@dataclass(frozen=True)
class Chosen:
    """Records in the order of their list, and how many keys are none (any more) that the person sees."""

    scope: Scope
    records: Sequence[Record]
    missing: int = 0

    @property
    def keys(self) -> str:
        """As they travel in the form."""
        return "\n".join(record.key for record in self.records)

    @property
    def first(self) -> list[tuple[str, str]]:
        """(title, address) of the first few."""
        number = self.scope.customer.number
        return [(one.title, links.record(number, one.type.name, one.key)) for one in self.records[:MOST_LINKS]]

    @property
    def further(self) -> list[str]:
        """The others by title."""
        return [record.title for record in self.records[MOST_LINKS:]]

    @property
    def groups(self) -> list[tuple[str, int]]:
        """(resource group, how many of them it places)."""
        return sorted(Counter(record.group or "" for record in self.records).items())


def chosen_in(scope: Scope, listing: Listing, data: QueryDict) -> Chosen:
    """What the page was asked for. Http404 where none of the keys is one that the person sees."""
    if ALL in data:
        query = filters.read_query(listing.type, QueryDict(data.get(QUERY, "")))
        return Chosen(scope, matching(scope, listing, query))
    sent = [*data.getlist(KEY), *re.split(r"[\r\n]+", data.get(KEYS, ""))]
    keys = {key for key in sent if key}
    found = [record for record in matching(scope, listing, Query()) if record.key in keys] if keys else []
    if keys and not found:
        raise Http404
    return Chosen(scope, found, len(keys) - len(found))
