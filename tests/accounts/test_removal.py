"""A person is removed: nothing tells who it was, what they did stays, and the audit trail is whole."""

import io
import json
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from portal.accounts.audit import actions, append_only, trail
from portal.accounts.models import AuditEntry, Customer, Invitation, Membership, User
from portal.accounts.people.removal import CannotRemove, remove
from portal.accounts.roles import Role
from portal.changes.models import Change, State
from portal.console.models import Note
from portal.plans.models import Plan
from tests.support.plenty import Plenty, fresh_process  # noqa: F401

ADA = "ada@example.com"


@pytest.fixture
def customer(db: None) -> Customer:
    """With a manager who stays."""
    customer = Customer.objects.create(number="10001", name="Example")
    manager = User.objects.create_user("maren@example.com", name="Maren")
    Membership.objects.create(customer=customer, user=manager, role=Role.MANAGER)
    return customer


@pytest.fixture
def ada(customer: Customer) -> User:
    user = User.objects.create_user(ADA, "secret", name="Ada Lovelace")
    Membership.objects.create(customer=customer, user=user, role=Role.OPERATOR)
    return user


def problems() -> list[str]:
    return list(trail.problems({}))


def entry(action: str) -> AuditEntry:
    return AuditEntry.objects.get(action=action)


def texts_of_everything() -> str:
    """Whatever any row of any table says."""
    found = []
    for model in apps.get_models(include_auto_created=True):
        found += [str(row) for row in model._default_manager.values_list()]
    return "\n".join(found)


class TestTrail:
    def test_what_they_did_stays_without_them(self, customer: Customer, ada: User) -> None:
        with trail.asking(trail.Asker("192.0.2.7", ada)):
            trail.record("key.replaced", customer=customer, target="shop", after={"generation": 2})
        number = ada.pk
        remove(ada)
        kept = entry("key.replaced")
        assert (kept.actor, kept.actor_id, kept.address) == (f"removed:{number}", number, "")
        assert (kept.target, json.loads(kept.after)) == ("shop", {"generation": 2})
        assert problems() == []

    def test_so_does_what_was_done_to_them(self, customer: Customer, ada: User) -> None:
        number, manager = ada.pk, User.objects.get(email="maren@example.com")
        with trail.asking(trail.Asker("192.0.2.9", manager)):
            trail.record("invitation.sent", customer=customer, target=ADA, after={"role": "viewer"})
            trail.record(
                "plan.review_requested", customer=customer, target="plan 1", after={"to": [ADA, "x@example.com"]}
            )
        remove(ada)
        asked = entry("plan.review_requested")
        assert json.loads(asked.after) == {"to": [f"removed:{number}", "x@example.com"]}
        assert (asked.actor, asked.address) == ("maren@example.com", "192.0.2.9")
        assert entry("invitation.sent").target == entry("member.removed").target == f"removed:{number}"
        assert problems() == []

    @pytest.mark.parametrize(
        "other", ["jada@example.com", "ada@example.community", "ada@example.com.au", "x.ada@example.com"]
    )
    def test_an_address_that_is_only_like_theirs_is_somebody_elses(
        self, customer: Customer, ada: User, other: str
    ) -> None:
        trail.record("invitation.sent", customer=customer, target=other, after={"by": other})
        remove(ada)
        sent = entry("invitation.sent")
        assert (sent.target, json.loads(sent.after)) == (other, {"by": other})

    def test_names_that_they_had_are_gone_from_what_is_about_them(self, customer: Customer, ada: User) -> None:
        names = {"before": {"name": "Ada Byron"}, "after": {"name": "Ada Lovelace"}}
        trail.record("name.changed", customer=customer, actor=ada, target=ADA, **names)
        trail.record("webhook.added", customer=customer, target="webhook", after={"name": "Ada Lovelace"})
        remove(ada)
        assert "Ada" not in entry("name.changed").before + entry("name.changed").after
        assert "Ada Lovelace" in entry("webhook.added").after  # which is what the webhook is called

    def test_staff_in_their_place_stay_named(self, customer: Customer, ada: User) -> None:
        trail.record("staff.viewed", customer=customer, target=ADA)
        done = AuditEntry.objects.filter(action="staff.viewed")
        append_only.unprotect(connection)
        one = done.get()
        one.actor = f"staff@example.com as {ADA}"
        one.digest = trail.digest_of(one)
        one.save()
        append_only.protect(connection)
        number = ada.pk
        remove(ada)
        assert done.get().actor == f"staff@example.com as removed:{number}"

    @pytest.mark.parametrize(
        ("text", "told"),
        [
            ("removed:17", "Removed person 17"),
            ("staff@example.com as removed:17", "staff@example.com as Removed person 17"),
            ("virtualmachine/removed-17", "virtualmachine/removed-17"),
        ],
    )
    def test_pages_say_it_in_words(self, text: str, told: str) -> None:
        assert actions.person(text) == told

    def test_an_anchor_from_before_still_holds(self, customer: Customer, ada: User) -> None:
        trail.record("key.replaced", customer=customer, actor=ada, target="shop")
        before = trail.heads()
        remove(ada)
        assert list(trail.problems(before)) == []

    def test_two_people_in_one_entry_go_one_after_the_other(self, customer: Customer, ada: User) -> None:
        bob = User.objects.create_user("bob@example.com")
        trail.record("member.changed", customer=customer, actor=bob, target=ADA)
        remove(ada)
        remove(bob)
        assert "example.com" not in entry("member.changed").actor + entry("member.changed").target
        assert problems() == []

    @pytest.mark.parametrize("change", ["target = 'nothing'", "actor = 'maren@example.com'", "after = ''"])
    def test_whoever_changes_what_is_left_is_found_out(self, customer: Customer, ada: User, change: str) -> None:
        trail.record("key.replaced", customer=customer, actor=ada, target="shop", after={"generation": 2})
        remove(ada)
        number = entry("key.replaced").sequence
        self.tamper(f"UPDATE accounts_auditentry SET {change} WHERE action = 'key.replaced'")
        assert problems() == [f"chain 10001: number {number} was changed"]

    def test_so_is_whoever_changes_what_vouches_for_it(self, customer: Customer, ada: User) -> None:
        trail.record("key.replaced", customer=customer, actor=ada, target="shop")
        remove(ada)
        self.tamper("UPDATE accounts_auditentry SET after = '{}' WHERE action = 'person.removed'")
        assert any("was changed" in one for one in problems())

    def test_the_database_refuses_changes_afterwards(self, customer: Customer, ada: User) -> None:
        remove(ada)
        with pytest.raises(Exception, match="append-only"), connection.cursor() as cursor:
            cursor.execute("UPDATE accounts_auditentry SET target = ''")

    def test_it_is_on_record_in_each_customer_and_in_the_portals_own(self, customer: Customer, ada: User) -> None:
        number = ada.pk
        remove(ada)
        entries = AuditEntry.objects.filter(action="person.removed")
        assert {(one.chain, one.actor, one.target) for one in entries} == {
            (chain, "", f"removed:{number}") for chain in ("", "10001")
        }

    def tamper(self, sql: str) -> None:
        append_only.unprotect(connection)
        with connection.cursor() as cursor:
            cursor.execute(sql)
        append_only.protect(connection)


class TestRest:
    def test_nothing_in_the_whole_database_says_who_it_was(self, plenty: Plenty) -> None:
        plenty.grow(2)
        person = plenty.person(1)
        Invitation.objects.filter(customer__number="10001").update(email=person.email)
        person.name = "Somebody Unmistakable"
        person.save()
        assert plenty.client().get("/c/10001/").status_code == 200
        _make_two_managers_of(plenty)
        remove(person)
        everything = texts_of_everything()
        assert "person1@example.com" not in everything
        assert "Unmistakable" not in everything
        assert "person0@example.com" in everything
        assert problems() == []

    def test_what_they_had_done_is_there_and_pages_show_it(self, plenty: Plenty) -> None:
        plenty.grow(2)
        _make_two_managers_of(plenty)
        counts = [model.objects.count() for model in (Change, Plan, Note)]
        remove(plenty.person(1))
        assert [model.objects.count() for model in (Change, Plan, Note)] == counts
        client = plenty.client()
        for path in ("", "changes/", "changes/2/", "plans/", "plans/2/", "trail/", "people/", "virtualmachine/shop00/"):
            assert client.get(f"/c/10001/{path}").status_code == 200, path
        assert client.get("/console/c/10001/").status_code == 200

    def test_the_trails_page_says_that_somebody_was_removed(self, plenty: Plenty) -> None:
        plenty.grow(2)
        _make_two_managers_of(plenty)
        number = plenty.person(1).pk
        remove(plenty.person(1))
        page = plenty.client().get("/c/10001/trail/").content.decode()
        assert f"Removed person {number}" in page
        assert "Entries without the person" in page
        assert f"removed:{number}" in b"".join(plenty.client().get("/c/10001/trail/?format=jsonl")).decode()

    def test_they_are_signed_out(self, ada: User) -> None:
        client = Client()
        client.force_login(ada)
        assert client.get("/accounts/").status_code == 200
        remove(ada)
        assert client.get("/accounts/").status_code == 302

    def test_what_people_have_written_is_told(self, customer: Customer, ada: User) -> None:
        note = Note.objects.create(customer=customer, text=f"Call {ADA} back")
        Note.objects.create(customer=customer, text="Call jada@example.com back")
        assert remove(ada) == [f"console.Note {note.pk}: text"]


def _make_two_managers_of(plenty: Plenty) -> None:
    """Of each customer: else it would have none."""
    for customer in Customer.objects.all():
        Membership.objects.get_or_create(customer=customer, user=plenty.person(), defaults={"role": Role.MANAGER})


class TestRefusal:
    def refused(self, user: User) -> list[str]:
        before = texts_of_everything()
        with pytest.raises(CannotRemove) as caught:
            remove(user)
        assert texts_of_everything() == before
        return caught.value.reasons

    def test_the_last_manager_of_a_customer(self, customer: Customer) -> None:
        (said,) = self.refused(User.objects.get(email="maren@example.com"))
        assert said.startswith("10001 would have no manager")

    def test_while_something_goes_on_in_their_place(self, plenty: Plenty) -> None:
        plenty.grow(2)
        _make_two_managers_of(plenty)
        person = plenty.person(1)
        Change.objects.filter(customer__number="10001", number=1).update(in_place_of=person, state=State.PARKED)
        Plan.objects.filter(customer__number="10001", number=1).update(in_place_of=person, state="scheduled")
        assert self.refused(person) == [
            "Change 1 of 10001 was requested in their place: cancel it first.",
            "Plan 1 of 10001 was applied in their place: stop it first.",
        ]
        Change.objects.filter(number=1).update(state=State.CANCELLED)
        Plan.objects.filter(number=1).update(state="closed")
        assert remove(person) == []


class TestCommand:
    def run(self, address: str, **options: Any) -> str:
        printed = io.StringIO()
        call_command("remove_person", address, stdout=printed, **options)
        return printed.getvalue()

    def test_it_says_what_stands_in_their_place(self, customer: Customer, ada: User) -> None:
        number = ada.pk
        Note.objects.create(customer=customer, text=ADA)
        said = self.run(" Ada@Example.com ", no_input=True)
        assert f"removed:{number}" in said
        assert "console.Note" in said
        assert not User.objects.filter(email=ADA).exists()

    @pytest.mark.parametrize(("typed", "is_gone"), [(ADA, True), ("", False), ("yes", False)])
    def test_it_asks_for_the_address_again(
        self, ada: User, typed: str, is_gone: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("builtins.input", lambda _prompt: typed)
        if is_gone:
            self.run(ADA)
        else:
            with pytest.raises(CommandError, match="Nothing was changed"):
                self.run(ADA)
        assert User.objects.filter(email=ADA).exists() != is_gone

    def test_nobody_of_that_address(self, db: None) -> None:
        with pytest.raises(CommandError, match=r"Nobody signs in as x@example\.com"):
            self.run("x@example.com", no_input=True)

    def test_what_stands_in_the_way_is_said(self, customer: Customer) -> None:
        with pytest.raises(CommandError, match="10001 would have no manager"):
            self.run("maren@example.com", no_input=True)
