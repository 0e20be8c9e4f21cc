"""What a page gets of one resource type: the records a scope may see, and how much they are to be trusted."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from portal.inventory.listings.derived import Index
from portal.inventory.snapshots.source import Source, Trouble
from portal.resources.spec import Record, ResourceType


@dataclass(frozen=True, eq=False)
class Listing:
    """Immutable; records, keys and index are shared between the requests of a process, by `version`."""

    type: ResourceType
    records: tuple[Record, ...]  # by key, in natural order
    by_key: Mapping[str, Record]
    version: str  # changes whenever what the scope sees may have changed
    as_of: datetime | None  # when the oldest part was fetched, by our clock; None when never
    source: Source
    troubles: tuple[Trouble, ...]
    unreadable: int  # records without a usable key, left out
    platform_now: datetime  # the platform's time
    told_at: datetime  # the platform's time when the oldest part was fetched; its time now when never
    index: Index = field(repr=False)
    is_asked: bool = True  # whether there is a key to ask for it with

    @property
    def is_loading(self) -> bool:
        """Whether the first answer is on its way."""
        return self.source is Source.NEVER and self.is_asked and not self.troubles

    def known(self, *, is_live: bool) -> tuple[object, ...]:
        """What a page says of it, for the page's tag. One that asks again and again says to the minute since when.

        Fresh or not is no difference: whether the page asks on for it is, and the same that was fetched anew need not
        be sent anew to all who wait for something else.
        """
        as_of = self.as_of.replace(second=0, microsecond=0) if self.as_of and is_live else self.as_of
        source = Source.FRESH if self.source is Source.STALE else self.source
        return (self.version, source, as_of, is_live)


def is_loading(listings: Iterable[Listing]) -> bool:
    """Whether the first answer about some of it is on its way."""
    return any(one.is_loading for one in listings)
