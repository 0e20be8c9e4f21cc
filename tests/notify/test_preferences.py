"""What a person chooses to hear of: saved is what they changed, on record, and nothing that cannot be chosen."""

import json
from typing import Any

import pytest

from portal.accounts.models import AuditEntry, Customer, Membership, User
from portal.accounts.roles import Role
from portal.notify import choices, preferences
from portal.notify.kinds import KINDS, Channel
from portal.notify.models import Choice, DigestHour
from portal.notify.preferences import Preferences

BEGUN, DONE = "maintenance.begun", "change.done"
BELL, MAIL, DIGEST = Channel.BELL.value, Channel.MAIL.value, Channel.DIGEST.value


@pytest.fixture
def person(db: None) -> User:
    user = User.objects.create(email="ada@example.com")
    customer = Customer.objects.create(number="10001", name="Example")
    Membership.objects.create(user=user, customer=customer, role=Role.MANAGER)
    return user


def ticked(shown: Preferences, *boxes: tuple[str, str], hour: int | None = None) -> Preferences:
    """The same page with these boxes the other way round."""
    return Preferences(shown.on ^ set(boxes), shown.hour if hour is None else hour)


def entries() -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(action="notifications.changed"))


def heard(person: User, kind: str) -> set[str]:
    chosen = choices.of_people([person.pk]).get(person.pk, {})
    return {str(one) for one in choices.channels(KINDS[kind], chosen)}


def test_what_is_ticked_is_what_is_sent(person: User) -> None:
    shown = preferences.of(person)
    preferences.save(person, shown, ticked(shown, (BEGUN, MAIL), (BEGUN, BELL)))
    assert heard(person, BEGUN) == {MAIL}
    assert preferences.of(person) == ticked(shown, (BEGUN, MAIL), (BEGUN, BELL))


def test_back_to_the_usual_leaves_no_row(person: User) -> None:
    shown = preferences.of(person)
    changed = ticked(shown, (BEGUN, MAIL))
    preferences.save(person, shown, changed)
    assert Choice.objects.count() == 1
    preferences.save(person, changed, shown)
    assert not Choice.objects.exists()


def test_it_is_on_record_with_what_was_before(person: User) -> None:
    shown = preferences.of(person)
    preferences.save(person, shown, ticked(shown, (BEGUN, MAIL), hour=17))
    (entry,) = entries()
    assert (entry.actor, entry.target, entry.chain) == ("ada@example.com", "ada@example.com", "10001")
    assert json.loads(entry.before) == {"hour": 8, f"{BEGUN} {MAIL}": False}
    assert json.loads(entry.after) == {"hour": 17, f"{BEGUN} {MAIL}": True}


def test_nothing_changed_is_nothing_on_record(person: User) -> None:
    shown = preferences.of(person)
    preferences.save(person, shown, shown)
    assert entries() == []
    assert not Choice.objects.exists()
    assert not DigestHour.objects.exists()


def test_a_page_of_before_takes_nothing_back(person: User) -> None:
    """Two tabs, both opened before either was sent."""
    shown = preferences.of(person)
    preferences.save(person, shown, ticked(shown, (BEGUN, MAIL), hour=6))
    preferences.save(person, shown, ticked(shown, (DONE, DIGEST)))
    assert preferences.of(person) == ticked(shown, (BEGUN, MAIL), (DONE, DIGEST), hour=6)


def test_the_same_from_both_tabs_is_done_once(person: User) -> None:
    shown = preferences.of(person)
    for _ in range(2):
        preferences.save(person, shown, ticked(shown, (BEGUN, MAIL)))
    assert len(entries()) == 1
    assert heard(person, BEGUN) == {BELL, MAIL}


@pytest.mark.parametrize("kind", ["key.refused", "deletion.imminent", "support.viewed", "member.changed"])
@pytest.mark.parametrize("channel", [BELL, MAIL])
def test_what_cannot_be_turned_off_is_no_box(person: User, kind: str, channel: str) -> None:
    shown = preferences.of(person)
    assert (kind, channel) not in shown.on
    preferences.save(person, Preferences(shown.on | {(kind, channel)}, 8), shown)
    assert channel in heard(person, kind)
    assert entries() == []


def test_a_kind_that_is_not_theirs_is_not_offered_and_not_kept(person: User) -> None:
    Membership.objects.update(role=Role.BILLING)
    shown = preferences.of(person)
    assert {kind for kind, _channel in shown.on} == {"invoice.new", "invoice.higher", "limit.near", "limit.passed"}
    preferences.save(person, shown, ticked(shown, (BEGUN, MAIL)))
    assert not Choice.objects.exists()


def test_what_was_chosen_in_another_role_is_kept_for_when_it_comes_back(person: User) -> None:
    shown = preferences.of(person)
    preferences.save(person, shown, ticked(shown, (BEGUN, MAIL)))
    Membership.objects.update(role=Role.BILLING)
    now = preferences.of(person)
    preferences.save(person, now, ticked(now, ("invoice.new", DIGEST)))
    Membership.objects.update(role=Role.MANAGER)
    assert heard(person, BEGUN) == {BELL, MAIL}


OFFERED = {
    Role.MANAGER: set(KINDS),
    Role.BILLING: {"invoice.new", "invoice.higher", "limit.near", "limit.passed", "member.changed", "factor.removed"},
}


@pytest.mark.parametrize("role", OFFERED)
def test_who_is_offered_what(person: User, role: Role) -> None:
    Membership.objects.update(role=role)
    assert {kind.name for kind in preferences.offered(person)} == OFFERED[role]


def test_who_requests_nothing_is_not_asked_about_requests(person: User) -> None:
    Membership.objects.update(role=Role.VIEWER)
    names = {kind.name for kind in preferences.offered(person)}
    assert BEGUN in names
    assert not any(name.startswith(("change.", "invoice.", "key.")) for name in names)


def test_any_of_their_customers_counts(person: User) -> None:
    Membership.objects.update(role=Role.VIEWER)
    other = Customer.objects.create(number="10002", name="Other")
    Membership.objects.create(user=person, customer=other, role=Role.BILLING)
    names = {kind.name for kind in preferences.offered(person)}
    assert {BEGUN, "invoice.new"} <= names


def test_a_member_of_a_group_is_not_asked_about_the_whole_customer(person: User) -> None:
    Membership.objects.update(group="shop")
    names = {kind.name for kind in preferences.offered(person)}
    assert "machine.ready" in names
    assert not names & {"invoice.new", "limit.near", "key.refused", "support.viewed"}


@pytest.mark.parametrize("text", ["", "change.done", "change.done fax", "comet.sighted mail", " ", "bell change.done"])
def test_what_is_no_box_is_left_out(text: Any) -> None:
    assert preferences.boxes([text, f"{DONE} {MAIL}"]) == {(DONE, MAIL)}
