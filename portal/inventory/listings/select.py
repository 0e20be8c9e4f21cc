"""Filter, sort, search and page through a listing. Knows nothing of requests; every query has an answer."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from portal.accounts.access import Scope
from portal.inventory.listings.derived import mentioning, search_text
from portal.inventory.listings.listing import Listing
from portal.inventory.listings.record_context import States, states
from portal.resources.spec import Kind, Record, ResourceType, Value
from portal.resources.spelling import mentions, words_of
from portal.resources.state_styles import State

MOST_PER_PAGE = 1000
STATE = "state"  # a column that can be sorted by without being a field

type Predicate = Callable[[Record], bool]


@dataclass(frozen=True, slots=True)
class Query:
    """What a person asked for, in the words of the URL. What means nothing for the type is left aside."""

    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # field -> any of these
    states: tuple[str, ...] = ()  # any of these
    text: str = ""  # every word of it, anywhere
    sort: str = ""  # a sortable field or "state", "-" in front for descending; '' for the type's own order
    page: int = 1
    per_page: int = 50

    @property
    def key(self) -> object:
        """The same for the same question."""
        filters = tuple((name, tuple(texts)) for name, texts in self.filters.items())
        return (filters, self.states, self.text, self.sort, self.page, self.per_page)


@dataclass(frozen=True, slots=True)
class Page[T]:
    """One page of what matches; `number` is a page that exists, whatever was asked for."""

    records: Sequence[T]
    total: int  # matches
    number: int
    pages: int
    per_page: int


def select(scope: Scope, listing: Listing, query: Query) -> Page[Record]:
    """The page asked for; a number beyond the ends becomes the nearest page there is."""
    return cut(matching(scope, listing, query), query.page, query.per_page)


def cut[T](found: Sequence[T], page: int, per_page: int) -> Page[T]:
    """One page of all that was found."""
    per_page = min(max(per_page, 1), MOST_PER_PAGE)
    pages = max(-(-len(found) // per_page), 1)
    number = min(max(page, 1), pages)
    return Page(found[(number - 1) * per_page : number * per_page], len(found), number, pages, per_page)


def matching(scope: Scope, listing: Listing, query: Query) -> Sequence[Record]:
    """All that matches, in order: for a spreadsheet, and for the page that is cut out of it."""
    by_state = listing.type.has_states and (bool(query.states) or query.sort.removeprefix("-") == STATE)
    known = states(scope, listing) if by_state else None
    filters = _filters(listing.type, query)
    question = (filters, query.states if known is not None else (), query.text, query.sort, passed(listing))
    return listing.index.remember(question, known, lambda: _search(listing, query, filters, known))


def _filters(resource_type: ResourceType, query: Query) -> tuple[tuple[str, frozenset[Value]], ...]:
    """The filters that mean something for the type, with values as the records hold them."""
    filterable = {spec.name: spec.kind for spec in resource_type.fields if spec.filterable}
    return tuple(
        (name, frozenset(_value(filterable[name], text) for text in texts))
        for name, texts in sorted(query.filters.items())
        if texts and name in filterable
    )


def _search(
    listing: Listing, query: Query, filters: tuple[tuple[str, frozenset[Value]], ...], known: States | None
) -> Sequence[Record]:
    records: Sequence[Record] = _ordered(listing, query.sort, known)
    predicates = [_holds(name, wanted) for name, wanted in filters]
    if query.states and known is not None:
        predicates.append(_is_in(known, frozenset(query.states)))
    if words := words_of(query.text):
        records = mentioning(records, listing.index.texts, words)
    for predicate in predicates:
        records = [record for record in records if predicate(record)]
    return records


def fits(record: Record, query: Query) -> bool:
    """Whether a record that no listing has yet would be shown; where a state is asked for, none has it."""
    predicates = [_holds(name, wanted) for name, wanted in _filters(record.type, query)]
    if record.type.has_states and query.states:
        return False
    return mentions(search_text(record), words_of(query.text)) and all(holds(record) for holds in predicates)


def _ordered(listing: Listing, sort: str, known: States | None) -> Sequence[Record]:
    standing = listing.type.standing
    if standing is not None and not sort:
        return sorted(listing.records, key=lambda record: standing(record, listing.platform_now).order)
    if known is None or sort.removeprefix("-") != STATE:
        return listing.index.ordered(sort or listing.type.sort)
    rank = {state: position for position, state in enumerate(State)}
    return sorted(listing.records, key=lambda record: rank[known[record.key][0].state], reverse=sort.startswith("-"))


def passed(listing: Listing) -> int:
    """What changes where records stand: time alone does so when a moment passes, of types that come and go."""
    return 0 if listing.type.standing is None else listing.index.passed(listing.platform_now)


def _value(kind: Kind, text: str) -> Value:
    """A value of the URL as records hold it; one that cannot be is an object that equals nothing."""
    if kind is Kind.BOOLEAN:
        return {"true": True, "false": False}.get(text, _NOTHING)
    if kind in (Kind.INTEGER, Kind.HOUR):
        return int(text) if text.isascii() and text.removeprefix("-").isdigit() and len(text) < 20 else _NOTHING
    return text


_NOTHING = object()


def _holds(name: str, wanted: frozenset[Value]) -> Predicate:
    def holds(record: Record) -> bool:
        value = record.values[name]
        if isinstance(value, list):
            return any(one in wanted for one in value if isinstance(one, str))
        return value in wanted

    return holds


def _is_in(known: States, wanted: frozenset[str]) -> Predicate:
    """Whether the record's state, which is the first that fits (pages.md), is one of those wanted."""
    return lambda record: known[record.key][0].state in wanted
