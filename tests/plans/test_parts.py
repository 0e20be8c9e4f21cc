"""A plan is as few changes as the customer's keys allow, and each key reaches all that goes out with it."""

from hypothesis import given
from hypothesis import strategies as st

from portal.accounts.models import ApiKey
from portal.changes.intent import Intent
from portal.changes.keys import upwards
from portal.plans.parts import Placed, split
from tests.plans.conftest import new_group, new_machine
from tests.plans.test_order import move

TREE = {"services": "", "shop": "services", "lab": "shop", "acme": "", "acme-web": "acme"}


def keys_of(*groups: str) -> dict[str, ApiKey]:
    return {group: ApiKey(resource_group=group) for group in groups}


def edit(group: str, nth: int = 0) -> Placed:
    return Intent(type_name="virtualmachine", key=f"{group}{nth:02d}", wanted={"disk": 20}), group


def told(keys: dict[str, ApiKey], *items: Placed) -> tuple[list[tuple[str, list[str]]], list[str]]:
    found = split(keys, items, TREE)
    parts = [(key.resource_group, [item.key for item, _group in some]) for key, some in found.parts]
    return parts, [item.key for item, _groups in found.without]


def test_one_key_is_one_change() -> None:
    assert told(keys_of("services"), edit("shop"), edit("lab"), edit("services")) == (
        [("services", ["shop00", "lab00", "services00"])],
        [],
    )


def test_two_trees_are_two_changes_in_the_order_in_which_they_come() -> None:
    wanted = [edit("acme-web"), edit("shop"), edit("acme")]
    assert told(keys_of("services", "acme"), *wanted) == (
        [("acme", ["acme-web00", "acme00"]), ("services", ["shop00"])],
        [],
    )


def test_what_a_key_of_a_group_reaches_goes_with_what_the_one_above_reaches() -> None:
    assert told(keys_of("services", "shop"), edit("shop"), edit("services")) == (
        [("services", ["shop00", "services00"])],
        [],
    )


def test_the_nearest_key_that_reaches_all_of_it_is_used() -> None:
    assert told(keys_of("services", "shop", "lab"), edit("shop"), edit("lab")) == ([("shop", ["shop00", "lab00"])], [])


def test_what_goes_into_a_new_group_goes_with_it() -> None:
    wanted: list[Placed] = [(new_group("sale", "lab"), "lab"), (new_machine("sale00", "sale"), "sale")]
    found = split(keys_of("services", "shop", "acme"), wanted, TREE | {"sale": "lab"})
    assert [(key.resource_group, len(some)) for key, some in found.parts] == [("shop", 2)]


def test_what_no_key_reaches_is_said_and_the_rest_is_split() -> None:
    moved: Placed = (move("lab", "acme"), "lab")
    assert told(keys_of("services", "acme"), edit("shop"), moved) == ([("services", ["shop00"])], ["lab"])
    assert told(keys_of("acme"), edit("shop")) == ([], ["shop00"])


@given(
    keyed=st.sets(st.sampled_from(list(TREE))),
    groups=st.lists(st.sampled_from(list(TREE)), min_size=1, max_size=8),
)
def test_any_plan_is_split_so_that_each_key_reaches_its_part(keyed: set[str], groups: list[str]) -> None:
    items = [edit(group, nth) for nth, group in enumerate(groups)]
    found = split(keys_of(*keyed), items, TREE)
    sent = [item for _key, some in found.parts for item, _group in some]
    assert sorted(item.key for item, _groups in found.without) == sorted(
        item.key for item, group in items if keyed.isdisjoint(upwards(group, TREE))
    )
    assert len(sent) + len(found.without) == len(items)
    for key, some in found.parts:
        assert all(key.resource_group in upwards(group, TREE) for _item, group in some)
    reaching = [[name for name in upwards(group, TREE) if name in keyed] for group in groups]
    topmost = {names[-1] for names in reaching if names}
    assert len(found.parts) == len(topmost)  # no fewer could do
