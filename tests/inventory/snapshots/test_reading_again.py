"""What is read of a snapshot that comes again: only what is new in it, and nothing where it is the same."""

from collections.abc import Callable

import pytest

from portal.accounts.access import Scope
from portal.inventory import reads
from portal.inventory.listings import merging
from portal.inventory.listings.derived import Index
from portal.inventory.snapshots import store
from portal.resources.spec import Reader, Record, Values
from tests.inventory.conftest import machine, scope_of
from tests.inventory.platform import Platform

VM = "virtualmachine"


pytestmark = pytest.mark.usefixtures("twelve_machines")


@pytest.fixture
def was_read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the machines that are read from now on."""
    read, found = Reader.read, list[str]()

    def noted(self: Reader, raw: Values) -> Record:
        if self.type.name == VM:
            found.append(raw["name"])
        return read(self, raw)

    monkeypatch.setattr(Reader, "read", noted)
    return found


@pytest.fixture
def in_order(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many records were put in order, each time from now on."""
    natural, found = merging.natural, list[int]()
    monkeypatch.setattr(merging, "natural", lambda text: found.append(1) or natural(text))
    return found


def test_a_first_look_reads_each_record_once(scope: Scope, was_read: list[str]) -> None:
    reads.listing(scope, VM)
    reads.listing(scope_of(scope.customer), VM)
    assert sorted(was_read) == [f"services{number:02}" for number in range(12)]


def test_of_a_refresh_only_what_has_changed_is_read(scope: Scope, platform: Platform, was_read: list[str]) -> None:
    before = reads.listing(scope, VM)
    was_read.clear()
    platform.records["services", VM][3] |= {"cores": 4}
    platform.records["services", VM].append(machine("services99"))

    after = reads.refresh(scope, VM)
    assert was_read == ["services03", "services99"]
    assert after.by_key["services03"]["cores"] == 4
    assert [one.key for one in after.records if before.by_key.get(one.key) is one] == [
        f"services{number:02}" for number in range(12) if number != 3
    ]


def test_of_a_refresh_that_brings_the_same_nothing_is_read_or_put_in_order(
    scope: Scope, was_read: list[str], in_order: list[int]
) -> None:
    before = reads.listing(scope, VM)
    was_read.clear()
    in_order.clear()
    after = reads.refresh(scope, VM)
    assert (after.records, after.index) == (before.records, before.index)
    assert (was_read, in_order) == ([], [])


def test_records_that_stay_the_same_ones_keep_their_order_unsorted(
    scope: Scope, platform: Platform, in_order: list[int]
) -> None:
    reads.listing(scope, VM)
    in_order.clear()
    platform.records["services", VM][3] |= {"cores": 4}
    assert [one.key for one in reads.refresh(scope, VM).records] == [f"services{number:02}" for number in range(12)]
    assert not in_order


def test_what_cannot_be_read_is_counted_again_and_not_read_again(
    scope: Scope, platform: Platform, was_read: list[str]
) -> None:
    platform.records["services", VM].append({"__type__": VM, "name": ""})
    assert reads.listing(scope, VM).unreadable == 1
    was_read.clear()
    platform.records["services", VM].append(machine("services99"))
    assert reads.refresh(scope, VM).unreadable == 1
    assert was_read == ["services99"]


def test_of_the_answer_itself_only_what_has_changed_is_read_by_whichever_process_asks(
    scope: Scope, platform: Platform, monkeypatch: pytest.MonkeyPatch, fresh_process: Callable[[], None]
) -> None:
    reads.listing(scope, VM)
    fresh_process()
    dump, written = store.dump, list[str]()
    monkeypatch.setattr(store, "dump", lambda value: written.append(value.get("name")) or dump(value))
    platform.records["services", VM][3] |= {"cores": 4}
    assert reads.refresh(scope, VM).by_key["services03"]["cores"] == 4
    assert [name for name in written if name] == ["services03"]


def test_another_process_reads_it_for_itself(
    scope: Scope, was_read: list[str], fresh_process: Callable[[], None]
) -> None:
    first: Index = reads.listing(scope, VM).index
    fresh_process()
    assert reads.listing(scope, VM).index.records == first.records
    assert len(was_read) == 24


def test_records_share_what_is_alike_in_them(scope: Scope, platform: Platform) -> None:
    for one in platform.records["services", VM]:
        one |= {"environment": "fc-22.05-production", "classes": ["role::generic"]}
    first, *others = reads.listing(scope, VM).records
    for name in ("environment", "classes", "deletion", "resource_group"):
        assert all(one[name] is first[name] for one in others)
