"""Rights are asked for where a change is sent and where it is decided, for the records that are there then."""

from collections.abc import Callable
from typing import Any

import pytest

from portal.accounts.access import Scope
from portal.accounts.models import Membership, User
from portal.accounts.roles import Role
from portal.accounts.view_as import Viewing
from portal.changes import decisions
from portal.changes.errors import Taken
from portal.changes.intent import Intent
from portal.changes.models import Change, State
from portal.changes.reads.pending import pending_of
from portal.changes.submit import submit
from portal.inventory import reads
from tests.changes.conftest import edit, machine, new_machine, plain_machine, run
from tests.support.services import Sandbox

GROUPS = "resourcegroup"
type ScopeOf = Callable[..., Scope]


def new_group(name: str, parent: str) -> Intent:
    return Intent(type_name=GROUPS, key=name, wanted={"parent": parent}, creates=True)


def group(platform: Sandbox, name: str) -> dict[str, Any]:
    with platform.proxy() as proxy:
        (record,) = proxy.query(GROUPS, {"name": name})
    return dict(record)


def growing_below(scope: Scope, platform: Sandbox, where: str = "example") -> tuple[Change, str, int]:
    """A queued change of a machine of that group."""
    present = plain_machine(platform, where)
    wanted = edit(present["name"], {"disk": present["disk"]}, {"disk": present["disk"] + 1})
    return submit(scope, [wanted], "growing"), present["name"], present["disk"]


def membership(name: str) -> Any:
    return Membership.objects.filter(user__email=f"{name}@example.com")


def is_refused(change: Change, kind: str) -> bool:
    return (change.state, change.is_final, change.answer["kind"]) == (State.REJECTED, True, kind)


# --- a name that is taken where the person doesn't see it


def test_a_group_that_is_there_out_of_sight_is_a_name_that_is_taken_and_stays_where_it_is(
    scope: Scope, scope_of: ScopeOf, platform: Sandbox
) -> None:
    child = scope_of("child")
    change = run(submit(child, [new_group("old", "example")], "old"))
    assert is_refused(change, "taken")
    assert platform.calls("apply") == 0
    assert group(platform, "old")["parent"] == "services"


def test_who_sees_it_is_asked(scope: Scope, platform: Sandbox) -> None:
    assert run(submit(scope, [new_group("old", "example")], "old")).state == State.CONFLICT


def test_what_is_to_be_created_is_no_pending_change_of_what_has_its_name(scope: Scope, scope_of: ScopeOf) -> None:
    submit(scope_of("child"), [new_group("old", "example")], "old")
    pending = pending_of(scope)
    assert pending.of(GROUPS, "old") == ()
    assert [one.key for one in pending.created(GROUPS)] == ["old"]


def test_a_conflict_of_others_over_what_one_does_not_see_is_not_overwritten(
    scope: Scope, scope_of: ScopeOf, platform: Sandbox
) -> None:
    change = run(submit(scope, [new_group("trial", "example")], "trial"))
    with pytest.raises(Taken):
        decisions.resolve_conflict(scope_of("child"), change, overwrite=True)
    change.refresh_from_db()
    assert change.state == State.CONFLICT
    decisions.resolve_conflict(scope, change, overwrite=True)
    assert run(change).recorded_at is not None
    assert group(platform, "trial")["parent"] == "example"


def test_what_came_there_out_of_sight_since_it_was_decided_is_not_overwritten(
    scope: Scope, scope_of: ScopeOf, platform: Sandbox
) -> None:
    child = scope_of("child")
    change = run(submit(child, [new_group("old", "example")], "old"))
    decisions.retry(child, change)
    assert is_refused(run(change), "taken")
    assert group(platform, "old")["parent"] == "services"


def test_a_new_group_with_a_machine_in_it_goes_out_together(scope_of: ScopeOf, scope: Scope) -> None:
    wanted = [new_group("example-new", "example"), new_machine("example-new00", "example-new")]
    assert run(submit(scope_of("child"), wanted, "both")).recorded_at is not None


# --- rights that are lost while a change waits


@pytest.mark.parametrize(
    "lose",
    [
        lambda: membership("child").update(role=Role.VIEWER),
        lambda: membership("child").update(group="shop"),
        lambda: membership("child").delete(),
        lambda: User.objects.filter(email="child@example.com").update(is_active=False),
    ],
    ids=["role lowered", "moved to another group", "removed", "deactivated"],
)
def test_who_lost_the_right_while_a_change_waited_changes_nothing(
    scope: Scope, scope_of: ScopeOf, platform: Sandbox, lose: Callable[[], object]
) -> None:
    change, name, disk = growing_below(scope_of("child"), platform)
    lose()
    assert is_refused(run(change), "forbidden")
    assert platform.calls("apply") == 0
    assert machine(platform, name)["disk"] == disk


def test_who_still_may_is_served(scope_of: ScopeOf, scope: Scope, platform: Sandbox) -> None:
    change, name, disk = growing_below(scope_of("child"), platform)
    assert run(change).recorded_at is not None
    assert machine(platform, name)["disk"] == disk + 1


def test_a_machine_that_was_moved_out_of_sight_is_not_changed(
    scope: Scope, scope_of: ScopeOf, platform: Sandbox
) -> None:
    change, name, disk = growing_below(scope_of("child"), platform, "example-lab")
    with platform.proxy() as proxy:
        proxy.apply([{"__type__": GROUPS, "name": "example-lab", "parent": "shop"}])
    reads.refresh(scope, GROUPS)
    assert is_refused(run(change), "forbidden")
    assert machine(platform, name)["disk"] == disk


def test_who_may_asks_again_for_who_may_not_any_more(scope: Scope, scope_of: ScopeOf, platform: Sandbox) -> None:
    change, name, disk = growing_below(scope_of("child"), platform)
    membership("child").update(role=Role.VIEWER)
    run(change)
    decisions.retry(scope, change)
    assert run(change).recorded_at is not None
    assert machine(platform, name)["disk"] == disk + 1


# --- staff


def test_staff_who_ask_in_somebodys_place_may_what_that_person_may(
    scope: Scope, cast: dict[str, User], platform: Sandbox
) -> None:
    member = membership("child").select_related("user", "customer").get()
    as_child = Scope(scope.customer, cast["staff"], Role.OPERATOR, "example", (), Viewing(member, writes=True))
    change, _name, _disk = growing_below(as_child, platform)
    assert (change.author, change.in_place_of) == (cast["staff"], cast["child"])
    membership("child").update(role=Role.VIEWER)
    assert is_refused(run(change), "forbidden")


def test_staff_who_decide_in_the_console_may_what_a_manager_may_while_they_are_staff(
    scope: Scope, scope_of: ScopeOf, cast: dict[str, User], platform: Sandbox
) -> None:
    change, name, disk = growing_below(scope_of("child"), platform)
    membership("child").delete()
    run(change)
    console = Scope(scope.customer, cast["staff"], Role.MANAGER)
    decisions.retry(console, change)
    User.objects.filter(pk=cast["staff"].pk).update(is_staff=False)
    assert is_refused(run(change), "forbidden")
    User.objects.filter(pk=cast["staff"].pk).update(is_staff=True)
    decisions.retry(console, change)
    assert run(change).recorded_at is not None
    assert machine(platform, name)["disk"] == disk + 1
