"""The state of each machine and group, in lists and on pages, is the one that the platform's records prove."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.test import Client

from tests.moments.conftest import Records
from tests.moments.reading import badges_of, head_of, markup, page, row_of
from tests.moments.wording import BERLIN, ENGLISH, LANGUAGES, Language, both, day_of, instant, wall

# Of machines, all of which occur at each moment.
STATES = {"shutdown", "installing", "maintenance", "leaving", "off", "waiting", "ready"}
HALF_A_DAY = timedelta(hours=12)


class Proved(NamedTuple):
    """What is true of a record, and until or from when where records say so."""

    state: str
    until: datetime | None = None


def midnight(day: str, later: int = 0) -> datetime:
    """When a day of Berlin begins, or one that comes some days later."""
    date = day_of(day) + timedelta(days=later)
    return datetime(date.year, date.month, date.day, tzinfo=BERLIN)


def group_is(group: dict[str, Any]) -> list[Proved]:
    """A group's state: pages.md, from the platform's record."""
    return (
        [Proved("maintenance", instant(group["maintenance_until"]))] if group["in_maintenance"] else [Proved("active")]
    )


def machine_is(machine: dict[str, Any], group: dict[str, Any], maintenances: Records) -> list[Proved]:
    """A machine's state and notes, in the order of the table in pages.md."""
    return list(_facts(machine, group, maintenances)) or [Proved("ready")]


def _facts(machine: dict[str, Any], group: dict[str, Any], maintenances: Records) -> Iterator[Proved]:
    mine = sorted((one for one in maintenances if one["machine"] == machine["name"]), key=lambda one: one["starts"])
    changing = [
        one
        for one in mine
        if any(not done["ended"] and "deletion" not in done["comment"] for done in one["activities"])
    ]
    active = [one for one in changing if one["active"]]
    deadline, stages = machine["deletion"]["deadline"], machine["deletion"]["stages"]
    is_shut = "soft" in stages
    if is_shut:
        yield Proved("shutdown", midnight(deadline, 3))
    if machine["needs_install"]:
        yield Proved("installing")
    if active:
        yield Proved("maintenance", instant(active[0]["ends"]))
    elif not machine["servicing"] and machine["online"] and not is_shut:
        yield Proved("maintenance")
    elif group["in_maintenance"]:
        yield Proved("maintenance", instant(group["maintenance_until"]))
    if deadline and not is_shut:
        yield Proved("leaving", midnight(deadline))
    if not machine["online"]:
        yield Proved("off")
    if coming := [one for one in changing if not one["active"]]:
        yield Proved("waiting", instant(coming[0]["starts"]))


def words_of(fact: Proved, language: Language, zone: ZoneInfo, now: datetime) -> str:
    """How its time is worded on a page; '' where it has none."""
    if fact.until is None:
        return ""
    if fact.state in ("shutdown", "leaving"):
        return language.day(wall(fact.until, BERLIN).date(), wall(now, BERLIN).date())
    is_near = wall(fact.until, BERLIN).date() == wall(now, BERLIN).date() or fact.until - now < HALF_A_DAY
    if fact.state == "maintenance" and is_near:
        return both(fact.until, BERLIN, zone)
    return language.at(fact.until, BERLIN, now, zone)


def test_machines_are_in_the_states_that_the_platforms_records_prove(
    manager: Client, query: Callable[..., Records], moment: datetime
) -> None:
    groups = {one["name"]: one for one in query("resourcegroup")}
    machines, maintenances = query("virtualmachine"), query("maintenance")
    listed = markup(page(manager, "virtualmachine/?per_page=100", ENGLISH))
    opened: dict[str, list[Proved]] = {}  # by kind of state: one of each is looked at
    for machine in machines:
        proved = machine_is(machine, groups[machine["resource_group"]], maintenances)
        in_row = badges_of(row_of(listed, machine["name"]))
        assert [(one.state, one.until) for one in in_row] == proved, machine["name"]
        kind = " ".join(one.state for one in proved)
        if kind in opened:
            continue
        opened[kind] = proved
        for language in LANGUAGES:
            shown = badges_of(head_of(markup(page(manager, f"virtualmachine/{machine['name']}/", language))))
            assert [(one.state, one.until) for one in shown] == proved, machine["name"]
            worded = [words_of(one, language, ZoneInfo(machine["timezone"]), moment) for one in proved]
            for badge, words in zip(shown, worded, strict=True):
                assert badge.words.endswith(words), (badge.words, words)
                assert bool(badge.words) is bool(words)
    assert {state for kind in opened for state in kind.split()} == STATES


def test_groups_are_in_maintenance_as_long_as_the_platforms_records_say(
    manager: Client, query: Callable[..., Records]
) -> None:
    listed = markup(page(manager, "resourcegroup/", ENGLISH))
    for group in query("resourcegroup"):
        for part in (
            row_of(listed, group["name"]),
            head_of(markup(page(manager, f"resourcegroup/{group['name']}/", ENGLISH))),
        ):
            assert [(one.state, one.until) for one in badges_of(part)] == group_is(group)


def test_the_next_seven_days_on_the_overview_are_those_of_the_records(
    manager: Client, query: Callable[..., Records], moment: datetime
) -> None:
    ahead = timedelta(days=7)
    zones = {one["name"]: ZoneInfo(one["timezone"]) for one in query("virtualmachine")}
    coming = [
        (instant(one["starts"]), one["machine"], True)
        for one in query("maintenance")
        if moment < instant(one["starts"]) <= moment + ahead
    ]
    announced = {(at, name) for at, name, _is_window in coming}
    for machine in query("virtualmachine"):
        deadline, is_shut = machine["deletion"]["deadline"], "soft" in machine["deletion"]["stages"]
        at = midnight(deadline, 3 if is_shut else 0) if deadline else None
        if at and moment < at < moment + ahead and (at, machine["name"]) not in announced:
            coming.append((at, machine["name"], False))
    for language in LANGUAGES:
        shown = page(manager, "", language).context["page"].coming.shown
        assert sorted((line.at, re.sub("<.*?>", "", line.what)) for line in shown) == sorted(one[:2] for one in coming)
        words = {
            language.at(at, BERLIN, moment, zones[name])
            if is_window
            else language.day(wall(at, BERLIN).date(), wall(moment, BERLIN).date())
            for at, name, is_window in coming
        }
        assert {re.sub("<.*?>", "", line.end) for line in shown} == words
