"""Of which records the state is told anew: where something around them has changed, or a moment of that has passed."""

from datetime import UTC, datetime

import pytest

from portal.accounts.access import Scope
from portal.inventory import reads
from portal.inventory.listings import record_context
from portal.resources.spec import Context, Record
from portal.resources.state_styles import State
from tests.inventory.conftest import group, machine, maintenance
from tests.inventory.platform import Platform

VM = "virtualmachine"


@pytest.fixture(autouse=True)
def two_groups(platform: Platform, redis_url: str) -> None:
    """Of which one is in maintenance until ten; and a machine of the other has one of its own from eleven to twelve."""
    platform.date = "Tue, 24 Nov 2026 21:00:00 GMT"
    platform.records["services", VM] = [
        *[machine(f"shop{number}", "shop") for number in range(3)],
        *[machine(f"test{number}", "test") for number in range(3)],
    ]
    until = "2026-11-24T22:00:00+00:00"
    platform.records["services", "resourcegroup"] = [group("shop", maintenance_until=until), group("test")]
    window = ("2026-11-24T23:00:00+00:00", "2026-11-25T00:00:00+00:00")
    platform.records["services", "maintenance"] = [maintenance("test1", *window)]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Machines whose state is told from now on."""
    around, found = record_context._context, list[str]()

    def noted(record: Record, *others: object) -> Context:
        found.append(record.key)
        return around(record, *others)  # type: ignore[arg-type]

    monkeypatch.setattr(record_context, "_context", noted)
    return found


def states(scope: Scope, platform: Platform, now: datetime) -> reads.States:
    """As of a moment by the platform's clock, with nothing but its time fetched anew."""
    platform.date = f"{now:%a, %d %b %Y %H:%M:%S GMT}"
    for name in ("resourcegroup", "maintenance"):
        reads.refresh(scope, name)
    return reads.states(scope, reads.refresh(scope, VM))


def test_when_a_moment_passes_only_records_around_it_are_told_anew(
    scope: Scope, platform: Platform, told: list[str]
) -> None:
    before = states(scope, platform, datetime(2026, 11, 24, 21, tzinfo=UTC))
    assert [before[f"shop{number}"][0].state for number in range(3)] == [State.MAINTENANCE] * 3
    told.clear()

    after = states(scope, platform, datetime(2026, 11, 24, 22, 30, tzinfo=UTC))
    assert told == ["shop0", "shop1", "shop2"]
    assert [after[f"shop{number}"][0].state for number in range(3)] == [State.READY] * 3
    assert after.number != before.number
    told.clear()

    states(scope, platform, datetime(2026, 11, 25, 0, 30, tzinfo=UTC))
    assert told == ["test1"]


def test_a_moment_that_changes_no_state_leaves_the_states_the_same_ones(scope: Scope, platform: Platform) -> None:
    before = states(scope, platform, datetime(2026, 11, 24, 22, 30, tzinfo=UTC))
    assert before["test1"][0].state is State.WAITING
    assert states(scope, platform, datetime(2026, 11, 24, 23, 30, tzinfo=UTC)) is before


def test_with_a_clock_that_was_set_back_all_are_told_anew(scope: Scope, platform: Platform, told: list[str]) -> None:
    states(scope, platform, datetime(2026, 11, 24, 22, 30, tzinfo=UTC))
    told.clear()
    back = states(scope, platform, datetime(2026, 11, 24, 21, tzinfo=UTC))
    assert len(told) == 6
    assert back["shop0"][0].state is State.MAINTENANCE
