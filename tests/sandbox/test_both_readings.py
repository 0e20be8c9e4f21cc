"""The portal's reading of the platform's rules, held against the sandbox's, which shares no line with it.

`portal.resources` needs no Django, so these tests run with the sandbox's settings.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings as sandbox_settings
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.resources import names, times
from portal.resources.deletion import STAGES, read_deletion
from portal.resources.limits import STATED
from portal.resources.spec import Context, Field, ResourceType, Settable, read
from portal.resources.states import group_in_maintenance
from portal.resources.types import PERMISSION, RESOURCE_GROUP, SERVICE_USER, TYPES, VIRTUAL_MACHINE
from portal.resources.types.virtualmachine import is_machine_name, next_machine_name
from portal.sandbox import clock, deletion, fields
from portal.sandbox.models import ResourceGroup
from portal.sandbox.types import REGISTRY
from portal.sandbox.types import resourcegroup as sandbox_group
from portal.sandbox.types import virtualmachine as sandbox_machine
from portal.sandbox.types.base import WritableType, iso
from tests.sandbox.conftest import Api

WRITABLE = [RESOURCE_GROUP, SERVICE_USER, PERMISSION, VIRTUAL_MACHINE]
writable_types = pytest.mark.parametrize("type_", WRITABLE, ids=lambda type_: type_.name)
moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
days = st.dates(date(2000, 1, 1), date(2100, 1, 1))


def accepts(check: fields.Check, value: Any) -> bool:
    """Whether the sandbox takes a value."""
    try:
        check(value)
    except ValueError:
        return False
    return True


def sandbox_type(type_: ResourceType) -> WritableType[Any]:
    found = REGISTRY[type_.name]
    assert isinstance(found, WritableType)
    return found


# --- names


ODD = ("", "-", ".", "_", "A", "é", "ſ", "\u212a", " ", "\n", "/", "@", "9", "s-", "a.", ".a")


def nearly(alphabet: str, *lengths: int) -> st.SearchStrategy[str]:
    """Texts of letters that may be in a name, as long as it may be or a little longer, with something odd at an end."""
    short = st.text(alphabet, max_size=6)
    lasting = st.builds(lambda text, length: text + "a" * (length - len(text)), short, st.sampled_from(lengths))
    odd = st.sampled_from(ODD)
    return st.builds(lambda *parts: "".join(parts), odd, st.one_of(short, lasting), odd)


LINUX = "abz059_-."


@given(nearly(LINUX.replace(".", ""), 29, 30, 31, 32, 33))
def test_rg_01_names_of_groups(text: str) -> None:
    assert (names.group_name(text) is None) == accepts(fields.matching(fields.GROUP_NAME, ""), text)


@given(nearly(LINUX, 29, 30, 31, 32, 33))
def test_pm_03_names_of_people(text: str) -> None:
    assert (names.user_name(text) is None) == accepts(fields.matching(fields.USER_NAME, ""), text)


@given(nearly(LINUX, 27, 28, 29, 30, 31).map(lambda text: f"s-{text}") | nearly(LINUX, 32))
def test_su_02_names_of_service_users(text: str) -> None:
    assert (names.service_user_name(text) is None) == accepts(fields.matching(fields.SERVICE_NAME, ""), text)


@given(st.lists(nearly("abZ09-", 61, 62, 63, 64), min_size=1, max_size=5).map(".".join))
def test_api_17_host_names(text: str) -> None:
    assert (names.host_name(text) is None) == accepts(fields.host_name, text)


@given(st.builds("{}@{}.{}".format, nearly("ab+.'", 9), nearly("abZ0-", 9), nearly("ab0-", 3)) | st.emails())
def test_rg_09_the_portal_refuses_no_address_that_the_platform_takes(text: str) -> None:
    assert names.email_address(text) is None or not accepts(fields.email, text)


@given(st.from_regex(r"[a-z_][a-z0-9_-]{0,31}", fullmatch=True), st.sets(st.integers(0, 120), max_size=20))
def test_vm_01_the_name_that_the_portal_suggests_suits_the_group(group: str, serials: set[int]) -> None:
    name = next_machine_name(group, {f"{group}{serial:02d}" for serial in serials})
    assert sandbox_machine.suits_group(name, group)
    assert len(name) <= VIRTUAL_MACHINE.field("name").max_length


@given(st.from_regex(r"[a-z_][a-z0-9_-]{0,31}", fullmatch=True), nearly("0123456789", 1, 2, 6, 7))
def test_vm_01_both_know_a_machines_name(group: str, serial: str) -> None:
    assert is_machine_name(group + serial, group) == sandbox_machine.suits_group(group + serial, group)


CLASSES = st.lists(st.sampled_from(["role::generic", "role::backupclient", "role::redis"]), unique=True)


@pytest.mark.django_db
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(CLASSES, CLASSES, st.booleans())
def test_vm_06_the_roles_that_the_portal_sends_are_those_that_come_about(
    world: None, before: list[str], wanted: list[str], production: bool
) -> None:
    with transaction.atomic():
        services = Api("services")
        group = services.set("resourcegroup", name="shop", production=production)
        machine = read(VIRTUAL_MACHINE, services.machine("shop00", classes=before))
        around = Context(now=clock.now(), group=group)
        sent, _said = VIRTUAL_MACHINE.heeds(machine, {"classes": wanted}, around)
        after = services.set("virtualmachine", name="shop00", classes=wanted)["classes"]
        assert set(sent.get("classes", machine["classes"])) == set(after)
        transaction.set_rollback(True)


# --- times


@given(st.one_of(days.map(date.isoformat), st.from_regex(r"20\d\d-?(\d\d-?\d\d|W\d\d-?\d)(T00)?", fullmatch=True)))
def test_vm_18_the_portal_takes_for_a_day_what_the_platform_does(text: str) -> None:
    assert (times.parse_day(text) is not None) == accepts(fields.day, text)
    assert not accepts(fields.day, text) or times.parse_day(text) == fields.day(text)


@given(moments, st.timezones(), st.sampled_from(["seconds", "microseconds", "minutes"]))
def test_rg_07_both_read_the_same_moment(moment: datetime, zone: Any, precision: str) -> None:
    text = moment.astimezone(zone).isoformat(timespec=precision)
    assert times.parse_moment(text) == fields.moment_or_empty(text)


@settings(max_examples=20)
@given(st.sampled_from(sorted(times.timezones())))
def test_rg_09_the_portal_offers_no_time_zone_that_the_platform_does_not_know(name: str) -> None:
    assert accepts(fields.timezone, name)


@given(moments)
def test_a_maintenance_is_found_by_the_key_that_is_made_of_its_record(moment: datetime) -> None:
    key = times.moment_to_key(iso(moment))
    assert times.moment_from_key(key) == iso(moment)
    assert times.moment_to_key(moment.astimezone(times.BERLIN).isoformat()) == key


@given(moments)
def test_vm_18_the_first_and_the_usual_deadline(now: datetime) -> None:
    assert times.berlin_today(now) == clock.berlin_day(now)
    assert times.earliest_deadline(now) == clock.berlin_day(now) + timedelta(days=1)
    assert times.default_deadline(now) == deletion.default_deadline(now)


@given(days)
def test_co_03_months_end_and_days_begin_alike(day: date) -> None:
    assert times.next_month(day) == clock.next_month(day)
    assert times.midnight(day) == clock.midnight(day)


@given(days)
def test_vm_19_vm_22_a_deletion_reaches_its_stages(deadline: date) -> None:
    assert STAGES == deletion.STAGES
    read_here = read_deletion({"deadline": deadline.isoformat(), "stages": []})
    assert read_here.shuts_down == deletion.due(deadline, "soft")
    assert read_here.gone == deletion.due(deadline, "hard")


# --- the maintenance mode of a group


@given(
    st.none() | st.integers(-7200, 7200).map(lambda seconds: timedelta(seconds=seconds)),
    st.sampled_from(["Europe/Berlin", "America/St_Johns", "UTC"]),
    st.integers(0, 7200).map(lambda seconds: timedelta(seconds=seconds)),
    moments,
)
def test_rg_07_a_group_is_in_maintenance_mode_when_it_is_asked_and_later(
    until: timedelta | None, timezone: str, later: timedelta, now: datetime
) -> None:
    group = ResourceGroup(name="shop", timezone=timezone, maintenance_until=None if until is None else now + until)
    record = read(RESOURCE_GROUP, sandbox_group.record_of(group, now))
    assert group_in_maintenance(record.values, now) == sandbox_group.is_in_maintenance(group, now)
    assert group_in_maintenance(record.values, now + later) == sandbox_group.is_in_maintenance(group, now + later)


# --- what may be set, and to what


@writable_types
def test_the_portal_asks_for_nothing_that_the_platform_would_not_take(type_: ResourceType) -> None:
    access = {
        Settable.AT_CREATION: {"create"},
        Settable.ALWAYS: {"set"},
        Settable.NEVER: {"read", "set", "create"},
    }
    known = sandbox_type(type_).fields
    assert [one.name for one in type_.fields if known[one.name].access not in access[one.settable]] == []


@writable_types
def test_api_08_both_know_the_same_keys_and_the_same_primary_key(type_: ResourceType) -> None:
    assert set(type_.field_names) == set(sandbox_type(type_).fields)
    assert type_.key == sandbox_type(type_).primary_key


@pytest.mark.parametrize("type_", TYPES.values(), ids=TYPES)
def test_api_11_the_portal_filters_by_nothing_else_than_the_platform(type_: ResourceType) -> None:
    filterable = {name for name, one in REGISTRY[type_.name].fields.items() if one.filterable}
    assert set(type_.upstream_filter) <= filterable


@writable_types
def test_every_choice_that_is_offered_can_be_had(type_: ResourceType) -> None:
    checks = sandbox_type(type_).fields
    offered = [(one, choice.value) for one in type_.fields for choice in one.choices]
    assert [
        value
        for one, value in offered
        if not accepts(checks[one.name].check, [value] if one.name == "classes" else value)
    ] == []


def test_vm_08_environments_suit_their_class() -> None:
    field = VIRTUAL_MACHINE.field("environment")
    for name, environments in sandbox_machine.ENVIRONMENTS.items():
        assert [one.value for one in field.choices_beside({"environment_class": name})] == environments
    assert field.default == sandbox_machine.ENVIRONMENTS["NixOS"][0]


@pytest.mark.parametrize("name", sandbox_machine.ENVIRONMENTS)
def test_vm_07_a_class_is_chosen_at_creation_and_has_an_environment_of_its_own(services: Api, name: str) -> None:
    created = services.machine("shop00", environment_class=name)
    expected = VIRTUAL_MACHINE.field("environment").default_beside({"environment_class": name})
    assert (created["environment_class"], created["environment"]) == (name, expected)


@writable_types
def test_vm_09_vm_14_rg_04_rg_05_numbers_end_where_the_platform_ends_them(type_: ResourceType) -> None:
    for field in (one for one in type_.fields if one.limit):
        check, limit = sandbox_type(type_).fields[field.name].check, STATED[field.limit]
        taken = [number for number in (limit.low - 1, limit.low, limit.high, limit.high + 1) if accepts(check, number)]
        assert taken == [limit.low, limit.high], field.name


def test_vm_09_vm_14_the_limits_of_a_machine() -> None:
    assert {name: tuple(STATED[name]) for name in sandbox_settings.LIMITS} == sandbox_settings.LIMITS


LEAST: dict[str, dict[str, Any]] = {
    "resourcegroup": {"name": "new"},
    "serviceuser": {"uid": "s-new", "resource_group": "shop"},
    "permission": {"uid": "new", "resource_group": "shop", "permission": "login"},
    "virtualmachine": {"name": "shop00", "resource_group": "shop", "location": "rzob"},
}


@writable_types
def test_what_is_left_out_on_creation_is_what_the_portal_takes_for_the_default(
    services: Api, type_: ResourceType
) -> None:
    created = services.set(type_.name, **LEAST[type_.name])
    assert set(LEAST[type_.name]) == {one.name for one in type_.fields if one.required}
    stated = [one for one in type_.fields if one.default is not None and one.name not in PLATFORMS_OWN]
    assert {one.name: created[one.name] for one in stated} == {one.name: _given(one, type_) for one in stated}


# What the platform says of each record anew; a form's default is of no meaning there.
PLATFORMS_OWN = {
    "needs_install", "customer_no", "parent", "home_directory", "resource_groups_recursive", "virtual_machines",
    "interfaces", "kvm_host", "creation_date", "resource_group_parent",
}  # fmt: skip


def _given(field: Field, type_: ResourceType) -> Any:
    return LEAST[type_.name].get(field.name, field.default)


@writable_types
def test_a_record_of_the_platform_is_read_without_a_problem_and_without_a_rest(
    services: Api, type_: ResourceType
) -> None:
    record = read(type_, services.set(type_.name, **LEAST[type_.name]))
    assert (dict(record.problems), dict(record.further)) == ({}, {})
    assert type_.key_values(record.key) == {name: LEAST[type_.name][name] for name in type_.key}
