"""What a machine's record says of its deletion (vm_18 … vm_21)."""

from datetime import date
from typing import Any

import pytest

from portal.resources.deletion import Deletion, read_deletion
from tests.resources.building import utc


def test_vm_18_it_names_the_day_at_whose_beginning_in_berlin_the_machine_is_shut_down() -> None:
    found = read_deletion({"deadline": "2026-12-01", "stages": ["prepare"]})
    assert found == Deletion(date(2026, 12, 1), ("prepare",), is_pending=True)
    assert not found.is_shut_down
    assert found.shuts_down == utc("2026-11-30 23:00")


@pytest.mark.parametrize(("stages", "is_it"), [([], False), (["prepare"], False), (["soft"], True), (["hard"], True)])
def test_vm_21_from_the_soft_stage_on_the_machine_is_shut_down(stages: list[str], is_it: bool) -> None:
    assert read_deletion({"deadline": "2026-12-01", "stages": stages}).is_shut_down is is_it


def test_vm_19_disk_and_record_are_gone_after_three_days_of_berlin() -> None:
    assert read_deletion({"deadline": "2026-12-01"}).gone == utc("2026-12-03 23:00")
    assert read_deletion({"deadline": "2027-03-26"}).gone == utc("2027-03-28 22:00")


@pytest.mark.parametrize(
    "value", [{}, {"deadline": "", "stages": []}, {"deadline": None}, {"stages": None}, None, "", [], "2026-12-01"]
)
def test_vm_16_nothing_is_pending_by_default_nor_where_nothing_can_be_read(value: Any) -> None:
    assert read_deletion(value) == Deletion()
    assert (Deletion().shuts_down, Deletion().gone, Deletion().is_shut_down) == (None, None, False)


@pytest.mark.parametrize("value", [{"deadline": "soon"}, {"stages": ["prepare"]}, {"stages": 5}, {"stages": [1, {}]}])
def test_vm_20_one_that_can_be_read_in_part_is_pending_all_the_same(value: Any) -> None:
    found = read_deletion(value)
    assert found.is_pending
    assert found.deadline is None


def test_the_day_may_come_with_a_time() -> None:
    assert read_deletion({"deadline": "2026-12-01T00:00:00+01:00"}).deadline == date(2026, 12, 1)


@pytest.mark.parametrize("deadline", ["0001-01-01", "9999-12-31"])
def test_a_day_beyond_all_reckoning_is_none(deadline: str) -> None:
    found = read_deletion({"deadline": deadline, "stages": ["soft"]})
    assert (found.deadline, found.gone, found.is_shut_down) == (None, None, True)
