"""Each resource type of the platform: its keys, what may be done with it, where it stands."""

from datetime import datetime
from itertools import chain
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.resources import names
from portal.resources.labels import mark
from portal.resources.limits import STATED, Limit
from portal.resources.spec import Kind, Record, ResourceType, Settable, read
from portal.resources.types import (
    CONSUMPTION,
    INVOICE,
    MAINTENANCE,
    PERMISSION,
    RESOURCE_GROUP,
    SERVICE_USER,
    TYPES,
    VIRTUAL_MACHINE,
)
from tests.resources.building import around
from tests.resources.wording import is_text

every_type = pytest.mark.parametrize("type_", TYPES.values(), ids=TYPES)


def settable(type_: ResourceType, when: Settable) -> set[str]:
    return {field.name for field in type_.fields if field.settable is when}


# --- what holds for all of them


def test_there_are_the_seven_types_of_the_platform_by_name() -> None:
    assert [type_.name for type_ in TYPES.values()] == list(TYPES)
    assert set(TYPES) == {
        "virtualmachine", "resourcegroup", "serviceuser", "permission", "maintenance", "consumption", "invoice",
    }  # fmt: skip


@every_type
def test_all_that_a_type_names_is_one_of_its_fields(type_: ResourceType) -> None:
    named = chain(type_.key, type_.columns, type_.card, type_.search, type_.upstream_filter, [type_.sort.lstrip("-")])
    assert set(filter(None, named)) - set(type_.field_names) <= {"state"}
    assert bool(type_.sort) is (type_.standing is None)
    assert set(type_.roomy) <= set(type_.columns)
    assert type_.lead in ("", *type_.field_names)
    assert "state" not in type_.columns or type_.has_states
    assert {field.section for field in type_.fields} == {section.name for section in type_.sections} - _empty(type_)
    assert len(set(type_.field_names)) == len(type_.fields)


def _empty(type_: ResourceType) -> set[str]:
    """The one section without a field of its own: pages put there what is around the group."""
    return {"ahead"} if type_ is RESOURCE_GROUP else set()


@every_type
def test_a_field_refers_to_types_limits_and_choices_that_exist(type_: ResourceType) -> None:
    for field in type_.fields:
        assert field.refers_to in ("", *TYPES)
        assert field.limit in ("", *STATED)
        assert bool(field.choices) is (field.kind is Kind.CHOICE) or field.kind is Kind.NAMES
        assert not field.filterable or field.sortable
        assert field.default is None or field.may_be(field.default)
        assert not (field.choices and field.default) or _is_offered(field)


def _is_offered(field: Any) -> bool:
    wanted = field.default if isinstance(field.default, list) else [field.default]
    return set(wanted) <= {choice.value for choice in field.choices}


@every_type
def test_only_what_can_be_created_or_edited_has_fields_for_that(type_: ResourceType) -> None:
    assert type_.creatable is bool(settable(type_, Settable.AT_CREATION))
    assert type_.editable is bool(settable(type_, Settable.ALWAYS))
    assert not type_.delayed_deletion or type_.deletable
    key_is_asked_for = set(type_.key) <= settable(type_, Settable.AT_CREATION)
    assert key_is_asked_for is type_.creatable


@every_type
def test_everything_that_people_read_is_in_the_catalogue(type_: ResourceType) -> None:
    """But for words of the platform's own, such as rzob."""
    own = {choice.value for field in type_.fields for choice in field.choices}
    own |= {value.removeprefix("role::") for value in own}
    texts = [type_.label, type_.plural]
    texts += [section.label for section in type_.sections]
    texts += [text for field in type_.fields for text in (field.label, field.help) if text]
    texts += [choice.label for field in type_.fields for choice in field.choices if choice.label not in own]
    assert [text for text in texts if not is_text(text)] == []


def test_a_text_is_marked_by_being_given_back() -> None:
    assert mark("Machine") == "Machine"


@every_type
def test_an_empty_record_with_a_key_can_be_read_titled_and_told_the_state_of(type_: ResourceType) -> None:
    raw = dict.fromkeys(type_.key, "x") | {name: "2026-11-24T21:00:00Z" for name in type_.key if name == "starts"}
    record = read(type_, raw)
    assert record.title
    assert all(status.until is None for status in type_.states(record.values, around()))
    assert dict(record.problems) == {}


some_names = st.from_regex(r"[a-z_][a-z0-9_.-]{0,31}", fullmatch=True)
moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.timezones()).map(datetime.isoformat)


@settings(max_examples=60)
@given(st.data())
@every_type
def test_a_key_leads_back_to_the_record_it_is_of(type_: ResourceType, data: st.DataObject) -> None:
    raw = {name: data.draw(moments if type_.field(name).kind is Kind.MOMENT else some_names) for name in type_.key}
    key = read(type_, raw).key
    assert read(type_, type_.key_values(key)).key == key
    assert key.count("/") == len(type_.key) - 1


LEAVING = {"deadline": "2026-11-24", "stages": ["soft"]}
FE = {"fe": {"networks": {"n": ["203.0.113.2", 1]}}}
odd_values = st.sampled_from(
    [
        None,
        True,
        False,
        0,
        -1,
        2**40,
        "",
        "x",
        "9999-12-31",
        [],
        ["x", 1],
        {},
        LEAVING,
        FE,
        {"deadline": 1, "stages": 2},
    ]
)


@settings(max_examples=60)
@given(st.data())
@every_type
def test_whatever_a_record_says_pages_can_be_made_of_it(type_: ResourceType, data: st.DataObject) -> None:
    raw = data.draw(st.fixed_dictionaries({}, optional=dict.fromkeys(type_.field_names, odd_values)))
    key = dict.fromkeys(type_.key, "x") | ({"starts": "2026-11-24T21:00:00Z"} if type_ is MAINTENANCE else {})
    record = read(type_, {**raw, **key})
    context = around(group=read(RESOURCE_GROUP, {**raw, "name": "x"}).values)
    states = type_.states(record.values, context)
    assert bool(states) is type_.has_states
    for action in type_.actions:
        for button in action.buttons(record, context.now):
            action.sets(record, button.params, context.now)
    wanted = {field.name: field.default for field in type_.settable_fields(creating=False)}
    assert all(is_text(effect.text) for effect in type_.effects(record, wanted, context))
    assert isinstance(record.title, str)


@pytest.mark.parametrize(
    ("type_", "field", "check"),
    [
        (RESOURCE_GROUP, "name", names.group_name),  # rg_01
        (RESOURCE_GROUP, "technical_contacts", names.email_address),  # rg_09
        (SERVICE_USER, "uid", names.service_user_name),  # su_02
        (PERMISSION, "uid", names.user_name),  # pm_03
        (VIRTUAL_MACHINE, "aliases_fe", names.host_name),  # api_17
        (VIRTUAL_MACHINE, "aliases_srv", names.host_name),  # api_17
    ],
    ids=lambda part: getattr(part, "__name__", getattr(part, "name", part)),
)
def test_a_name_is_checked_as_what_it_names(type_: ResourceType, field: str, check: Any) -> None:
    assert type_.field(field).check is check


# --- each


def placed(type_: ResourceType, **values: Any) -> tuple[str | None, str | None]:
    record = Record(type_, "", values)
    return record.group, record.machine


def test_vm_01_a_machine() -> None:
    record = read(VIRTUAL_MACHINE, {"name": "shop00", "resource_group": "shop"})
    assert (record.key, record.title, record.group, record.machine) == ("shop00", "shop00", "shop", None)
    assert (VIRTUAL_MACHINE.creatable, VIRTUAL_MACHINE.editable, VIRTUAL_MACHINE.delayed_deletion) == (True, True, True)
    assert VIRTUAL_MACHINE.field("name").max_length >= 32 + 2  # of the group and the number


def test_vm_02_vm_07_vm_12_where_a_machine_is_its_class_and_its_storage_are_chosen_once() -> None:
    chosen_once = {"name", "resource_group", "location", "rbd_pool", "environment_class"}
    assert settable(VIRTUAL_MACHINE, Settable.AT_CREATION) == chosen_once
    assert {name for name in chosen_once if VIRTUAL_MACHINE.field(name).required} == chosen_once - {
        "rbd_pool",
        "environment_class",
    }


def test_vm_16_what_the_platform_says_of_a_machine_is_not_asked_for() -> None:
    assert settable(VIRTUAL_MACHINE, Settable.ALWAYS) == {
        "service_description", "cores", "memory", "disk", "frontend_ips_v4", "frontend_ips_v6", "aliases_fe",
        "aliases_srv", "environment", "classes", "backy_schedule",
    }  # fmt: skip
    assert {action.name for action in VIRTUAL_MACHINE.actions} == {"power", "keep"}


@pytest.mark.parametrize(
    ("rule", "name", "default"),
    [
        ("vm_06", "classes", ["role::generic", "role::backupclient"]),
        ("vm_07", "environment_class", "NixOS"),
        ("vm_08", "environment", "fc-22.05-production"),
        ("vm_09", "cores", 1),
        ("vm_10", "memory", 256),
        ("vm_11", "disk", 10),
        ("vm_12", "rbd_pool", "rbd.hdd"),
        ("vm_13", "online", True),
        ("vm_14", "frontend_ips_v4", 0),
        ("vm_14", "frontend_ips_v6", 0),
        ("vm_16", "servicing", True),
        ("vm_16", "machine", "virtual"),
        ("vm_16", "deletion", {"deadline": "", "stages": []}),
        ("vm_17", "service_description", ""),
        ("api_17", "backy_schedule", "default"),
    ],
)
def test_what_a_machine_has_by_default(rule: str, name: str, default: Any) -> None:
    assert VIRTUAL_MACHINE.field(name).default == default


def test_vm_08_environments_of_nixos_are_offered_the_current_ones_first() -> None:
    choices = VIRTUAL_MACHINE.field("environment").choices_beside({"environment_class": "NixOS"})
    current = [choice.value for choice in choices if not choice.outdated]
    outdated = [choice.value for choice in choices if choice.outdated]
    assert current == ["fc-22.05-production", "fc-22.05-staging", "fc-21.11-production", "fc-21.11-staging"]
    releases = ("fc-21.05", "fc-20.09", "fc-19.03", "fc-15.09")
    assert outdated == [f"{release}-{stage}" for release in releases for stage in ("production", "staging")]


def test_vm_08_a_puppet_machine_has_environments_of_its_own() -> None:
    field = VIRTUAL_MACHINE.field("environment")
    assert [one.value for one in field.choices_beside({"environment_class": "Puppet"})] == ["production", "staging"]
    assert field.choices_beside({"environment_class": "Gentoo"}) == ()


@every_type
def test_a_choice_that_needs_another_fields_value_names_one_that_there_is(type_: ResourceType) -> None:
    for choice in (choice for field in type_.fields for choice in field.choices if choice.needs):
        name, value = choice.needs or ("", "")
        assert value in {one.value for one in type_.field(name).choices}


def test_api_17_a_backup_schedule_is_one_of_four() -> None:
    choices = {choice.value for choice in VIRTUAL_MACHINE.field("backy_schedule").choices}
    assert choices == {"default", "frequent", "longterm", "frequent+longterm"}


def test_vm_23_machines_are_filtered_by_name_and_nothing_else_is_relied_on() -> None:
    assert VIRTUAL_MACHINE.upstream_filter == ("name",)


def test_rg_01_a_group_stands_at_its_own_place() -> None:
    record = read(RESOURCE_GROUP, {"name": "shop"})
    assert (record.key, record.title, record.group, record.machine) == ("shop", "shop", "shop", None)
    assert settable(RESOURCE_GROUP, Settable.AT_CREATION) == {"name"}
    assert [action.name for action in RESOURCE_GROUP.actions] == ["maintenance"]


def test_rg_02_rg_12_its_parent_may_be_chosen_and_changed_its_customer_not() -> None:
    assert settable(RESOURCE_GROUP, Settable.ALWAYS) == {
        "parent", "production", "technical_contacts", "timezone", "maintenance_start", "maintenance_end",
        "notification_leadtime",
    }  # fmt: skip


def test_rg_04_what_a_group_has_by_default() -> None:
    assert {name: RESOURCE_GROUP.field(name).default for name in RESOURCE_GROUP.field_names if name != "name"} == {
        "parent": "",
        "customer_no": "",
        "production": True,
        "technical_contacts": [],
        "timezone": "Europe/Berlin",
        "maintenance_start": 22,
        "maintenance_end": 5,
        "notification_leadtime": 12,
        "in_maintenance": False,
        "maintenance_until": "",
    }


def test_rg_10_groups_are_filtered_by_what_the_platform_filters_them_by() -> None:
    assert set(RESOURCE_GROUP.upstream_filter) == {
        "name", "customer_no", "maintenance_start", "maintenance_end", "notification_leadtime", "timezone",
        "production",
    }  # fmt: skip


def test_su_01_a_service_user() -> None:
    record = read(SERVICE_USER, {"uid": "s-shop", "resource_group": "shop"})
    assert (record.key, record.title, record.group, record.machine) == ("shop/s-shop", "s-shop", "shop", None)
    assert settable(SERVICE_USER, Settable.AT_CREATION) == {"uid", "resource_group"}
    assert settable(SERVICE_USER, Settable.ALWAYS) == {"description"}  # su_05
    assert SERVICE_USER.upstream_filter == ("uid",)
    assert (SERVICE_USER.deletable, SERVICE_USER.delayed_deletion) == (True, False)


def test_su_04_what_a_service_user_has_by_default() -> None:
    defaults = {"gid_number": 101, "login_shell": "/bin/bash", "ssh_pubkey": [], "description": ""}
    assert {name: SERVICE_USER.field(name).default for name in defaults} == defaults


def test_pm_01_a_permission_is_all_key() -> None:
    record = read(PERMISSION, {"permission": "login", "uid": "grace.hopper", "resource_group": "shop"})
    assert record.key == "shop/grace.hopper/login"
    assert (record.title, record.group, record.machine) == ("grace.hopper login", "shop", None)
    assert set(PERMISSION.field_names) == set(PERMISSION.key) == settable(PERMISSION, Settable.AT_CREATION)
    assert all(field.required for field in PERMISSION.fields)
    assert (PERMISSION.editable, PERMISSION.deletable, PERMISSION.delayed_deletion) == (False, True, False)
    assert PERMISSION.upstream_filter == ("uid",)


def test_pm_02_three_permissions_can_be_granted_and_any_can_be_met() -> None:
    choices = PERMISSION.field("permission").choices
    assert [choice.value for choice in choices] == ["login", "sudo-srv", "stats"]
    assert read(PERMISSION, {"permission": "root", "uid": "a", "resource_group": "b"}).problems == {}


def test_mt_01_a_maintenance_is_a_machines_and_says_so() -> None:
    record = read(MAINTENANCE, {"machine": "shop00", "starts": "2026-11-24T21:00:00+00:00"})
    assert record.key == "shop00/20261124T210000Z"
    assert (record.title, record.group, record.machine) == ("shop00", None, "shop00")


@pytest.mark.parametrize("type_", [MAINTENANCE, CONSUMPTION, INVOICE], ids=lambda type_: type_.name)
def test_api_13_some_types_can_only_be_read(type_: ResourceType) -> None:
    assert (type_.creatable, type_.editable, type_.deletable) == (False, False, False)
    assert (type_.actions, type_.upstream_filter) == ((), ())


@pytest.mark.parametrize(
    ("kind", "group", "machine"),
    [("traffic", "shop", None), ("virtualmachine", None, "shop"), ("contract", None, None), ("moonlight", None, None)],
)
def test_co_02_consumption_is_a_groups_a_machines_or_the_customers(
    kind: str, group: str | None, machine: str | None
) -> None:
    record = read(CONSUMPTION, {"period": "2026-11-01", "type": kind, "type_id": "shop"})
    assert (record.key, record.title) == (f"2026-11-01/{kind}/shop", "shop")
    assert (record.group, record.machine) == (group, machine)
    assert CONSUMPTION.money


def test_in_02_an_invoice_is_the_customers_and_goes_by_its_month() -> None:
    record = read(INVOICE, {"consumption_start": "2026-10-01"})
    assert (record.key, record.title, record.group, record.machine) == ("2026-10-01", "2026-10", None, None)
    assert INVOICE.money


# --- limits


def test_what_the_platform_states_as_its_limits() -> None:
    assert dict(STATED) == {
        "cores": Limit(1, 8),  # vm_09
        "memory": Limit(256, 3072),  # vm_10
        "disk": Limit(10, 1000),  # vm_11
        "frontend_ips_v4": Limit(0, 3),  # vm_14
        "frontend_ips_v6": Limit(0, 100),  # vm_14
        "hour": Limit(0, 23),  # rg_05
        "leadtime": Limit(0, 8760),  # rg_04
    }


@every_type
def test_a_limit_holds_for_numbers_and_the_default_is_within_it(type_: ResourceType) -> None:
    limited = [field for field in type_.fields if field.limit]
    assert all(field.kind in (Kind.INTEGER, Kind.HOUR) for field in limited)
    assert all(STATED[field.limit].low <= field.default <= STATED[field.limit].high for field in limited)
    assert {field.name for field in type_.fields if field.kind is Kind.HOUR} <= {field.name for field in limited}
