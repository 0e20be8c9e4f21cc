"""What becomes an event of what is known, where it stands in time, and what is cut out of it."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.changes.reads.pending import Pending, PendingIndex
from portal.inventory.listings.derived import Index
from portal.inventory.listings.listing import Listing
from portal.inventory.snapshots.source import Source
from portal.resources.phases import Phase
from portal.resources.spec import read
from portal.resources.types import TYPES
from portal.schedule.events import Event, Events, Kind, events_of, passed
from portal.schedule.select import Wanted, between, by_phase, matching

NOW = datetime(2026, 11, 24, 11, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NOTHING = PendingIndex((), (), "", {})


def listing(name: str, *raw: Mapping[str, Any], now: datetime = NOW) -> Listing:
    kind = TYPES[name]
    records = tuple(read(kind, one) for one in raw)
    by_key = {one.key: one for one in records}
    return Listing(kind, records, by_key, "1", now, Source.FRESH, (), 0, now, now, Index(kind, records))


def known(*, now: datetime = NOW, **raw: Any) -> dict[str, Listing]:
    """Listings of these records: `machines`, `groups`, `maintenances`."""
    names = {"machines": "virtualmachine", "groups": "resourcegroup", "maintenances": "maintenance"}
    return {name: listing(name, *raw.get(word, ()), now=now) for word, name in names.items()}


def maintenance(starts: datetime, ends: datetime | None = None, machine: str = "shop00", **more: Any) -> dict[str, Any]:
    return {
        "machine": machine,
        "starts": starts.isoformat(),
        "ends": ends.isoformat() if ends else "",
        "comment": "Changes",
        **more,
    }


def machine(name: str = "shop00", **more: Any) -> dict[str, Any]:
    return {"name": name, "resource_group": "shop", "location": "rzob", **more}


def leaving(deadline: str, *stages: str) -> dict[str, Any]:
    return {"deletion": {"deadline": deadline, "stages": list(stages)}}


def pending(**values: Any) -> Pending:
    empty: dict[str, Any] = dict.fromkeys(Pending.__dataclass_fields__, "")
    base = {"number": 7, "type_name": "virtualmachine", "key": "shop00", "settled": False, "evidence": "maintenance"}
    return Pending(**empty | base | {"recorded_at": NOW} | values)


def waiting(*found: Pending) -> PendingIndex:
    return PendingIndex(found, (), "1", {})


def phase(event: Event, now: datetime = NOW) -> Phase:
    return event.standing(now).phase


def test_a_maintenance_comes_goes_on_and_is_past() -> None:
    (event,) = events_of(known(maintenances=[maintenance(NOW + HOUR, NOW + 2 * HOUR)]), NOTHING).all
    assert (event.kind, event.machine) == (Kind.MAINTENANCE, "shop00")
    moments = [NOW, NOW + HOUR, NOW + 2 * HOUR - HOUR / 60, NOW + 2 * HOUR]
    assert [phase(event, at) for at in moments] == [
        Phase.UPCOMING,
        Phase.IN_PROGRESS,
        Phase.IN_PROGRESS,
        Phase.PAST,
    ]


@pytest.mark.parametrize("ends", [None, NOW - HOUR], ids=["without an end", "that ends before it starts"])
def test_of_a_maintenance_without_a_usable_end_only_the_start_is_told(ends: datetime | None) -> None:
    (event,) = events_of(known(maintenances=[maintenance(NOW + HOUR, ends)]), NOTHING).all
    assert (event.starts, event.ends) == (NOW + HOUR, None)


def test_each_stage_of_a_deletion_is_an_event_at_midnight_in_berlin() -> None:
    found = events_of(known(machines=[machine(**leaving("2026-12-01"))]), NOTHING).all
    assert [(one.stage, one.starts.isoformat()[:16]) for one in found] == [
        ("prepare", "2026-11-25T23:00"),
        ("soft", "2026-11-30T23:00"),
        ("hard", "2026-12-03T23:00"),
        ("purge", "2027-01-01T23:00"),
        ("recycle", "2027-01-07T23:00"),
    ]
    assert {phase(one) for one in found} == {Phase.UPCOMING}


def test_of_an_announcement_that_was_made_already_nobody_knows_the_day() -> None:
    found = events_of(known(machines=[machine(**leaving("2026-11-25", "prepare"))]), NOTHING).all
    assert [one.stage for one in found] == ["soft", "hard", "purge", "recycle"]


def test_a_stage_whose_day_has_come_is_due_until_the_platform_says_that_it_is_reached() -> None:
    for stages, where in (((), Phase.IN_PROGRESS), (("soft",), Phase.PAST)):
        found = events_of(known(machines=[machine(**leaving("2026-11-24", *stages))]), NOTHING).all
        assert phase(next(one for one in found if one.stage == "soft")) is where


@pytest.mark.parametrize("deletion", ["never", {"deadline": "soon", "stages": 7}, {"deadline": "", "stages": []}])
def test_a_deletion_whose_day_nobody_can_read_is_no_event(deletion: object) -> None:
    assert events_of(known(machines=[machine(deletion=deletion)]), NOTHING).all == []


def test_a_maintenance_that_only_announces_a_deletion_is_told_by_the_deletion() -> None:
    announced = maintenance(NOW + 7 * DAY, NOW + 8 * DAY, comment="shop00 is shut down for deletion", activities=[])
    of_machine = machine(**leaving("2026-12-01", "prepare"))
    found = events_of(known(machines=[of_machine], maintenances=[announced]), NOTHING).all
    assert {one.kind for one in found} == {Kind.DELETION}
    alone = events_of(known(machines=[machine()], maintenances=[announced]), NOTHING).all
    assert [one.kind for one in alone] == [Kind.MAINTENANCE]


def test_maintenance_mode_goes_on_until_its_end() -> None:
    groups = [
        {"name": "shop", "in_maintenance": True, "maintenance_until": (NOW + HOUR).isoformat()},
        {"name": "old", "in_maintenance": True, "maintenance_until": (NOW - HOUR).isoformat()},
        {"name": "odd", "in_maintenance": True},
        {"name": "calm"},
    ]
    found = events_of(known(groups=groups), NOTHING)
    assert [(one.record.key, one.ends, phase(one)) for one in found.all] == [
        ("odd", None, Phase.IN_PROGRESS),
        ("shop", NOW + HOUR, Phase.IN_PROGRESS),
    ]
    assert [found.group_of(one) for one in found.all] == ["odd", "shop"]


def test_a_change_stands_at_the_maintenance_that_puts_it_in_force() -> None:
    coming = maintenance(NOW + HOUR, NOW + 2 * HOUR)
    listings = known(machines=[machine()], maintenances=[coming])
    key = listings["maintenance"].records[0].key
    changes = waiting(pending(maintenance=key), pending(maintenance=key, settled=True), pending(maintenance="other"))
    (event,) = events_of(listings, changes).all
    assert [one.number for one in event.changes] == [7]


def test_a_change_that_waits_for_an_unannounced_window_is_an_event_in_the_next_one() -> None:
    listings = known(machines=[machine()], groups=[{"name": "shop"}])
    (event,) = events_of(listings, waiting(pending())).all
    assert (event.kind, event.machine) == (Kind.CHANGE, "shop00")
    assert event.starts.isoformat() == "2026-11-25T21:00:00+00:00"  # 12 hours of notice, then 22:00 in Berlin


@pytest.mark.parametrize(
    "differs",
    [{"evidence": "install"}, {"settled": True}, {"recorded_at": None}, {"key": "gone"}, {"type_name": "serviceuser"}],
    ids=str,
)
def test_no_other_change_waits_for_a_window(differs: dict[str, Any]) -> None:
    listings = known(machines=[machine()], groups=[{"name": "shop"}])
    assert events_of(listings, waiting(pending(**differs))).all == []


def several() -> Events:
    return events_of(
        known(
            machines=[machine("shop00"), machine("Old00", resource_group="old", **leaving("2026-12-01", "prepare"))],
            groups=[{"name": "shop", "maintenance_until": (NOW + HOUR).isoformat()}],
            maintenances=[
                maintenance(NOW - 2 * DAY, NOW - DAY),
                maintenance(NOW - HOUR, NOW + HOUR),
                maintenance(NOW + DAY, NOW + 2 * DAY, machine="gone00"),
            ],
        ),
        NOTHING,
    )


@pytest.mark.parametrize(
    ("wanted", "kinds"),
    [
        (Wanted(), {Kind.MAINTENANCE: 3, Kind.DELETION: 4, Kind.MODE: 1}),
        (Wanted(kinds=(Kind.MODE, Kind.DELETION)), {Kind.DELETION: 4, Kind.MODE: 1}),
        (Wanted(groups=("shop",)), {Kind.MAINTENANCE: 2, Kind.MODE: 1}),
        (Wanted(text="OLD"), {Kind.DELETION: 4}),
        (Wanted(text="gone"), {Kind.MAINTENANCE: 1}),
        (Wanted(groups=("old",), text="shop"), {}),
    ],
)
def test_what_is_asked_for_is_cut_out(wanted: Wanted, kinds: dict[Kind, int]) -> None:
    found = [one.kind for one in matching(several(), wanted)]
    assert {kind: found.count(kind) for kind in Kind if kind in found} == kinds


def test_by_phase_the_soonest_comes_first_and_of_what_is_past_the_latest() -> None:
    phases = by_phase(several().all, NOW)
    assert [one.kind for one in phases[Phase.IN_PROGRESS]] == [Kind.MAINTENANCE, Kind.MODE]
    starts = [one.starts for one in phases[Phase.UPCOMING]]
    assert starts == sorted(starts)
    past = events_of(known(maintenances=[maintenance(NOW - d * DAY, NOW - d * DAY + HOUR) for d in (3, 1, 2)]), NOTHING)
    starts = [one.starts for one in by_phase(past.all, NOW)[Phase.PAST]]
    assert starts == sorted(starts, reverse=True)


def test_between_two_moments_is_what_is_not_over_and_has_begun() -> None:
    found = between(several().all, NOW, NOW + HOUR)
    assert [one.kind for one in found] == [Kind.MAINTENANCE, Kind.MODE]


@given(st.lists(st.integers(-50, 50), max_size=6), st.integers(-60, 60), st.integers(-60, 60))
def test_where_something_stands_changes_only_when_a_moment_has_passed(
    hours: list[int], first: int, second: int
) -> None:
    """What is kept of a page is kept for as long as `passed` answers the same."""
    maintenances = [maintenance(NOW + one * HOUR, NOW + one * HOUR + 5 * HOUR, machine=f"m{one}") for one in hours]
    groups = [{"name": f"g{one}", "maintenance_until": (NOW + one * HOUR).isoformat()} for one in hours]
    listings = known(maintenances=maintenances, groups=groups)
    at, later = sorted((NOW + first * HOUR, NOW + second * HOUR))

    def standings(now: datetime) -> list[tuple[str, Phase]]:
        told = known(maintenances=maintenances, groups=groups, now=now)
        return [(one.record.key, phase(one, now)) for one in events_of(told, NOTHING).all]

    if passed(listings, at) == passed(listings, later):
        assert sorted(standings(at)) == sorted(standings(later))


def test_who_sees_no_groups_or_machines_sees_the_rest() -> None:
    listings = {"maintenance": listing("maintenance", maintenance(NOW + HOUR, NOW + 2 * HOUR))}
    found = events_of(listings, waiting(pending()))
    assert [found.group_of(one) for one in found.all] == [""]
    assert passed(listings, NOW) == 0
