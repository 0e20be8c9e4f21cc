"""Filters of a list: from the address to a `Query` and back, and what there is to choose from."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from portal.inventory.listings.derived import sort_key
from portal.inventory.listings.listing import Listing
from portal.inventory.listings.select import STATE, Query
from portal.inventory.reads import States
from portal.resources.spec import Field, Kind, ResourceType, Value
from portal.resources.spelling import whole_number
from portal.resources.state_styles import State
from portal.ui.format import values
from portal.ui.format.badges import state_word

PER_PAGE = (25, 50, 100, 250)
DEFAULT_PER_PAGE = 50
LONGEST = 200  # characters of a filter's value
MOST_OPTIONS = 40  # of a field, to choose from; with more it is typed
MAIN = 4  # filters that are in sight; the rest stands under "More filters"
# States of types by the names that addresses from before have for them.
RENAMED = {("resourcegroup", "ready"): State.ACTIVE.value}
TYPED = frozenset({Kind.TEXT, Kind.MOMENT})


@dataclass(frozen=True, slots=True)
class Option:
    """One value that can be filtered by."""

    value: str
    label: str
    count: int
    checked: bool


@dataclass(frozen=True, slots=True)
class Facet:
    """A field that can be filtered by: by choosing from `options`, or by typing where there are none."""

    name: str
    label: str
    options: Sequence[Option] = ()
    value: str = ""  # typed

    @property
    def chosen(self) -> int:
        """How many options are chosen."""
        return sum(option.checked for option in self.options)

    @property
    def is_set(self) -> bool:
        return bool(self.value or self.chosen)


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter in force, and the address without it."""

    label: str
    value: str
    without: str


@dataclass(frozen=True, slots=True)
class Facets:
    """What a list can be filtered by: some in sight, the rest under "More filters"."""

    main: Sequence[Facet] = ()
    more: Sequence[Facet] = ()
    chosen_more: int = field(default=0)


def read_query(resource_type: ResourceType, params: QueryDict) -> Query:
    """What the address asks for. Unknown parameters and values that make no sense are left aside."""
    names = [spec.name for spec in resource_type.fields if spec.filterable]
    chosen = {name: read_texts(params.getlist(name)) for name in names}
    named = (RENAMED.get((resource_type.name, text), text) for text in read_texts(params.getlist(STATE)))
    states = tuple(text for text in named if text in list(State))
    per_page = whole_number(params.get("per_page", ""))
    return Query(
        filters={name: texts for name, texts in chosen.items() if texts},
        states=states if resource_type.has_states else (),
        text=params.get("q", "").replace("\0", "").strip()[:LONGEST],
        sort=_sort(resource_type, params.get("sort", "")),
        page=whole_number(params.get("page", "")) or 1,
        per_page=per_page if per_page in PER_PAGE else DEFAULT_PER_PAGE,
    )


def parameters(query: Query, columns: Sequence[str] = ()) -> list[tuple[str, str]]:
    """The query as an address has it, in one order, without what is the default; `columns` where they were chosen."""
    pairs = [("q", query.text)] if query.text else []
    pairs += [(STATE, state) for state in query.states]
    pairs += [(name, text) for name, texts in query.filters.items() for text in texts]
    pairs += [("columns", name) for name in columns]
    pairs += [("sort", query.sort)] if query.sort else []
    pairs += [("per_page", str(query.per_page))] if query.per_page != DEFAULT_PER_PAGE else []
    return pairs + ([("page", str(query.page))] if query.page > 1 else [])


def is_filtered(query: Query) -> bool:
    """Whether anything may be left out."""
    return bool(query.text or query.states or query.filters)


def without_filters(query: Query) -> Query:
    """The same order and page size, of everything."""
    return replace(query, filters={}, states=(), text="", page=1)


def on_page(query: Query, number: int) -> Query:
    """The same, on another page."""
    return replace(query, page=number)


def resized(query: Query, per_page: int) -> Query:
    """The same in pages of another size, from the first."""
    return replace(query, per_page=per_page, page=1)


def facets(listing: Listing, query: Query, states: States | None) -> Facets:
    """What can be filtered by, with how many records each value has."""
    found = [_facet(listing, spec, query) for spec in _in_order(listing.type)]
    telling = [facet for facet in found if len(facet.options) > 1 or facet.is_set]
    rest = [facet for facet in found if facet not in telling and (facet.options or listing.records)]
    state = [_state_facet(states, query)] if states is not None else []
    chosen = [facet for facet in telling if facet.options]
    main = [*chosen[:1], *state, *chosen[1 : MAIN - len(state)]]
    more = [facet for facet in (*telling, *rest) if facet not in main]
    return Facets(main, more, sum(facet.is_set for facet in more))


def chips(resource_type: ResourceType, query: Query, columns: Sequence[str]) -> list[Chip]:
    """What is in force, each with a way to take it off."""
    found = []
    if query.text:
        found.append(Chip(_("Text"), query.text, _address(replace(query, text=""), columns)))
    for state in query.states:
        rest = tuple(other for other in query.states if other != state)
        found.append(Chip(_("State"), state_word(State(state)), _address(replace(query, states=rest), columns)))
    for name, texts in query.filters.items():
        spec = resource_type.field(name)
        for text in texts:
            rest = tuple(other for other in texts if other != text)
            left = {**query.filters, name: rest}
            shown = values.text(spec, text)
            found.append(Chip(_(spec.label), shown, _address(replace(query, filters=left), columns)))
    return found


def _address(query: Query, columns: Sequence[str]) -> str:
    params = QueryDict(mutable=True)
    for name, value in parameters(replace(query, page=1), columns):
        params.appendlist(name, value)
    return f"?{params.urlencode()}"


def _in_order(resource_type: ResourceType) -> list[Field]:
    """Fields that people filter by most come first: what stands in the list, then yes or no, then the rest."""
    filterable = [spec for spec in resource_type.fields if spec.filterable]
    columns = resource_type.columns
    last = len(columns)
    place = {spec.name: columns.index(spec.name) if spec.name in columns else last for spec in filterable}
    return sorted(filterable, key=lambda spec: (spec.kind is Kind.INTEGER, place[spec.name], spec.kind != Kind.BOOLEAN))


def _facet(listing: Listing, spec: Field, query: Query) -> Facet:
    chosen = query.filters.get(spec.name, ())
    counts = {} if spec.kind in TYPED and not spec.refers_to else _counts(listing, spec.name)
    if not counts or len(counts) > MOST_OPTIONS:
        return Facet(spec.name, _(spec.label), value=chosen[0] if chosen else "")
    texts = {_as_text(value): count for value, count in counts.items()}
    texts |= {text: 0 for text in chosen if text not in texts}
    options = (Option(text, values.text(spec, text), count, text in chosen) for text, count in texts.items())
    return Facet(spec.name, _(spec.label), list(options))


def _state_facet(states: States, query: Query) -> Facet:
    options = (
        Option(state.value, state_word(state), states.counts.get(state, 0), state in query.states)
        for state in State
        if state in states.counts or state in query.states
    )
    return Facet(STATE, _("State"), list(options))


def _counts(listing: Listing, name: str) -> Mapping[Value, int]:
    """Each value of a field with how many records have it, in the field's order; counted once per listing version."""

    def count() -> Mapping[Value, int]:
        spec = listing.type.field(name)
        found = Counter(value for record in listing.records if (value := record.values[name]) not in (None, ""))
        return dict(sorted(found.items(), key=lambda pair: _rank(spec, pair[0])))

    return listing.index.once(f"counts {name}", count)


def _rank(spec: Field, value: Value) -> tuple[int, Any]:
    for position, choice in enumerate(spec.choices):
        if choice.value == value:
            return (position, None)
    return (len(spec.choices), sort_key(spec, value))


def _as_text(value: Value) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def read_texts(found: Iterable[str]) -> tuple[str, ...]:
    """Values that were given, each once."""
    return tuple(dict.fromkeys(text[:LONGEST] for one in found if (text := one.replace("\0", "").strip())))[:100]


def _sort(resource_type: ResourceType, text: str) -> str:
    name = text.removeprefix("-")
    if name == STATE and resource_type.has_states:
        return text
    if name not in resource_type.field_names or not resource_type.field(name).sortable or text == resource_type.sort:
        return ""
    return text
