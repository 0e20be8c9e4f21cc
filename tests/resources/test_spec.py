"""What a resource type is made of: fields, keys, records as they are read."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.resources.spec import (
    Field,
    Kind,
    Record,
    ResourceType,
    Section,
    Settable,
    UnreadableRecord,
    read,
    read_all,
)
from portal.resources.state_styles import State, Status
from tests.resources.building import around

THING = ResourceType(
    name="thing",
    label="Thing",
    plural="Things",
    icon="box",
    key=("resource_group", "starts", "name"),
    sections=(Section(name="main", label="Thing"),),
    fields=(
        Field(name="resource_group", label="Group", settable=Settable.AT_CREATION, required=True),
        Field(name="starts", label="Starts", kind=Kind.MOMENT),
        Field(name="name", label="Name", settable=Settable.AT_CREATION),
        Field(name="cores", label="Cores", kind=Kind.INTEGER, settable=Settable.ALWAYS, default=1),
        Field(name="roles", label="Roles", kind=Kind.NAMES, settable=Settable.ALWAYS, default=[]),
        Field(name="host", label="Host"),
    ),
    columns=("name",),
)
RAW = {"resource_group": "shop", "starts": "2026-11-24T22:00:00+01:00", "name": "a/b"}
KEY = "shop/20261124T210000Z/a/b"


# --- values


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (Kind.TEXT, ["", "x"], [1, True, [], {}, None]),
        (Kind.CHOICE, ["x"], [1, ["x"]]),
        (Kind.DATE, ["2026-11-24"], [20261124]),
        (Kind.MOMENT, ["2026-11-24T21:00:00Z", ""], [1764018000]),
        (Kind.TIMEZONE, ["UTC"], [1]),
        (Kind.MONEY, ["10.0000"], [10, 10.0]),
        (Kind.INTEGER, [0, -1, 2**40], [True, False, "1", 1.0, None]),
        (Kind.HOUR, [0, 23], [True, "22"]),
        (Kind.BOOLEAN, [True, False], [0, 1, "true", None]),
        (Kind.NAMES, [[], ["a"]], ["a", [1], ["a", None], {}]),
        (Kind.EMAILS, [[], ["a@b.de"]], ["a@b.de", [1]]),
        (Kind.STRUCT, [{}, {"a": 1}], [[], "", 1]),
        (Kind.INTERFACES, [{}], [[]]),
        (Kind.DELETION, [{}], [[], ""]),
        (Kind.ACTIVITIES, [[], [{}], [1]], [{}, ""]),
        (Kind.ITEMS, [[], [{}]], [{}, ""]),
    ],
)
def test_a_value_has_the_type_that_its_kind_promises(kind: Kind, good: list[Any], bad: list[Any]) -> None:
    field = Field(name="x", label="X", kind=kind)
    assert [value for value in good if not field.may_be(value)] == []
    assert [value for value in bad if field.may_be(value)] == []


def test_every_kind_is_a_text_unless_said_otherwise_and_sortable_where_an_order_means_something() -> None:
    unsortable = {kind for kind in Kind if not Field(name="x", label="X", kind=kind).sortable}
    assert unsortable == {Kind.STRUCT, Kind.INTERFACES, Kind.ACTIVITIES, Kind.ITEMS, Kind.NAMES, Kind.EMAILS}


# --- fields


def test_a_field_is_found_by_its_name() -> None:
    assert THING.field("cores").default == 1
    with pytest.raises(KeyError, match="nothing"):
        THING.field("nothing")
    assert THING.field_names == ("resource_group", "starts", "name", "cores", "roles", "host")


def test_a_form_asks_for_more_when_something_is_created() -> None:
    assert [one.name for one in THING.settable_fields(creating=True)] == ["resource_group", "name", "cores", "roles"]
    assert [one.name for one in THING.settable_fields(creating=False)] == ["cores", "roles"]


def test_a_type_says_whether_its_records_have_states() -> None:
    assert not THING.has_states
    assert THING.states({}, around()) == ()
    assert THING.effects(None, {}, around()) == []
    named = ResourceType(
        name="named", label="", plural="", icon="", key=("name",), fields=(), sections=(), columns=(),
        states=lambda values, context: (Status(State.OFF),),
    )  # fmt: skip
    assert named.has_states


# --- keys


def test_a_key_is_made_of_its_parts_in_order_moments_as_utc() -> None:
    assert THING.key_of(RAW) == KEY
    assert THING.key_values(KEY) == RAW | {"starts": "2026-11-24T21:00:00+00:00"}


@pytest.mark.parametrize("name", ["resource_group", "starts", "name"])
def test_without_a_part_there_is_no_key(name: str) -> None:
    with pytest.raises(KeyError, match=name):
        THING.key_of({key: value for key, value in RAW.items() if key != name})


@pytest.mark.parametrize("name", ["resource_group", "starts", "name"])
@pytest.mark.parametrize("value", ["", None, 5, ["a"]])
def test_nor_with_a_part_that_is_no_text(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=name):
        THING.key_of(RAW | {name: value})


@pytest.mark.parametrize(
    "key",
    ["", "shop", "shop/20261124T210000Z", "shop/20261124T210000Z/", "/20261124T210000Z/x", "shop//x", "shop/now/x"],
)
def test_what_does_not_name_every_part_cannot_be_a_key(key: str) -> None:
    with pytest.raises(ValueError):
        THING.key_values(key)


def test_a_key_that_cannot_be_one_is_named() -> None:
    with pytest.raises(ValueError, match=r"^shop//x$"):
        THING.key_values("shop//x")


def test_the_last_part_may_hold_slashes_and_a_single_one_too() -> None:
    assert THING.key_values("a/20261124T210000Z/b/c/")["name"] == "b/c/"
    single = ResourceType(
        name="single", label="", plural="", icon="", key=("name",), sections=(), columns=(),
        fields=(Field(name="name", label="Name"),),
    )  # fmt: skip
    assert single.key_values("a/b") == {"name": "a/b"}


# --- reading


def test_a_record_has_a_value_for_every_field() -> None:
    record = read(THING, RAW | {"cores": 4})
    assert record.values == {
        "resource_group": "shop",
        "starts": "2026-11-24T22:00:00+01:00",
        "name": "a/b",
        "cores": 4,
        "roles": [],
        "host": None,
    }
    assert (record.type, record.key) == (THING, KEY)
    assert (dict(record.further), dict(record.problems)) == ({}, {})
    assert (record["cores"], record.get("cores"), record.get("colour"), record.get("colour", "red")) == (
        4,
        4,
        None,
        "red",
    )


def test_what_is_null_stands_at_its_default_like_what_is_missing() -> None:
    assert read(THING, RAW | {"cores": None})["cores"] == 1


def test_a_wrong_type_is_contained_to_its_field_and_kept_aside() -> None:
    record = read(THING, RAW | {"cores": "four", "roles": [1]})
    assert (record["cores"], record["roles"]) == (None, None)
    assert record.problems == {"cores": "str", "roles": "list"}
    assert record.further == {"cores": "four", "roles": [1]}


def test_keys_that_no_field_names_are_further_but_for_those_of_the_protocol() -> None:
    record = read(THING, RAW | {"colour": "red", "__type__": "thing", "__action__": "set"})
    assert record.further == {"colour": "red"}


@pytest.mark.parametrize("name", ["resource_group", "starts", "name"])
@pytest.mark.parametrize("value", [None, "", 5])
def test_a_record_without_a_usable_key_is_unreadable(name: str, value: Any) -> None:
    with pytest.raises(UnreadableRecord, match=r"^thing$"):
        read(THING, RAW | {name: value})


def test_of_many_the_unreadable_ones_are_left_out_and_counted() -> None:
    records, unreadable = read_all(THING, [RAW, {}, RAW | {"name": "c"}, {"name": "d"}])
    assert [record["name"] for record in records] == ["a/b", "c"]
    assert unreadable == 2
    assert read_all(THING, []) == ([], 0)


odd_values = st.sampled_from([None, True, 0, 2**40, "", "x", "2026-11-24", [], ["x"], ["x", 1], {}, {"x": None}])


@given(st.fixed_dictionaries({}, optional=dict.fromkeys([*THING.field_names, "colour", "__type__"], odd_values)))
def test_whatever_the_platform_sends_is_read_or_unreadable_and_nothing_is_lost(raw: dict[str, Any]) -> None:
    try:
        record = read(THING, RAW | raw)
    except UnreadableRecord:
        return
    assert set(record.values) == set(THING.field_names)
    sent = {name: value for name, value in (RAW | raw).items() if value is not None and name != "__type__"}
    shown = {name: value for name, value in {**record.values, **record.further}.items() if name in sent}
    assert shown == sent


def test_a_record_knows_what_places_it_as_its_type_says() -> None:
    record = Record(THING, "k", {"resource_group": "shop", "name": "n"})
    assert (record.group, record.machine, record.title) == ("shop", None, "n")
    assert Record(THING, "k", {}).title == ""
