"""What a resource type is: its fields, its key, what may be done with it. Everything else is made from this.

Lists, details, forms, filters, exports, search and permissions read a `ResourceType`; none of them knows a type by
name. Types themselves stand in `portal.resources.types`, one module each. No Django, no I/O.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from portal.resources.phases import Standing
from portal.resources.state_styles import Status
from portal.resources.times import moment_from_key, moment_to_key

type Value = Any
"""A plain value as it travels: str, int, bool, None, list or dict of such."""

type Values = Mapping[str, Value]


class Kind(StrEnum):
    """How a value is read, shown, edited, sorted and compared."""

    TEXT = "text"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    CHOICE = "choice"
    HOUR = "hour"  # hour of the day, 0–23
    NAMES = "names"  # list of short texts
    EMAILS = "emails"  # list of addresses of people
    DATE = "date"  # YYYY-MM-DD
    MOMENT = "moment"  # ISO 8601 with zone, '' for none
    TIMEZONE = "timezone"  # IANA name
    MONEY = "money"  # decimal string, four places
    STRUCT = "struct"  # nested values, shown as they are
    INTERFACES = "interfaces"  # network -> mac and addresses (vm_15)
    DELETION = "deletion"  # deadline and stages reached (vm_19)
    ACTIVITIES = "activities"  # what a maintenance consists of (mt_01)
    ITEMS = "items"  # positions of an invoice (in_01)


PYTHON_TYPES: Mapping[Kind, type] = {
    Kind.INTEGER: int,
    Kind.HOUR: int,
    Kind.BOOLEAN: bool,
    Kind.NAMES: list,
    Kind.EMAILS: list,
    Kind.STRUCT: dict,
    Kind.INTERFACES: dict,
    Kind.DELETION: dict,
    Kind.ACTIVITIES: list,
    Kind.ITEMS: list,
}


class Settable(StrEnum):
    """When a person may give the field a value."""

    NEVER = "never"
    AT_CREATION = "at creation"
    ALWAYS = "always"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One of the values a field may have."""

    value: str
    label: str
    outdated: bool = False  # still valid, no longer offered first
    needs: tuple[str, str] | None = None  # another field and the value that it has to have for this one


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of a record, named as in the API. Labels are marked, not translated."""

    name: str
    label: str
    kind: Kind = Kind.TEXT
    help: str = ""
    said: bool = False  # a sentence of the platform's own
    section: str = "main"
    settable: Settable = Settable.NEVER
    required: bool = False  # on creation
    filterable: bool = False  # in lists; the platform's own list is `upstream_filter`
    default: Value = None
    choices: tuple[Choice, ...] = ()
    words: tuple[str, str] | None = None  # for true and false, where they are not "yes" and "no"
    limit: str = ""  # name in portal.resources.limits
    unit: str = ""  # "MiB", "GiB", "h"
    refers_to: str = ""  # name of the resource type whose key this value (or each of them) is
    for_many: bool = False  # makes sense to be given to many records at once; of a list, entries added or taken away
    copied: bool = True  # goes along where a record is copied; not what can be only one record's own
    joins: bool = False  # records with the same value in the field of this name belong together, whatever their type
    max_length: int = 200  # of a text, or of each entry of a list
    check: Callable[[str], str | None] | None = None  # a text's own rule: what is wrong with it, or None

    def choices_beside(self, others: Values) -> tuple[Choice, ...]:
        """The choices that there are where the other fields have these values."""
        return tuple(one for one in self.choices if one.needs is None or others.get(one.needs[0]) == one.needs[1])

    @property
    def goes_by(self) -> str:
        """The other field that its choices go by, '' where they go by none."""
        return next((one.needs[0] for one in self.choices if one.needs), "")

    def default_beside(self, others: Values) -> Value:
        """The default where the other fields have these values: its own if that suits them, else the first choice."""
        suiting = [one.value for one in self.choices_beside(others)] if self.goes_by else []
        return self.default if not suiting or self.default in suiting else suiting[0]

    @property
    def sortable(self) -> bool:
        """Whether records can be put in an order by it that means something."""
        return self.kind not in UNSORTABLE

    def may_be(self, value: Value) -> bool:
        """Whether the value has the type that this field's kind promises."""
        expected = PYTHON_TYPES.get(self.kind, str)
        if expected is int and isinstance(value, bool):
            return False
        if expected is list and self.kind in (Kind.NAMES, Kind.EMAILS):
            return isinstance(value, list) and all(isinstance(entry, str) for entry in value)
        return isinstance(value, expected)


UNSORTABLE = frozenset({Kind.STRUCT, Kind.INTERFACES, Kind.ACTIVITIES, Kind.ITEMS, Kind.NAMES, Kind.EMAILS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A panel of the detail page and a group of the form."""

    name: str
    label: str
    icon: str = ""  # of the panel
    aside: bool = False  # what happens to a record, rather than what it is: stands beside the other panels


@dataclass(frozen=True, slots=True)
class Effect:
    """What saving will bring about, said before it is done.

    `text` is marked and `args` are filled in after translation; an argument that is a day, a moment or a `Window`
    is put into words by `ui`. `field` is beside which field it is said, '' for the whole form. `brief` says it in two
    or three words, '' where it can wait: the bar of a form has room for few.
    """

    text: str
    args: Mapping[str, Value] = field(default_factory=dict)
    field: str = ""
    level: str = "info"  # info | warning
    brief: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What has to be known around a record to say its state and what a change to it will bring about."""

    now: datetime  # the platform's time, aware
    group: Values | None = None  # the resource group that places it, None where unknown
    maintenances: tuple["Record", ...] = ()  # those of a machine


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """One thing an action can be asked for: what stands on the button, and while it is `going`, and what is POSTed."""

    label: str
    icon: str
    going: str
    params: Mapping[str, str] = field(default_factory=dict)
    confirm: str = ""  # question asked first, '' for none
    level: str = ""  # '' | danger


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """A change with a name and URL of its own (`<key>/-/<name>`, POST) that sets fields without a form.

    `buttons` are what can be done to the record as it is now. `sets` answers the fields to send, as explicit values
    (api_07); ValueError for parameters that no button has.
    """

    name: str
    buttons: Callable[["Record", datetime], tuple[Button, ...]]
    sets: Callable[["Record", Mapping[str, str], datetime], Values]
    takes_time: bool = False  # also until a time of one's own: `for=until`, and the moment as `until`


def no_effects(before: "Record | None", wanted: Values, context: Context) -> list[Effect]:
    """The effects of a type that has none worth saying."""
    return []


def heeds_all(before: "Record | None", wanted: Values, context: Context) -> tuple[Values, list[Effect]]:
    """Nothing that is wanted of the type is ignored."""
    return wanted, []


def nothing_lasts(before: "Record | None", wanted: Values | None) -> list[Effect]:
    """Of a type of which all can be taken back by itself."""
    return []


def all_runs(record: "Record", context: Context) -> Values:
    """Of a type whose values wait for nothing."""
    return {}


def no_states(values: Values, context: Context) -> tuple[Status, ...]:
    """The states of a type that has none."""
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceType:
    """A resource type of the platform: what its records look like and what may be done with them.

    `key` names the fields of the primary key, in the order they have in URLs; the last may hold slashes.
    `group` says which resource group places a record in the tree; where it answers None, `machine` names the machine
    whose group does; where that is None too, the record concerns the customer as a whole (money).
    """

    name: str
    label: str
    plural: str
    icon: str
    key: tuple[str, ...]
    fields: tuple[Field, ...]
    sections: tuple[Section, ...]
    columns: tuple[str, ...]  # of the list; "state" stands for the record's state
    roomy: tuple[str, ...] = ()  # those of them that stand back where there is no room for all
    card: tuple[str, ...] = ()  # the two or three that matter on a phone
    lead: str = ""  # the field that says in a line what a record is for
    sort: str = ""  # default order, "-" in front for descending; '' where that is by `standing`
    search: tuple[str, ...] = ()  # fields that free text is looked for in
    upstream_filter: tuple[str, ...] = ()  # keys that `query` accepts (api_11)
    fresh_for: int = 30  # seconds
    creatable: bool = False
    editable: bool = False
    deletable: bool = False
    delayed_deletion: bool = False  # deleting takes a deadline and can be cancelled (vm_18, vm_20)
    money: bool = False  # for manager and billing only
    states: Callable[[Values, Context], tuple[Status, ...]] = no_states  # the first is the state, the rest notes
    standing: Callable[["Record", datetime], Standing] | None = None  # in time, by which lists are in order
    runs: Callable[["Record", Context], Values] = all_runs  # what runs still, of values that wait for a window
    effects: Callable[["Record | None", Values, Context], list[Effect]] = no_effects  # of saving `wanted`
    # What of it cannot be taken back apart: of saving `wanted`, of deleting where that is None.
    lasting: Callable[["Record | None", Values | None], list[Effect]] = nothing_lasts
    # What of `wanted` means something to the platform, and what to say of what it ignores.
    heeds: Callable[["Record | None", Values, Context], tuple[Values, list[Effect]]] = heeds_all
    group: Callable[[Values], str | None] = lambda values: values.get("resource_group")
    machine: Callable[[Values], str | None] = lambda values: None
    title: Callable[[Values], str] = lambda values: str(values.get("name", ""))
    actions: tuple[Action, ...] = ()
    # Names that are free in a group besides those taken, next first: what copies may be called. None: no copies.
    free_names: Callable[[str, Iterable[str]], Iterator[str]] | None = None

    def field(self, name: str) -> Field:
        """The field of that name; KeyError where there is none."""
        for candidate in self.fields:
            if candidate.name == name:
                return candidate
        raise KeyError(name)

    @property
    def has_states(self) -> bool:
        return self.states is not no_states

    @property
    def is_changeable(self) -> bool:
        """Whether anything can be done with a record of it."""
        return self.editable or self.deletable or bool(self.actions)

    @property
    def field_names(self) -> tuple[str, ...]:
        return tuple(candidate.name for candidate in self.fields)

    def in_order[T](self, by_name: Mapping[str, T]) -> list[tuple[Field, T]]:
        """What is known of some fields, in the order of the type, whatever the order in which a database had it."""
        return [(candidate, by_name[candidate.name]) for candidate in self.fields if candidate.name in by_name]

    def settable_fields(self, *, creating: bool) -> tuple[Field, ...]:
        """The fields a form asks for."""
        wanted = {Settable.ALWAYS, Settable.AT_CREATION} if creating else {Settable.ALWAYS}
        return tuple(candidate for candidate in self.fields if candidate.settable in wanted)

    def key_of(self, values: Values) -> str:
        """The key as it stands in URLs (api/rules.md); KeyError where a part is missing, ValueError where malformed."""
        return "/".join([self._part(name, values[name]) for name in self.key])

    def key_values(self, key: str) -> dict[str, str]:
        """The primary key's fields from a key as it stands in URLs; ValueError where it cannot be one."""
        parts = key.split("/", len(self.key) - 1)
        if not all(parts):
            raise ValueError(key)
        return {
            name: moment_from_key(part) if self.field(name).kind is Kind.MOMENT else part
            for name, part in zip(self.key, parts, strict=True)  # ValueError where there are too few
        }

    def _part(self, name: str, value: Value) -> str:
        if not isinstance(value, str) or not value:
            raise ValueError(name)
        return moment_to_key(value) if self.field(name).kind is Kind.MOMENT else value


@dataclass(frozen=True, slots=True)
class Record:
    """A record as it was read by its spec (see `read`).

    `values` holds a value for every field of the type: one that is missing stands at the field's default, one of a
    wrong type at None and is named in `problems`. Keys that no field names are in `further`.
    """

    type: ResourceType
    key: str
    values: Values
    further: Values = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Value:
        return self.values[name]

    def get(self, name: str, default: Value = None) -> Value:
        return self.values.get(name, default)

    @property
    def title(self) -> str:
        return self.type.title(self.values)

    @property
    def group(self) -> str | None:
        """Name of the resource group that places it in the tree."""
        return self.type.group(self.values)

    @property
    def machine(self) -> str | None:
        """Name of the machine it concerns, where that places it and no group does."""
        return self.type.machine(self.values)


class UnreadableRecord(ValueError):
    """A record without a usable primary key: it cannot be shown as what it is."""


NOTHING: Values = {}  # shared by all records that have nothing of a kind
NOT_OF_THE_RECORD = frozenset({"__type__", "__action__"})
ALIKE = frozenset({Kind.NAMES, Kind.EMAILS, Kind.DELETION})  # what many records have the same of, however it is made up


class Reader:
    """Reads records of a type, sharing among them what is alike: 10,000 machines have a dozen environments."""

    def __init__(self, resource_type: ResourceType) -> None:
        self.type = resource_type
        self._defaults = {spec_field.name: spec_field.default for spec_field in resource_type.fields}
        self._checks = {spec_field.name: spec_field.may_be for spec_field in resource_type.fields}
        self._alike = {spec_field.name for spec_field in resource_type.fields if spec_field.kind in ALIKE}
        self._plain = {one.name: PYTHON_TYPES.get(one.kind, str) for one in resource_type.fields}
        self._shared: dict[Value, Value] = {}

    def read(self, raw: Values) -> Record:
        """What the platform sent. Wrong types are contained to their field; UnreadableRecord without a key."""
        values = self._defaults.copy()
        further: dict[str, Value] = {}
        problems: dict[str, str] = {}
        share = self._shared.setdefault
        for name, value in raw.items():
            if name not in values:
                if name not in NOT_OF_THE_RECORD:
                    further[name] = value
            elif value is None:
                continue
            elif type(value) is not self._plain[name] or (name in self._alike and not self._checks[name](value)):
                values[name], further[name], problems[name] = None, value, type(value).__name__
            elif type(value) is str:
                values[name] = share(value, value)
            else:
                values[name] = share((name, repr(value)), value) if name in self._alike else value
        try:
            key = self.type.key_of(values)
        except (KeyError, ValueError) as error:
            raise UnreadableRecord(self.type.name) from error
        return Record(self.type, key, values, further or NOTHING, problems or NOTHING)

    def read_all(self, raws: Iterable[Values]) -> Iterator[Record | None]:
        """Each of many; None for one without a key."""
        for raw in raws:
            try:
                yield self.read(raw)
            except UnreadableRecord:
                yield None


def read(resource_type: ResourceType, raw: Values) -> Record:
    """Read one record (`Reader.read`)."""
    return Reader(resource_type).read(raw)


def read_all(resource_type: ResourceType, raws: Iterable[Values]) -> tuple[list[Record], int]:
    """Read many; those without a key are left out and counted."""
    found = list(Reader(resource_type).read_all(raws))
    records = [record for record in found if record is not None]
    return records, len(found) - len(records)
