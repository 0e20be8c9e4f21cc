"""What stands around the records of a page: the groups and machines they refer to, and their time zone."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from zoneinfo import ZoneInfo

from portal.accounts.access import Scope
from portal.inventory import reads
from portal.inventory.reads import Listing
from portal.resources.spec import Record
from portal.resources.times import BERLIN, zone
from portal.resources.types import TYPES
from portal.ui import links
from portal.ui.format.values import Viewing
from portal.ui.links import Parameters
from portal.ui.reader_pages import Pages

GROUPS = "resourcegroup"
MACHINES = "virtualmachine"


class Surroundings:
    """Nothing is waited for: what is not known yet is shown without a link, and in Europe/Berlin."""

    def __init__(
        self,
        scope: Scope,
        listing: Listing,
        pages: "Callable[[Surroundings], Pages] | None" = None,
        *,
        known: Mapping[str, Listing] | None = None,
        with_money: bool = False,
    ) -> None:
        self.scope = scope
        self.listing = listing
        self._pages = pages or OwnPages
        self._known = known
        self._with_money = with_money
        self._viewings: dict[ZoneInfo, Viewing] = {}

    @cached_property
    def listings(self) -> Mapping[str, Listing]:
        """All types that the person may see, as far as they are known; those that the page has at hand.

        Money only where it is what the page is about, or where the page asks for it: it is most of what there is.
        """
        if self._known is not None:
            return self._known
        names = [
            name
            for name, kind in TYPES.items()
            if self.scope.may_see(name) and (not kind.money or self._with_money or kind == self.listing.type)
        ]
        return reads.listings(self.scope, names, wait=False)

    @property
    def version(self) -> str:
        """Of everything that a row may depend on besides its own listing."""
        return " ".join(listing.version for name, listing in self.listings.items() if not TYPES[name].money)

    @property
    def is_loading(self) -> bool:
        """Whether the first answer about some of it is on its way."""
        return reads.is_loading(self.listings.values())

    def has_page(self, type_name: str, key: str) -> bool:
        """Whether that record has a page that this person may see."""
        listing = self.listings.get(type_name)
        return listing is not None and key in listing.by_key

    def zone(self, record: Record) -> ZoneInfo:
        """The time zone of the resource group that places the record; Europe/Berlin where none does."""
        own = record.get("timezone")
        if isinstance(own, str) and own:
            return zone(own)
        machine = self._find(MACHINES, record.machine)
        group = self._find(GROUPS, machine.group if machine else record.group)
        return zone(group.get("timezone")) if group else BERLIN

    def viewing(self, record: Record) -> Viewing:
        """How the record's values are shown to this person."""
        return self.viewing_in(self.zone(record))

    def viewing_in(self, tz: ZoneInfo) -> Viewing:
        """The same for a time zone."""
        if tz not in self._viewings:
            number = self.scope.customer.number
            self._viewings[tz] = Viewing(number, tz, self.listing.platform_now, self._pages(self))
        return self._viewings[tz]

    def _find(self, type_name: str, key: str | None) -> Record | None:
        listing = self.listings.get(type_name)
        return listing.by_key.get(key) if listing is not None and key else None


@dataclass(frozen=True, slots=True)
class OwnPages:
    """The customer's pages, of what is known and may be seen."""

    around: Surroundings

    def record(self, type_name: str, key: str) -> str:
        return links.record(self._number, type_name, key) if self.around.has_page(type_name, key) else ""

    def listed(self, type_name: str, parameters: Parameters) -> str:
        return links.of_type(self._number, type_name, parameters)

    def change(self, number: int) -> str:
        return f"{links.page(self._number, 'changes')}#change-{number}"

    def scheduled(self, name: str) -> str:
        return links.schedule(self._number, [("view", "machines"), ("q", name)])

    @property
    def _number(self) -> str:
        return self.around.scope.customer.number
