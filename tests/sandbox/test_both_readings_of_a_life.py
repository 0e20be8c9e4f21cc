"""A machine's life on the platform, and what the portal says of it at every step: states, and effects beforehand.

The portal sees records only; the truth stands in the sandbox's own rows and events.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import transaction
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from portal.resources.spec import Context, Effect, Record, read, read_all
from portal.resources.state_styles import State
from portal.resources.states import ORDER
from portal.resources.types import MAINTENANCE, RESOURCE_GROUP, VIRTUAL_MACHINE
from portal.sandbox import clock, deletion
from portal.sandbox.models import Activity, Address, Event, Hardware, Machine, Maintenance, ResourceGroup
from portal.sandbox.types.resourcegroup import is_in_maintenance
from tests.sandbox.conftest import START, Api, advance, build_world

VM, GROUP = VIRTUAL_MACHINE.name, RESOURCE_GROUP.name
HARDWARE = ("cores", "memory", "disk")

hardware = st.sampled_from(
    [{"cores": 1}, {"cores": 2}, {"memory": 512}, {"disk": 10}, {"disk": 12}, {"disk": 11, "cores": 3}]
)
addresses = st.builds(
    lambda version, count: {f"frontend_ips_v{version}": count}, st.sampled_from([4, 6]), st.integers(0, 2)
)
hours = st.integers(0, 23)
STEPS = {
    "set": hardware | addresses,
    "power": st.booleans(),
    "delete": st.integers(1, 7),  # in so many days
    "keep": st.none(),
    "maintenance": st.integers(0, 3),  # for so many hours
    "window": st.tuples(hours, hours, st.integers(0, 30)),
    "next": st.none(),  # to the very moment at which something happens
    "advance": st.sampled_from([1, 12]),  # hours
}
steps = st.sampled_from(["set", "set", "next", "next", *sorted(STEPS)]).flatmap(
    lambda name: st.tuples(st.just(name), STEPS[name])
)


@contextmanager
def fresh_world() -> Iterator[Api]:
    """The tests' world with a new machine, for one example; its time passes by `advance` alone."""
    with time_machine.travel(START, tick=False), transaction.atomic():
        build_world()
        api = Api("services")
        api.machine("shop00")
        yield api
        transaction.set_rollback(True)


def seen(api: Api) -> tuple[Record, Context] | None:
    """The machine and what is around it, as the portal gets it; None where the machine is gone."""
    found = [raw for raw in api.query(VM) if raw["name"] == "shop00"]
    if not found:
        return None
    maintenances, unreadable = read_all(MAINTENANCE, api.query(MAINTENANCE.name))
    assert unreadable == 0
    group = read(RESOURCE_GROUP, api.get(GROUP, name="shop"))
    return read(VIRTUAL_MACHINE, found[0]), Context(
        now=clock.now(), group=group.values, maintenances=tuple(one for one in maintenances if one.machine == "shop00")
    )


def truth(machine: Machine, now: datetime) -> dict[State, datetime | None]:
    """The states that fit, and until when, from the platform's own rows."""
    # One that does no more than announce the deletion is no window in which something is changed.
    windows = Maintenance.objects.filter(machine=machine, activity__kind__in=HARDWARE).distinct()
    active, coming = windows.filter(starts__lte=now, ends__gt=now), windows.filter(starts__gt=now)
    found: dict[State, datetime | None] = {}
    if machine.deadline is not None and "soft" in machine.stages:
        found[State.SHUTDOWN] = deletion.due(machine.deadline, "hard")
    elif machine.deadline is not None:
        found[State.LEAVING] = deletion.due(machine.deadline, "soft")
    if not Hardware.objects.filter(machine=machine).exists():
        found[State.INSTALLING] = None
    if active.exists():
        found[State.MAINTENANCE] = active.order_by("starts")[0].ends
    elif is_in_maintenance(machine.group, now):
        found[State.MAINTENANCE] = machine.group.maintenance_until
    if not machine.online:
        found[State.OFF] = None
    if coming.exists():
        found[State.WAITING] = coming.order_by("starts")[0].starts
    return found or {State.READY: None}


def take(api: Api, name: str, value: Any) -> None:
    match name:
        case "set":
            api.set(VM, name="shop00", **value)
        case "power":
            api.set(VM, name="shop00", online=value)
        case "delete":
            day = clock.berlin_day(clock.now()) + timedelta(days=value)
            machine = Machine.objects.get(name="shop00")
            if "soft" not in machine.stages:
                api.delete(VM, name="shop00", deadline=day.isoformat())
        case "keep":
            api.set(VM, name="shop00")
        case "maintenance":
            until = clock.now() + timedelta(hours=value) if value else None
            api.set(GROUP, name="shop", maintenance_until=until.isoformat() if until else "")
        case "window":
            start, end, leadtime = value
            api.set(GROUP, name="shop", maintenance_start=start, maintenance_end=end, notification_leadtime=leadtime)
        case "next":
            advance(seconds=(_next_moment() - clock.now()).total_seconds())
        case "advance":
            advance(hours=value)


def _next_moment() -> datetime:
    due = Event.objects.filter(due__gt=clock.now()).values_list("due", flat=True)
    until = ResourceGroup.objects.filter(maintenance_until__gt=clock.now()).values_list("maintenance_until", flat=True)
    return min(*due, *until)


NEXT, SET = ("next", None), ("set", {"cores": 2})
# A life that goes wrong is told as it was found: to look for a shorter one would take minutes.
few = settings(max_examples=25, phases=[Phase.explicit, Phase.generate])


@pytest.mark.django_db
@few
@example([NEXT, SET, NEXT, NEXT, NEXT])  # installed, a day on, the window opens, closes
@example([NEXT, ("maintenance", 1), ("advance", 1)])
@example([NEXT, ("delete", 1), NEXT, ("power", False), NEXT, NEXT, NEXT, NEXT, NEXT])
@given(st.lists(steps, min_size=4, max_size=12))
def test_states_are_what_is_so(life: list[tuple[str, Any]]) -> None:
    with fresh_world() as api:
        for name, value in life:
            take(api, name, value)
            around = seen(api)
            if around is None:
                return
            record, context = around
            found = VIRTUAL_MACHINE.states(record.values, context)
            assert {one.state: one.until for one in found} == truth(Machine.objects.get(name="shop00"), context.now)
            assert [one.state for one in found] == sorted((one.state for one in found), key=ORDER.index)


@pytest.mark.django_db
@few
@example([SET, NEXT, NEXT, ("set", {"cores": 1}), NEXT])  # back to what runs, while the window is open
@example([SET, ("delete", 1), NEXT, NEXT, ("keep", None)])  # shut down before its window, and brought back
@given(st.lists(steps, min_size=4, max_size=12))
def test_vm_24_what_differs_from_the_record_is_on_its_way_until_it_does_not(life: list[tuple[str, Any]]) -> None:
    with fresh_world() as api:
        advance(seconds=20)
        for name, value in life:
            take(api, name, value)
            machine = Machine.objects.filter(name="shop00").first()
            if machine is None:
                return
            if "soft" not in machine.stages:
                assert _differing(machine) <= _on_their_way(machine)
        api.set(VM, name="shop00")
        advance(days=10)
        assert _differing(Machine.objects.get(name="shop00")) == set()


def _differing(machine: Machine) -> set[tuple[str, int]]:
    """What is recorded and does not run."""
    running = Hardware.objects.get(machine=machine)
    return {(name, getattr(machine, name)) for name in HARDWARE if getattr(machine, name) != getattr(running, name)}


def _on_their_way(machine: Machine) -> set[tuple[str, int]]:
    """What windows will bring, and the disk that grows online."""
    planned = Activity.objects.filter(maintenance__machine=machine, ended=False).values_list("kind", "target")
    grows = Event.objects.filter(machine=machine, kind="resize").exists()
    return {*planned, *([("disk", machine.disk)] if grows else [])}


@pytest.mark.django_db
@few
@example([SET], {"memory": 512})
@example([("delete", 3)], {"cores": 2})
@example([SET, NEXT, NEXT], {"cores": 1})  # back to what runs, while the window is open
@example([("set", {"disk": 12}), ("advance", 1), ("set", {"disk": 10}), NEXT, NEXT], {"disk": 11})
@example([("set", {"frontend_ips_v4": 2}), ("set", {"frontend_ips_v4": 0})], {"frontend_ips_v4": 1})
@given(st.lists(steps, max_size=8), STEPS["set"])
def test_what_is_foretold_of_a_change_comes_about(life: list[tuple[str, Any]], change: dict[str, int]) -> None:
    with fresh_world() as api:
        advance(seconds=20)
        for name, value in life:
            take(api, name, value)
        around = seen(api)
        if around is None:
            return
        record, context = around
        wanted = {name: value for name, value in change.items() if record[name] != value}
        foretold = {effect.field: effect for effect in VIRTUAL_MACHINE.effects(record, wanted, context)}
        machine = Machine.objects.get(name="shop00")
        allocated = Address.objects.filter(machine=machine, vlan="fe").count()
        pending = machine.deadline is not None
        api.set(VM, name="shop00", **wanted)
        assert ("" in foretold) == pending
        more = sum(effect.args.get("more", 0) for effect in foretold.values())
        assert Address.objects.filter(machine=machine, vlan="fe").count() == allocated + more
        for name in wanted.keys() & set(HARDWARE):
            if wanted[name] != _will_run(machine, name):
                _comes_about(foretold[name], machine, name, wanted[name])


def _will_run(machine: Machine, name: str) -> int:
    """What runs, once a window that is open now has closed (vm_24)."""
    under_way = Activity.objects.filter(maintenance__machine=machine, kind=name, ended=False)
    opened = under_way.filter(maintenance__starts__lte=clock.now()).last()
    return getattr(Hardware.objects.get(machine=machine), name) if opened is None else opened.target


def _comes_about(effect: Effect, machine: Machine, name: str, value: int) -> None:
    """In the window that was named, or online: the platform has it planned so."""
    coming = Activity.objects.filter(maintenance__machine=machine, maintenance__starts__gt=clock.now())
    activity = coming.filter(kind=name).order_by("pk").last()
    window = effect.args.get("window")
    if window is None:
        assert activity is None
        return
    assert activity is not None
    assert (activity.target, activity.maintenance.starts) == (value, window.starts)
    assert activity.maintenance.ends == window.ends
