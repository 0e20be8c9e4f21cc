"""What a bell shows, to whom, and that the count on each page is what it says."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction

from portal.accounts.access import Scope, get_scope
from portal.accounts.models import Customer, Membership, User
from portal.accounts.roles import Role
from portal.accounts.view_as import Viewing
from portal.inventory import news
from portal.notify import bell, recipients
from portal.notify.kinds import KINDS
from portal.notify.models import Notice, Occurrence
from portal.resources.types import TYPES
from tests.notify.making import notice, occurrence

GROUPS = {"shop", "shop-api"}  # below the one that a member is limited to, as the platform has it in these tests


@pytest.fixture
def customer(db: None) -> Customer:
    return Customer.objects.create(number="10001", name="Example")


@pytest.fixture
def person(customer: Customer) -> User:
    user = User.objects.create(email="ada@example.com")
    Membership.objects.create(user=user, customer=customer, role=Role.MANAGER)
    return user


@pytest.fixture(autouse=True)
def groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bell, "groups_of", lambda scope: GROUPS)
    monkeypatch.setattr(recipients, "groups_of", lambda scope: GROUPS)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Subjects of which there was news."""
    found: list[str] = []
    monkeypatch.setattr(news, "tell_after_commit", found.extend)
    return found


def scope_of(person: User) -> Scope:
    return get_scope(User.objects.get(pk=person.pk), "10001")


def unread(person: User) -> int:
    return scope_of(person).unread


def place(person: User, role: Role, group: str = "") -> None:
    member = Membership.objects.get(user=person)
    member.role, member.group = role, group
    member.save()


def test_the_newest_come_first_twenty_at_a_time(person: User, customer: Customer) -> None:
    made = [notice(person, customer).pk for _ in range(45)]
    pages, before = [], None
    while True:
        page = bell.latest(scope_of(person), before)
        pages.append([one.pk for one in page.notices])
        if (before := page.older) is None:
            break
    assert [len(page) for page in pages] == [20, 20, 5]
    assert [pk for page in pages for pk in page] == made[::-1]


def test_a_full_page_that_is_the_last_leads_nowhere(person: User, customer: Customer) -> None:
    for _ in range(20):
        notice(person, customer)
    assert bell.latest(scope_of(person)).older is None


def test_what_is_not_for_the_bell_is_neither_shown_nor_counted(person: User, customer: Customer) -> None:
    notice(person, customer, in_bell=False)
    assert bell.latest(scope_of(person)).notices == ()
    assert unread(person) == 0


def test_others_and_other_customers_notices_are_not_theirs(person: User, customer: Customer) -> None:
    other, elsewhere = User.objects.create(email="bob@example.com"), Customer.objects.create(number="10002")
    Membership.objects.create(user=other, customer=customer, role=Role.MANAGER)
    Membership.objects.create(user=person, customer=elsewhere, role=Role.MANAGER)
    of_other, of_elsewhere = notice(other, customer), notice(person, elsewhere)
    assert bell.latest(scope_of(person)).notices == ()
    assert bell.seen(replace(scope_of(person), unread=1), [of_other, of_elsewhere]) == 0
    assert unread(other) == 1
    assert not Notice.objects.exclude(read=None).exists()


def test_only_what_was_shown_is_read(person: User, customer: Customer) -> None:
    for _ in range(25):
        notice(person, customer)
    page = bell.latest(scope_of(person))
    meanwhile = notice(person, customer)
    assert bell.seen(scope_of(person), page.notices) == 6
    assert unread(person) == 6
    meanwhile.refresh_from_db()
    assert meanwhile.read is None


def test_all_are_read_up_to_the_one_that_was_shown_first(person: User, customer: Customer) -> None:
    for _ in range(25):
        notice(person, customer)
    newest = bell.latest(scope_of(person)).notices[0]
    notice(person, customer)
    assert bell.all_seen(scope_of(person), newest.pk) == 1
    assert unread(person) == 1


def test_when_it_was_read_stays_as_it_was(person: User, customer: Customer) -> None:
    notice(person, customer)
    bell.seen(scope_of(person), bell.latest(scope_of(person)).notices)
    (first,) = bell.latest(scope_of(person)).notices
    notice(person, customer)
    bell.all_seen(scope_of(person), 10**9)
    assert Notice.objects.get(pk=first.pk).read == first.read


def test_nothing_is_written_where_nothing_is_unread(
    person: User, customer: Customer, django_assert_num_queries: Callable[..., Any]
) -> None:
    notice(person, customer)
    bell.seen(scope_of(person), bell.latest(scope_of(person)).notices)
    scope, shown = scope_of(person), bell.latest(scope_of(person)).notices
    with django_assert_num_queries(0):
        assert bell.seen(scope, shown) == 0


def test_open_pages_are_told_where_the_count_is_another(person: User, customer: Customer, told: list[str]) -> None:
    notice(person, customer)
    assert told == [news.of_person(person.pk)]
    bell.recount(customer, [person.pk])
    assert told == [news.of_person(person.pk)]
    bell.seen(scope_of(person), bell.latest(scope_of(person)).notices)
    assert told == [news.of_person(person.pk)] * 2


def test_the_count_goes_back_with_the_transaction(person: User, customer: Customer) -> None:
    with transaction.atomic():
        notice(person, customer)
        transaction.set_rollback(True)
    assert unread(person) == 0


def test_a_count_that_has_gone_wrong_is_right_after_a_look(person: User, customer: Customer) -> None:
    Membership.objects.filter(user=person).update(unread=7)
    assert bell.seen(scope_of(person), bell.latest(scope_of(person)).notices) == 0
    assert unread(person) == 0


@contextmanager
def in_place_of(person: User) -> Iterator[Scope]:
    staff = User.objects.create(email="staff@example.com", is_staff=True)
    member = Membership.objects.get(user=person)
    yield Scope(member.customer, staff, Role(member.role), viewing=Viewing(member, writes=True))


def test_staff_in_a_persons_place_see_and_read_nothing(person: User, customer: Customer) -> None:
    made = notice(person, customer)
    with in_place_of(person) as scope:
        for ask in (lambda: bell.latest(scope), lambda: bell.seen(scope, [made]), lambda: bell.all_seen(scope, 10**9)):
            with pytest.raises(PermissionDenied):
                ask()
    assert unread(person) == 1


def test_a_lower_role_sees_and_counts_less(person: User, customer: Customer) -> None:
    notice(person, customer, kind="invoice.new", type_name="invoice", record="2026-10-01", group="")
    kept = notice(person, customer, kind="maintenance.begun", type_name="maintenance")
    place(person, Role.VIEWER)
    assert [one.pk for one in bell.latest(scope_of(person)).notices] == [kept.pk]
    assert unread(person) == 1
    place(person, Role.MANAGER)
    assert unread(person) == 2


def test_what_is_about_oneself_is_theirs_whatever_the_role(person: User, customer: Customer) -> None:
    mine = notice(person, customer, kind="member.changed", type_name="", group="", data={"person": person.pk})
    notice(person, customer, kind="member.changed", type_name="", group="", data={"person": person.pk + 1})
    place(person, Role.BILLING)
    assert [one.pk for one in bell.latest(scope_of(person)).notices] == [mine.pk]
    place(person, Role.VIEWER, "shop")
    assert [one.pk for one in bell.latest(scope_of(person)).notices] == [mine.pk]


def test_a_member_of_a_group_sees_what_lies_in_it(person: User, customer: Customer) -> None:
    places = {name: notice(person, customer, group=name).pk for name in ("shop", "shop-api", "example", "")}
    place(person, Role.OPERATOR, "shop")
    found = {one.pk for one in bell.latest(scope_of(person)).notices}
    assert found == {places["shop"], places["shop-api"]}
    assert unread(person) == 2


@pytest.mark.parametrize("group", ["", "shop"])
@pytest.mark.parametrize("role", list(Role))
def test_it_shows_what_mails_may_tell(person: User, customer: Customer, role: Role, group: str) -> None:
    """Two readings of one rule: `recipients.may_hear` of one occurrence, and the bell's question to the database."""
    cases = product(KINDS, ("", *TYPES), ("", "shop", "example"), ({}, {"person": person.pk}))
    made = [
        occurrence(customer, kind, type_name=type_name, group=place_of, data=data)
        for kind, type_name, place_of, data in cases
    ]
    Occurrence.objects.bulk_create(made)
    Notice.objects.bulk_create([Notice(occurrence=one, user=person, customer=customer) for one in made])
    place(person, role, group)
    scope = scope_of(person)
    told = Notice.objects.select_related("occurrence").order_by("-pk")
    expected = [one.pk for one in told if recipients.may_hear(scope, one.occurrence)]
    assert [one.pk for one in bell.latest(scope, most=10_000).notices] == expected
    assert 0 < len(expected) < len(told) or (role == Role.MANAGER and not group)
    assert unread(person) == len(expected)


def test_kinds_of_another_version_are_not_shown(person: User, customer: Customer) -> None:
    notice(person, customer, kind="comet.sighted", data={"person": person.pk})
    assert bell.latest(scope_of(person)).notices == ()
