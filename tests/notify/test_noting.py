"""What happened is noted once, and told to each person once, where they want to hear of it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portal.accounts.models import AuditEntry, Customer, Membership, User
from portal.accounts.roles import Role
from portal.notify import choices, noting
from portal.notify.facts import Fact
from portal.notify.kinds import KINDS, Channel
from portal.notify.models import Endpoint, Mail, Message, Notice, Occurrence


@pytest.fixture
def customer(cast: dict[str, User]) -> Customer:
    return Customer.objects.get(number="10001")


def fact(kind: str = "invoice.new", key: str = "one", **more: Any) -> Fact:
    return Fact(**{"kind": kind, "key": key, "at": timezone.now(), "thread": key} | more)


def note(customer: Customer, *facts: Fact, silent: bool = False) -> list[Occurrence]:
    with transaction.atomic():
        return noting.note(customer, facts, silent=silent)


def told(kind: str = "") -> set[str]:
    """By first names, who has a notice."""
    notices = Notice.objects.select_related("user").filter(occurrence__kind__contains=kind)
    return {one.user.email.partition("@")[0] for one in notices}


def unread(name: str) -> int:
    return Membership.objects.get(user__email=f"{name}@example.com", customer__number="10001").unread


def test_the_same_is_noted_once_and_told_once(customer: Customer) -> None:
    assert len(note(customer, fact(), fact())) == 1
    assert note(customer, fact()) == []
    assert told() == {"manager", "billing"}
    assert Notice.objects.count() == Mail.objects.count() == 2
    assert (unread("manager"), unread("viewer")) == (1, 0)


def test_the_database_refuses_a_second_one(customer: Customer) -> None:
    (occurrence,) = note(customer, fact())
    notice = Notice.objects.earliest("pk")
    with pytest.raises(IntegrityError), transaction.atomic():
        Occurrence.objects.create(customer=customer, kind="invoice.new", key="one", at=timezone.now(), thread="")
    with pytest.raises(IntegrityError), transaction.atomic():
        Notice.objects.create(occurrence=occurrence, user_id=notice.user_id, customer=customer)


def test_webhooks_are_told_of_it_in_the_same_transaction(customer: Customer) -> None:
    endpoint = Endpoint(customer=customer, url="https://example.com/", state=Endpoint.State.LIVE)
    endpoint.seal("secret")
    endpoint.save()
    note(customer, fact(), silent=True)
    (occurrence,) = note(customer, fact(key="two"), fact())
    assert [message.occurrence for message in Message.objects.all()] == [occurrence]


def test_it_is_noted_with_all_that_is_to_be_sent_or_not_at_all(
    customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*_arguments: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(noting, "_count", break_down)
    with pytest.raises(RuntimeError):
        note(customer, fact())
    assert not Occurrence.objects.exists()
    assert not Notice.objects.exists()
    assert not Mail.objects.exists()


def test_names_that_no_column_holds_are_noted_once_all_the_same(customer: Customer) -> None:
    long = {"record": "m" * 2000, "group": "g" * 2000, "thread": "t" * 2000}
    assert len(note(customer, fact(key="k" * 2000, **long), fact(key="k" * 2000 + "2", **long))) == 2
    assert note(customer, fact(key="k" * 2000, **long)) == []


def test_what_was_there_before_is_no_news(customer: Customer) -> None:
    note(customer, fact(), silent=True)
    assert note(customer, fact()) == []
    assert not Notice.objects.exists()


def test_what_is_long_past_is_no_news_either(customer: Customer) -> None:
    old = timezone.now() - noting.OLDEST
    assert note(customer, fact(at=old), fact(key="two", dated=old)) == []


def test_what_is_forgotten_is_not_told_again(customer: Customer) -> None:
    assert timedelta(days=settings.KEEP_NOTICES_DAYS) > noting.OLDEST
    note(customer, fact())
    Occurrence.objects.update(noted=timezone.now() - timedelta(days=settings.KEEP_NOTICES_DAYS))
    assert noting.forget_old() == 0
    Occurrence.objects.update(noted=timezone.now() - timedelta(days=settings.KEEP_NOTICES_DAYS + 1))
    assert noting.forget_old() == 1
    assert not Notice.objects.exists()
    (entry,) = AuditEntry.objects.filter(action="retention.applied")
    assert (entry.chain, entry.target, entry.after) == ("", "notifications", '{"records": 1}')


@pytest.mark.parametrize(
    ("kind", "more", "names"),
    [
        ("invoice.new", {}, {"manager", "billing"}),
        ("maintenance.announced", {"group": "services"}, {"manager", "operator", "viewer"}),
        ("machine.ready", {"group": "services"}, {"manager", "operator"}),
        ("key.refused", {}, {"manager"}),
        ("platform.unreachable", {}, {"manager", "operator", "child"}),
    ],
)
def test_whoever_may_see_it_hears_of_it(customer: Customer, kind: str, more: dict[str, Any], names: set[str]) -> None:
    note(customer, fact(kind, **more))
    assert told() == names


def test_a_change_is_told_to_who_asked_for_it_and_nobody_else(customer: Customer, cast: dict[str, User]) -> None:
    note(customer, fact("change.done", people=frozenset({cast["operator"].pk, cast["outsider"].pk})))
    assert told() == {"operator"}


def test_a_changed_role_is_told_to_the_person_too_whatever_they_may_see(
    customer: Customer, cast: dict[str, User]
) -> None:
    note(customer, fact("member.changed", people=frozenset({cast["billing"].pk})))
    assert told() == {"manager", "billing"}


def test_who_may_not_sign_in_any_more_is_told_nothing(customer: Customer, cast: dict[str, User]) -> None:
    User.objects.filter(pk=cast["billing"].pk).update(is_active=False)
    note(customer, fact())
    assert told() == {"manager"}


class TestWithinAGroup:
    """A member limited to a group hears of that group and those below it."""

    @pytest.fixture(autouse=True)
    def _groups(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("portal.notify.recipients.groups_of", lambda scope: {"example", "below"})

    @pytest.mark.parametrize(("group", "hears"), [("example", True), ("below", True), ("services", False), ("", False)])
    def test_they_hear_of_their_own_alone(self, customer: Customer, group: str, hears: bool) -> None:
        note(customer, fact("maintenance.announced", group=group))
        assert ("child" in told()) is hears

    def test_the_tree_is_asked_for_once_however_much_there_is(
        self, customer: Customer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked: list[str] = []
        monkeypatch.setattr("portal.notify.recipients.groups_of", lambda scope: asked.append(scope.root) or {"example"})
        note(customer, *(fact("maintenance.announced", str(number), group="example") for number in range(50)))
        assert asked == ["example"]


class TestChannels:
    """Where somebody hears of it, as they chose."""

    def choose(self, user: User, kind: str, **channels: bool) -> None:
        choices.choose(user, {(kind, Channel(name)): is_on for name, is_on in channels.items()})

    def test_by_mail_alone(self, customer: Customer, cast: dict[str, User]) -> None:
        self.choose(cast["billing"], "invoice.new", bell=False)
        note(customer, fact())
        notice = Notice.objects.get(user=cast["billing"])
        assert (notice.in_bell, notice.mail is not None) == (False, True)
        assert unread("billing") == 0

    def test_once_a_day(self, customer: Customer, cast: dict[str, User]) -> None:
        self.choose(cast["billing"], "invoice.new", mail=False, digest=True)
        note(customer, fact())
        notice = Notice.objects.get(user=cast["billing"])
        assert (notice.for_digest, notice.mail) == (True, None)

    def test_at_once_and_once_a_day_is_one_mail(self, customer: Customer, cast: dict[str, User]) -> None:
        self.choose(cast["billing"], "invoice.new", digest=True)
        note(customer, fact())
        notice = Notice.objects.get(user=cast["billing"])
        assert (notice.for_digest, notice.mail is not None) == (False, True)

    def test_not_at_all(self, customer: Customer, cast: dict[str, User]) -> None:
        self.choose(cast["billing"], "invoice.new", bell=False, mail=False)
        note(customer, fact())
        assert told() == {"manager"}

    @pytest.mark.parametrize("kind", [one.name for one in KINDS.values() if one.always])
    def test_security_and_imminent_deletion_cannot_be_switched_off(self, cast: dict[str, User], kind: str) -> None:
        self.choose(cast["manager"], kind, bell=False, mail=False)
        chosen = choices.of_people([cast["manager"].pk]).get(cast["manager"].pk, {})
        assert KINDS[kind].always <= choices.channels(KINDS[kind], chosen)

    def test_what_is_noted_of_one_kind_at_once_is_one_mail(self, customer: Customer) -> None:
        note(customer, *(fact("maintenance.announced", str(number), group="services") for number in range(14)))
        mails = Mail.objects.filter(user__email="viewer@example.com")
        assert [mail.notices.count() for mail in mails] == [14]


def test_ten_thousand_take_as_many_queries_as_their_batches(
    customer: Customer, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    """Not one for each: 10,000 notices of 5,000 occurrences."""
    facts = [fact(key=str(number)) for number in range(5_000)]
    with django_assert_max_num_queries(60):
        note(customer, *facts)
    assert Notice.objects.count() == 10_000
    assert Mail.objects.count() == 2


def test_one_more_member_costs_no_more_queries(customer: Customer) -> None:
    def asked(key: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            note(customer, fact("invoice.new", key))
        return len(queries)

    before = asked("one")
    for number in range(3):
        person = User.objects.create_user(f"billing{number}@example.com")
        Membership.objects.create(user=person, customer=customer, role=Role.BILLING)
    assert asked("two") == before
