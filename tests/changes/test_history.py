"""What pages read of changes: what is pending, what was, each within the scope, and one query for a page view."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils import timezone

from portal.accounts.access import Scope
from portal.changes.models import Change, Item, State
from portal.changes.reads.history import Filters, history, history_of, needing_someone
from portal.changes.reads.pending import pending_of
from portal.changes.reads.visibility import find_change
from tests.changes.conftest import MACHINE
from tests.support import moment

type Asked = Callable[..., Change]


@pytest.fixture
def asked(scope: Scope, scope_of: Callable[..., Scope]) -> Asked:
    """A change as if it had been asked for: by one of the cast, of these machines."""

    def ask(
        *keys: str, author: str = "manager", group: str = "shop", type_name: str = MACHINE, **fields: Any
    ) -> Change:
        number = 1 + Change.objects.count()
        at = {"number": number, "turn": number, "token": str(number), "key_group": "services", "key_generation": 1}
        author_of = {"manager": scope.user}.get(author) or scope_of(author).user
        values = {"customer": scope.customer, "author": author_of, **at, **fields}
        change = Change.objects.create(**values)
        for position, key in enumerate(keys):
            creates = bool(fields.get("token") == "new")
            Item.objects.create(
                change=change, position=position, type_name=type_name, key=key, group=group, creates=creates,
                wanted={"disk": 20}, before={} if creates else {"disk": 10},
            )  # fmt: skip
        return change

    return ask


def numbers(changes: list[Change]) -> list[int]:
    return [change.number for change in changes]


def test_pending_is_everything_that_is_not_at_its_end_in_order(scope: Scope, asked: Asked) -> None:
    second = asked("shop10", turn=7)
    first = asked("shop10", "shop11", state=State.CONFLICT)
    asked("shop10", state=State.RECORDED, done_at=timezone.now())
    asked("shop10", state=State.DRAFT)
    pending = pending_of(scope)
    assert [(one.number, one.key) for one in pending.all] == [
        (first.number, "shop10"),
        (first.number, "shop11"),
        (second.number, "shop10"),
    ]
    assert [one.number for one in pending.of(MACHINE, "shop10")] == [first.number, second.number]
    assert pending.of(MACHINE, "shop12") == pending.of("resourcegroup", "shop10") == ()
    assert (pending.count, pending.attention) == (1, 1)


def test_that_nothing_is_pending_is_one_query(scope: Scope, django_assert_num_queries: Callable[..., Any]) -> None:
    with django_assert_num_queries(1):
        assert pending_of(scope).all == ()


def test_pending_is_three_queries_however_much_it_is(
    scope: Scope, asked: Asked, django_assert_num_queries: Callable[..., Any]
) -> None:
    for number in range(20):
        asked(f"shop{number}", "shop99")
    with django_assert_num_queries(3):
        pending = pending_of(scope)
        assert len([(one.author, one.answer) for one in pending.all]) == 40


def test_pending_of_a_limited_member_is_what_lies_in_their_groups(
    scope: Scope, scope_of: Callable[..., Scope], asked: Asked
) -> None:
    asked("shop10", "example10")
    Item.objects.filter(key="example10").update(group="example")
    assert [one.key for one in pending_of(scope_of("child")).all] == ["example10"]
    assert pending_of(scope_of("outsider", "10002")).all == ()


def test_pending_of_a_role_leaves_out_types_it_does_not_see(
    scope: Scope, scope_of: Callable[..., Scope], asked: Asked
) -> None:
    asked("shop/ada/login", type_name="permission")
    asked("shop10")
    assert [one.key for one in pending_of(scope_of("operator")).all] == ["shop10"]
    assert len(pending_of(scope).all) == 2


def test_what_is_being_created_can_be_told_apart(scope: Scope, asked: Asked) -> None:
    asked("shop10")
    asked("shop77", token="new")
    assert [one.key for one in pending_of(scope).created(MACHINE)] == ["shop77"]


@pytest.mark.parametrize(
    "what",
    [{"state": State.SENDING}, {"attempts": 2}, {"answer": {"kind": "unreachable"}}, {"recorded_at": moment.AT}],
)
def test_the_version_changes_with_what_pages_show(scope: Scope, asked: Asked, what: dict[str, Any]) -> None:
    asked("shop10")
    before = pending_of(scope).version
    Change.objects.update(next_attempt_at=timezone.now() + timedelta(seconds=9))
    assert pending_of(scope).version == before
    Change.objects.update(**what)
    assert pending_of(scope).version != before


def test_pending_says_what_waits_for_the_platform_and_what_for_somebody(scope: Scope, asked: Asked) -> None:
    asked("shop10", answer={"kind": "unreachable"})
    asked("shop11", state=State.PARKED)
    asked("shop12")
    found = pending_of(scope).all
    assert [one.waits_for_platform for one in found] == [True, False, False]
    assert [one.needs_someone for one in found] == [False, True, False]


def test_what_was_rejected_lately_needs_attention_until_it_is_put_away(scope: Scope, asked: Asked) -> None:
    now = timezone.now()
    asked("shop77", state=State.REJECTED, done_at=now, token="new")
    asked("shop10", state=State.REJECTED, done_at=now - timedelta(days=8))
    asked("shop11", state=State.CANCELLED, done_at=now)
    asked("shop12", state=State.PARKED)
    pending = pending_of(scope)
    assert ([one.key for one in pending.refused], [one.key for one in pending.all]) == (["shop77"], ["shop12"])
    assert (pending.count, pending.attention) == (0, 2)
    assert [one.key for one in pending.refused_creations(MACHINE)] == ["shop77"]
    assert pending.created(MACHINE) == pending.coming(MACHINE, "shop77") == ()


def test_what_is_created_once_more_is_not_told_as_refused(scope: Scope, asked: Asked) -> None:
    asked("shop77", state=State.REJECTED, done_at=timezone.now(), token="new")
    asked("shop77", author="operator", token="new")
    assert pending_of(scope).refused_creations(MACHINE) == ()


def test_history_is_newest_first_in_pages(scope: Scope, asked: Asked) -> None:
    for _ in range(30):
        asked("shop10")
    first, second = history(scope, Filters(), per_page=25), history(scope, Filters(), page=2, per_page=25)
    assert (numbers(first.changes)[0], len(first.changes), first.total, first.pages) == (30, 25, 30, 2)
    assert numbers(second.changes) == [5, 4, 3, 2, 1]
    assert history(scope, Filters(), page=10**9, per_page=25).number == 2
    assert history(scope, Filters(), page=-3).number == 1
    assert history(scope, Filters(), per_page=10**9).per_page == 50


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(states=["rejected"]), [2]),
        (Filters(states=["rejected", "queued"]), [3, 2, 1]),
        (Filters(types=["serviceuser"]), [3]),
        (Filters(authors=["operator@example.com"]), [2]),
        (Filters(text="SHOP1"), [2, 1]),
        (Filters(states=["queued"], text="shop"), [3, 1]),
        (Filters(authors=["nobody@example.com"]), []),
        (Filters(text="100%"), []),
        (Filters(states=["no such state"]), []),
    ],
)
def test_history_is_filtered(scope: Scope, asked: Asked, filters: Filters, expected: list[int]) -> None:
    asked("shop10")
    asked("shop11", author="operator", state=State.REJECTED, done_at=timezone.now())
    asked("shop/s-one", type_name="serviceuser")
    assert numbers(history(scope, filters).changes) == expected


def test_history_shows_each_only_what_they_may_see_of_a_change(
    scope: Scope, scope_of: Callable[..., Scope], asked: Asked
) -> None:
    change = asked("shop10", "example10")
    Item.objects.filter(key="example10").update(group="example")
    asked("shop11")
    child = scope_of("child")
    (seen,) = history(child, Filters()).changes
    assert [item.key for item in seen.shown_items] == ["example10"]  # type: ignore[attr-defined]
    assert history(child, Filters(text="shop10")).total == 0
    assert find_change(child, change.pk) == change
    with pytest.raises(Http404):
        find_change(scope_of("outsider", "10002"), change.pk)
    with pytest.raises(Http404):
        find_change(scope, "no uuid")


def test_who_sees_no_changes_sees_no_history(scope_of: Callable[..., Scope], asked: Asked) -> None:
    asked("shop10")
    with pytest.raises(PermissionDenied):
        history(scope_of("billing"), Filters())


def test_history_of_a_resource(scope: Scope, scope_of: Callable[..., Scope], asked: Asked) -> None:
    asked("shop10", "shop11")
    asked("shop11", state=State.DONE, done_at=timezone.now())
    asked("shop11", type_name="serviceuser")
    assert numbers(history_of(scope, MACHINE, "shop11")) == [2, 1]
    assert history_of(scope_of("child"), MACHINE, "shop11") == []


def test_history_costs_the_same_for_a_long_page(
    scope: Scope, asked: Asked, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    for _ in range(40):
        asked("shop10", "shop11")
    with django_assert_max_num_queries(4):
        page = history(scope, Filters())
        assert len([(str(change.author), len(change.shown_items)) for change in page.changes]) == 40  # type: ignore[attr-defined]


def test_what_needs_someone_is_what_goes_no_further_and_what_was_rejected_lately(scope: Scope, asked: Asked) -> None:
    long_ago = timezone.now() - timedelta(days=8)
    asked("shop10")
    asked("shop11", state=State.PARKED)
    asked("shop12", state=State.REJECTED, done_at=timezone.now())
    asked("shop13", state=State.REJECTED, done_at=long_ago)
    asked("shop14", state=State.CONFLICT)
    asked("shop15", state=State.CANCELLED, done_at=timezone.now())
    assert sorted(numbers(needing_someone(scope))) == [2, 3, 5]
