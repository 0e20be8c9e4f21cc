"""Whatever people do goes on record: who did what to whom, from where, before and after; no action is forgotten."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from django.core import mail
from django.core.cache import cache
from django.test import Client

from portal.accounts.audit.actions import ACTIONS
from portal.accounts.models import AuditEntry, Customer, Membership, User
from portal.console.models import Announcement, Note
from tests.support.factors import now_shown

pytestmark = pytest.mark.django_db(transaction=True)  # some things are told of once they are in the database

PASSWORD = "portal-demo"
PEOPLE = "/c/10001/people/"
ADDRESS = "192.0.2.7"
NEW = {"password1": "a brand new sentence", "password2": "a brand new sentence"}


class Person:
    """One of the cast at the form, from an address of their own."""

    def __init__(self, name: str) -> None:
        self.client = Client(REMOTE_ADDR=ADDRESS)
        self.email = f"{name}@example.com"
        self.sign_in(PASSWORD)

    def sign_in(self, password: str) -> None:
        self.client.post("/accounts/login/", {"login": self.email, "password": password})

    def post(self, path: str, **data: str) -> Any:
        return self.client.post(path, data)

    def once_more(self) -> "Person":
        """Says who they are again, as is asked before second factors change."""
        self.post("/accounts/reauthenticate/", password=PASSWORD)
        return self


def member(name: str) -> int:
    return Membership.objects.get(user__email=f"{name}@example.com", customer__number="10001").pk


def set_up_app(person: Person) -> str:
    person.once_more().client.get("/accounts/2fa/totp/activate/")
    secret = str(person.client.session["mfa.totp.secret"])
    person.post("/accounts/2fa/totp/activate/", code=now_shown(secret))
    return secret


def give_recovery_code() -> None:
    viewer = User.objects.get(email="viewer@example.com")
    totp.TOTP.activate(viewer, totp.generate_totp_secret())
    first = RecoveryCodes.activate(viewer).get_unused_codes()[0]
    Person("viewer").post("/accounts/2fa/authenticate/", code=first)


def mistype_code() -> None:
    viewer = User.objects.get(email="viewer@example.com")
    totp.TOTP.activate(viewer, totp.generate_totp_secret())
    Person("viewer").post("/accounts/2fa/authenticate/", code="nonsense")


def remove_app() -> None:
    person = Person("viewer")
    set_up_app(person)
    person.post("/accounts/2fa/totp/deactivate/")


def renew_codes() -> None:
    person = Person("viewer")
    set_up_app(person)
    person.post("/accounts/2fa/recovery-codes/generate/")


def guess() -> None:
    person = Person("viewer")
    person.client.post("/accounts/logout/")
    for _ in range(6):
        person.sign_in("wrong")


def accept() -> None:
    Person("manager").post(f"{PEOPLE}-/invite", email="outsider@example.com", role="operator", group="")
    link = re.search(r"http://testserver(/accounts/invitation/\S+)", mail.outbox[-1].body)  # type: ignore[attr-defined]
    assert link
    Person("outsider").post(link[1])


def withdraw() -> None:
    person = Person("manager")
    person.post(f"{PEOPLE}-/invite", email="nina@example.com", role="operator", group="")
    (found,) = re.findall(r"invitation/(\d+)/-/withdraw", person.client.get(PEOPLE).content.decode())
    person.post(f"{PEOPLE}invitation/{found}/-/withdraw")


def require_factor() -> None:
    person = Person("manager")
    set_up_app(person)
    person.post(f"{PEOPLE}-/second-factor", required="yes")


def view_as(*then: str) -> None:
    staff = Person("staff")
    staff.post("/console/c/10001/view-as", member=str(member("viewer")), reason="Ticket 4711")
    for path in then:
        staff.post(path, sure="yes")


def end_other_sessions() -> None:
    Person("viewer")
    Person("viewer").post("/accounts/sessions/end")


def announce() -> Person:
    staff, ends = Person("staff"), "2099-01-01T10:00"
    staff.post("/console/announcements/", text="Data centre moves", level="info", starts="2020-01-01T10:00", ends=ends)
    return staff


def end_announcement() -> None:
    announce().post(f"/console/announcements/{Announcement.objects.get().pk}/end")


def remove_note() -> None:
    staff = Person("staff")
    customer, author = Customer.objects.get(number="10001"), User.objects.get(email=STAFF)
    note = Note.objects.create(customer=customer, author=author, text="Calls on Mondays")
    staff.post(f"/console/notes/{note.pk}/remove")


VIEWER, MANAGER, STAFF = "viewer@example.com", "manager@example.com", "staff@example.com"
OPERATOR = {"role": "operator", "group": ""}
# What is done; the entry that it makes: action, actor, target, before, after (None: nothing).
ACTS: list[tuple[Callable[[], object], str, str, str, Any, Any]] = [
    (lambda: Person("viewer"), "sign_in.done", VIEWER, VIEWER, None, {"by": ["password"]}),
    (guess, "sign_in.refused", "", VIEWER, None, None),
    (guess, "sign_in.held_off", "", VIEWER, None, None),
    (lambda: Person("viewer").post("/accounts/logout/"), "sign_out", VIEWER, VIEWER, None, None),
    (end_other_sessions, "session.ended", VIEWER, "1 others", None, None),
    (
        lambda: Person("viewer").post("/accounts/password/change/", oldpassword=PASSWORD, **NEW),
        *("password.changed", VIEWER, VIEWER, None, None),
    ),
    (
        lambda: Person("viewer").post("/accounts/", name="Vera V"),
        *("name.changed", VIEWER, VIEWER, {"name": "Vera Viewer"}, {"name": "Vera V"}),
    ),
    (lambda: set_up_app(Person("viewer")), "second_factor.added", VIEWER, "totp", None, None),
    (remove_app, "second_factor.removed", VIEWER, "totp", None, None),
    (renew_codes, "second_factor.renewed", VIEWER, "recovery_codes", None, None),
    (give_recovery_code, "second_factor.used", VIEWER, "recovery_codes", None, None),
    (mistype_code, "second_factor.refused", "", f"{VIEWER} totp", None, None),
    (lambda: Person("viewer").client.get(PEOPLE), "refused", VIEWER, f"GET {PEOPLE}", None, None),
    (
        lambda: Person("manager").post(f"{PEOPLE}-/invite", email="n@example.com", role="operator", group=""),
        *("invitation.sent", MANAGER, "n@example.com", None, OPERATOR),
    ),
    (withdraw, "invitation.withdrawn", MANAGER, "nina@example.com", None, None),
    (accept, "invitation.accepted", "outsider@example.com", "outsider@example.com", None, OPERATOR),
    (
        lambda: Person("manager").post(f"{PEOPLE}{member('viewer')}/", **OPERATOR),
        *("member.changed", MANAGER, VIEWER, {"role": "viewer", "group": ""}, OPERATOR),
    ),
    (
        lambda: Person("manager").post(f"{PEOPLE}{member('operator')}/-/remove"),
        *("member.removed", MANAGER, "operator@example.com", OPERATOR, None),
    ),
    (
        lambda: Person("operator").post(f"{PEOPLE}-/leave"),
        *("member.left", "operator@example.com", "operator@example.com", OPERATOR, None),
    ),
    (
        require_factor,
        *("customer.changed", MANAGER, "10001", {"requires_second_factor": False}, {"requires_second_factor": True}),
    ),
    (
        lambda: Person("manager").post("/c/10001/keys/services/-/remove"),
        *("key.removed", MANAGER, "services", None, None),
    ),
    (
        lambda: Person("manager").client.get("/c/10001/trail/", {"format": "csv"}),
        *("exported", MANAGER, "trail", None, {"format": "csv"}),
    ),
    (view_as, "staff.viewed", STAFF, VIEWER, None, ...),
    (
        lambda: view_as("/console/view-as/write"),
        *("staff.took_write", STAFF, VIEWER, None, {"reason": "Ticket 4711"}),
    ),
    (
        lambda: view_as("/console/view-as/end"),
        *("staff.left", STAFF, VIEWER, None, {"minutes": 0, "ended": "stopped"}),
    ),
    (
        lambda: Person("staff").post("/console/staff/", email=VIEWER, role="admin"),
        *("staff.changed", STAFF, VIEWER, {"staff": False, "admin": False}, {"staff": True, "admin": True}),
    ),
    (announce, "announcement.made", STAFF, "Data centre moves", None, ...),
    (end_announcement, "announcement.ended", STAFF, "Data centre moves", None, None),
    (remove_note, "note.removed", STAFF, "10001", {"text": "Calls on Mondays"}, None),
    (lambda: Person("staff").post("/console/platform/reset"), "platform.reset", STAFF, "", None, None),
]
# Of these, no customer's people are to know.
OF_THE_HOUSE = ("staff.changed", "announcement.made", "announcement.ended", "note.removed", "platform.reset")


@pytest.mark.parametrize(("act", "action", "actor", "target", "before", "after"), ACTS, ids=[act[1] for act in ACTS])
@pytest.mark.usefixtures("outbox")
def test_an_act_goes_on_record(
    cast: dict[str, User],
    redis_url: str,
    act: Callable[[], object],
    action: str,
    actor: str,
    target: str,
    before: Any,
    after: Any,
) -> None:
    cache.clear()  # the limits of the test before
    act()
    entry = AuditEntry.objects.filter(action=action).order_by("id")[0]
    assert entry.chain == ("" if action in OF_THE_HOUSE else "10001")
    assert (entry.actor.partition(" as ")[0], entry.target.strip(), entry.address) == (actor, target, ADDRESS)
    assert (json.loads(entry.before) if entry.before else None) == before
    assert after is ... or (json.loads(entry.after) if entry.after else None) == after


def test_every_action_that_there_is_has_a_test_that_looks_for_it() -> None:
    tests = "".join(path.read_text(encoding="utf-8") for path in Path("tests").rglob("test_*.py"))
    assert [action for action in ACTIONS if f'"{action}"' not in tests] == []
