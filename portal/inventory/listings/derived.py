"""What can be derived from the records of one listing version: made when first asked for, shared by all requests."""

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from operator import itemgetter
from threading import RLock
from typing import Any

from portal.resources.spec import Field, Kind, Record, ResourceType, Value
from portal.resources.spelling import SortKey, Words, mentions, natural, plain
from portal.resources.times import parse_moment

AS_TEXT = frozenset({Kind.DATE, Kind.MOMENT})  # of the platform's form, whose texts are in the order of time
REMEMBERED = 64  # results of filters per listing version


class Index:
    """Orderings, search texts and references of some records. Safe to share between threads."""

    def __init__(self, resource_type: ResourceType, records: tuple[Record, ...]) -> None:
        self.type = resource_type
        self.records = records
        self._lock = RLock()
        self._orders: dict[str, tuple[Record, ...]] = {"": records}
        self._derived: dict[object, tuple[object, Any]] = {}
        self._remembered: OrderedDict[object, tuple[object, Sequence[Record]]] = OrderedDict()

    def ordered(self, sort: str) -> tuple[Record, ...]:
        """All records by a field's name, `-` in front for descending; nothing comes last, ties go by key.

        A name that is no sortable field is taken for the type's default order.
        """
        with self._lock:
            if sort not in self._orders:
                self._orders[sort] = self._sort(sort)
            return self._orders[sort]

    def once[T](self, name: object, make: Callable[[], T], *, beside: object = None) -> T:
        """What `make` answers, made once and remembered by `name`; anew where it is made of something else `beside`."""
        with self._lock:
            known = self._derived.get(name)
            if known is None or known[0] is not beside:
                known = self._derived[name] = (beside, make())
            found: T = known[1]
            return found

    @property
    def texts(self) -> Mapping[str, str]:
        """Key of each record -> what free text is looked for in."""
        return self.once("texts", lambda: {record.key: search_text(record) for record in self.records})

    def by_value(self, field_name: str) -> Mapping[str, tuple[Record, ...]]:
        """Text -> the records that have it in that field, or in the list that the field holds."""
        return self.once(f"by {field_name}", lambda: _group(self.records, lambda record: record.values[field_name]))

    @property
    def by_group(self) -> Mapping[str, tuple[Record, ...]]:
        """Resource group -> the records that it places."""
        return self.once("by group", lambda: _group(self.records, lambda record: record.group))

    @property
    def by_machine(self) -> Mapping[str, tuple[Record, ...]]:
        """Machine -> the records that it places."""
        return self.once("by machine", lambda: _group(self.records, lambda record: record.machine))

    @property
    def moments(self) -> Sequence[tuple[datetime, Record]]:
        """Each moment that stands in a record, in the order of time."""
        names = [field.name for field in self.type.fields if field.kind is Kind.MOMENT]

        def moments() -> list[tuple[datetime, Record]]:
            found = ((parse_moment(record.values[name]), record) for record in self.records for name in names)
            return sorted(((moment, record) for moment, record in found if moment is not None), key=itemgetter(0))

        return self.once("moments", moments)

    def passed(self, now: datetime) -> int:
        """How many of the moments have passed: time alone changes what is said of the records at those only."""
        return bisect_right(self.moments, now, key=itemgetter(0))

    def remember(self, question: object, given: object, answer: Callable[[], Sequence[Record]]) -> Sequence[Record]:
        """The answer to a question asked before with the very same `given`, else a new one."""
        with self._lock:
            known = self._remembered.get(question)
            if known is not None and known[0] is given:
                self._remembered.move_to_end(question)
                return known[1]
        records = answer()
        with self._lock:
            self._remembered[question] = (given, records)
            if len(self._remembered) > REMEMBERED:
                self._remembered.popitem(last=False)
        return records

    def _sort(self, sort: str) -> tuple[Record, ...]:
        name = sort.removeprefix("-")
        try:
            field = self.type.field(name)
        except KeyError:
            field = None
        if field is None or not field.sortable:
            return self.ordered(self.type.sort) if sort != self.type.sort else self.records
        present: list[tuple[SortKey, Record]] = []
        absent: list[Record] = []
        keys: dict[str, SortKey | None] = {}  # of texts: many records have the same
        for record in self.records:
            value = record.values[name]
            if not isinstance(value, str):
                key = sort_key(field, value)
            elif value in keys:
                key = keys[value]
            else:
                key = keys[value] = sort_key(field, value)
            if key is None:
                absent.append(record)
            else:
                present.append((key, record))
        present.sort(key=lambda pair: pair[0], reverse=sort.startswith("-"))
        return (*(record for _, record in present), *absent)


def sort_key(field: Field, value: Value) -> SortKey | None:
    """What a value is put in order by; None for nothing, which comes last in either direction."""
    if field.kind is Kind.DELETION:
        value = value.get("deadline") if isinstance(value, dict) else None
    if value is None or value == "":
        return None
    if field.kind is Kind.MONEY:
        return _decimal(value)
    if isinstance(value, (bool, int)) or field.kind in AS_TEXT:
        return value
    return natural(str(value))


def search_text(record: Record) -> str:
    """Everything in the type's search fields, in one text."""
    found: list[str] = []
    for name in record.type.search:
        found.extend(_texts_in(record.values[name]))
    return plain("\n".join(found))


def mentioning(records: Sequence[Record], texts: Mapping[str, str], words: Words) -> Sequence[Record]:
    """Those that have each of the words, in one of its spellings, in their text."""
    for word in words:
        if len(word) == 1:  # as nearly all: 10,000 texts in a millisecond
            records = [record for record in records if word[0] in texts[record.key]]
        else:
            records = [record for record in records if mentions(texts[record.key], [word])]
    return records


def what_mentions(record: Record, word: Sequence[str]) -> str:
    """The text of the record in which one of a word's spellings stands; '' where its title has it, or none does."""
    if mentions(plain(record.title), [word]):
        return ""
    texts = (text for name in record.type.search for text in _texts_in(record.values[name]))
    return next((text for text in texts if mentions(plain(text), [word])), "")


def _decimal(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _texts_in(value: Value) -> Iterator[str]:
    """Names, descriptions, addresses: the texts in a value, however deep, keys included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from _texts_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts_in(inner)


def _group(records: Sequence[Record], of: Callable[[Record], Value]) -> dict[str, tuple[Record, ...]]:
    found: dict[str, list[Record]] = {}
    for record in records:
        value = of(record)
        for one in value if isinstance(value, list) else (value,):
            if isinstance(one, str) and one:
                found.setdefault(one, []).append(record)
    return {value: tuple(group) for value, group in found.items()}
