"""What is asked of the same record twice becomes one: as if the one had been done after the other."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.changes.intent import Intent
from portal.plans.merging import merge
from tests.plans.conftest import new_group

FREE: Mapping[str, Any] = {"deadline": "", "stages": []}
LEAVING: Mapping[str, Any] = {"deadline": "2026-12-24", "stages": []}


def edit(before: Mapping[str, Any] | None = None, **wanted: Any) -> Intent:
    return Intent(type_name="virtualmachine", key="shop00", wanted=wanted, before=before or {})


def deletion(deadline: str = "2026-12-24") -> Intent:
    return Intent(type_name="virtualmachine", key="shop00", action="delete", wanted={"deadline": deadline})


def creation(**wanted: Any) -> Intent:
    wanted = {"resource_group": "shop", "location": "rzob", **wanted}
    return Intent(type_name="virtualmachine", key="shop00", wanted=wanted, creates=True)


def grant(*, action: str = "set") -> Intent:
    return Intent(type_name="permission", key="shop/ada/login", action=action, creates=action == "set")


def user(description: str | None = None, *, action: str = "set") -> Intent:
    wanted = {} if description is None else {"description": description}
    return Intent(type_name="serviceuser", key="shop/s-x", action=action, wanted=wanted, creates=action == "set")


# --- each with each


def test_two_edits_are_one_and_the_later_value_holds() -> None:
    merged, notes = merge(edit({"disk": 10}, disk=20), edit({"disk": 10, "cores": 1}, disk=30, cores=2))
    assert merged == edit({"disk": 10, "cores": 1}, disk=30, cores=2)
    assert notes == [{"kind": "replaced", "field": "disk", "was": 20}]


def test_what_comes_back_to_what_is_there_asks_for_nothing() -> None:
    assert merge(edit({"disk": 10}, disk=20), edit({"disk": 10}, disk=10))[0] is None
    merged, _notes = merge(edit({"disk": 10, "cores": 1}, disk=20, cores=2), edit({"disk": 10}, disk=10))
    assert merged == edit({"cores": 1}, cores=2)


def test_what_is_there_by_now_is_told_from_what_was_there_then() -> None:
    merged, _notes = merge(edit({"disk": 10}, disk=20), edit({"disk": 15}, disk=10))
    assert merged == edit({"disk": 15}, disk=10)


def test_who_is_shown_what_the_plan_asks_for_has_not_seen_anything_new() -> None:
    merged, _notes = merge(edit({"disk": 10}, disk=20), edit({"disk": 20}, disk=30))
    assert merged == edit({"disk": 10}, disk=30)


def test_roles_in_another_order_are_what_is_there() -> None:
    roles, swapped = ["role::a", "role::b"], ["role::b", "role::a"]
    assert merge(edit({"classes": roles}, classes=["role::a"]), edit({"classes": roles}, classes=swapped))[0] is None


def test_an_edit_that_is_deleted_is_a_deletion() -> None:
    assert merge(edit({"disk": 10}, disk=20), deletion()) == (deletion(), [{"kind": "dropped"}])


def test_a_deletion_that_is_edited_is_an_edit() -> None:
    assert merge(deletion(), edit({"disk": 10}, disk=20)) == (edit({"disk": 10}, disk=20), [{"kind": "kept"}])


def test_a_deletion_that_is_kept_is_kept() -> None:
    assert merge(deletion(), edit({"deletion": LEAVING})) == (edit({"deletion": LEAVING}), [{"kind": "kept"}])


def test_two_deletions_are_one_at_the_later_deadline() -> None:
    merged, notes = merge(deletion("2026-12-01"), deletion("2026-12-24"))
    assert merged == deletion("2026-12-24")
    assert notes == [{"kind": "replaced", "field": "deadline", "was": "2026-12-01"}]


def test_a_creation_that_is_edited_is_a_creation() -> None:
    merged, notes = merge(creation(disk=20), edit({}, disk=30, cores=2))
    assert merged == creation(disk=30, cores=2)
    assert notes == [{"kind": "replaced", "field": "disk", "was": 20}]


def test_a_creation_filled_in_anew_leaves_out_what_it_leaves_out() -> None:
    assert merge(creation(disk=20), creation(cores=2))[0] == creation(cores=2)


@pytest.mark.parametrize(("create", "delete"), [(creation(), deletion()), (grant(), grant(action="delete"))])
def test_a_creation_that_is_deleted_is_nothing(create: Intent, delete: Intent) -> None:
    assert merge(create, delete) == (None, [])


def test_a_right_that_is_revoked_and_granted_stays() -> None:
    assert merge(grant(action="delete"), grant()) == (None, [])


def test_what_is_deleted_and_created_otherwise_stays_to_be_decided() -> None:
    """It is there: the review asks (`exists`), and nothing that was typed is lost."""
    assert merge(user(action="delete"), user("Mail")) == (user("Mail"), [{"kind": "kept"}])


def test_what_is_edited_and_created_again_is_created() -> None:
    """Its record went away meanwhile, or comes under another form."""
    merged, notes = merge(edit({"disk": 10}, disk=20), creation(disk=30))
    assert merged == creation(disk=30)
    assert notes == [{"kind": "replaced", "field": "disk", "was": 20}]


def test_a_new_group_takes_its_later_place() -> None:
    assert merge(new_group("sale", "shop"), new_group("sale", "example"))[0] == new_group("sale", "example")


# --- a deletion that is planned (vm_20)


def test_a_deletion_that_an_edit_cancels_stays_cancelled_when_its_values_come_back() -> None:
    seen = {"disk": 10, "deletion": LEAVING}
    assert merge(edit(seen, disk=20), edit(seen, disk=10))[0] == edit({"deletion": LEAVING})
    free = {"disk": 10, "deletion": FREE}
    assert merge(edit(free, disk=20), edit(free, disk=10))[0] is None


def test_who_saw_a_deletion_that_was_planned_meanwhile_means_to_cancel_it() -> None:
    merged, _notes = merge(edit({"disk": 10, "deletion": FREE}, disk=20), edit({"deletion": LEAVING}, cores=2))
    assert merged is not None
    assert merged.before["deletion"] == LEAVING


# --- any number of them

FIELDS = {"cores": st.integers(1, 3), "disk": st.integers(10, 12), "service_description": st.sampled_from(["", "a"])}


@given(
    record=st.fixed_dictionaries(FIELDS),
    edits=st.lists(st.fixed_dictionaries({}, optional=FIELDS).filter(bool), min_size=1, max_size=6),
)
def test_any_edits_are_what_they_are_one_after_the_other(record: dict[str, Any], edits: list[dict[str, Any]]) -> None:
    merged: Intent | None = None
    for wanted in edits:
        later = edit({name: record[name] for name in wanted}, **wanted)
        merged = later if merged is None else merge(merged, later)[0]
    in_turn = {name: value for wanted in edits for name, value in wanted.items()}
    asked = merged.wanted if merged else {}
    assert record | asked == record | in_turn


ANY = st.one_of(
    st.builds(lambda disk: edit({"disk": 10, "deletion": FREE}, disk=disk), st.integers(10, 12)),
    st.builds(deletion, st.sampled_from(["2026-12-01", "2026-12-24"])),
    st.builds(lambda disk: creation(disk=disk), st.integers(10, 12)),
    st.just(edit({"deletion": LEAVING})),
)


@given(st.lists(ANY, min_size=2, max_size=6))
def test_whatever_is_asked_in_any_order_can_be_asked(asked: list[Intent]) -> None:
    merged: Intent | None = None
    for later in asked:
        merged = later if merged is None else merge(merged, later)[0]
    if merged is not None:
        merged.check()
