"""Members and invitations: who may decide about whom, what the links do, and that somebody always manages."""

import json
import re
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import Http404
from django.test import Client
from django.utils import timezone

from portal.accounts.access import Scope, get_scope
from portal.accounts.models import AuditEntry, Customer, Invitation, Membership, User
from portal.accounts.people import invitations, members
from portal.accounts.people.invitations import AlreadyMember, TooMany
from portal.accounts.roles import Role

PEOPLE = "/c/10001/people/"
PASSWORD = "a long enough sentence"


@pytest.fixture
def manager(signed_in: Callable[[str], Client]) -> Client:
    return signed_in("manager")


def member(name: str) -> Membership:
    return Membership.objects.get(user__email=f"{name}@example.com", customer__number="10001")


def invite(client: Client, email: str, role: str = "viewer", group: str = "") -> Any:
    return client.post(f"{PEOPLE}-/invite", {"email": email, "role": role, "group": group})


def link_in(outbox: list[Any]) -> str:
    """The newest: other mails may have come since."""
    return [link for mail in outbox for link in re.findall(r"http://testserver(/accounts/invitation/\S+)", mail.body)][
        -1
    ]


def text(response: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


# --- inviting ------------------------------------------------------------------------------------------------------


def test_somebody_new_joins_by_the_link_in_their_mail(manager: Client, outbox: list[Any]) -> None:
    assert invite(manager, "Nina@Example.com", "operator").status_code == 302
    assert outbox[0].to == ["nina@example.com"]
    visitor = Client()
    assert "nina@example.com" in text(visitor.get(link_in(outbox)))
    joined = visitor.post(link_in(outbox), {"name": "Nina New", "password": PASSWORD})
    assert joined.headers["Location"] == "/c/10001/"
    assert Membership.objects.get(user__email="nina@example.com").role == Role.OPERATOR
    assert visitor.get("/c/10001/changes/").status_code == 200


def test_somebody_with_an_account_joins_after_signing_in(
    manager: Client, signed_in: Callable[[str], Client], outbox: list[Any]
) -> None:
    invite(manager, "outsider@example.com")
    nobody = Client()
    assert "sign in with it to join" in text(nobody.get(link_in(outbox)))
    nobody.post(link_in(outbox), {"name": "x", "password": PASSWORD})
    assert not Membership.objects.filter(user__email="outsider@example.com", customer__number="10001").exists()
    theirs = signed_in("outsider")
    assert theirs.post(link_in(outbox)).headers["Location"] == "/c/10001/"
    assert {one.number for one in Customer.objects.filter(members__email="outsider@example.com")} == {"10001", "10002"}


def test_a_link_is_for_its_address_only(manager: Client, signed_in: Callable[[str], Client], outbox: list[Any]) -> None:
    invite(manager, "nina@example.com", "manager")
    other = signed_in("outsider").post(link_in(outbox))
    assert "This invitation is for nina@example.com" in text(other)
    assert not Membership.objects.filter(user__email="outsider@example.com", customer__number="10001").exists()
    assert Invitation.objects.get().is_open


def test_nobody_joins_by_what_was_sent_to_another_address(
    manager: Client, cast: dict[str, User], outbox: list[Any]
) -> None:
    """The page has looked before; this is the last word."""
    invite(manager, "nina@example.com")
    with pytest.raises(invitations.OtherPerson):
        invitations.accept(Invitation.objects.get(), cast["outsider"])
    assert not Membership.objects.filter(user=cast["outsider"], customer__number="10001").exists()


def test_who_signs_up_in_two_tabs_at_once_is_asked_to_sign_in(
    manager: Client, outbox: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    invite(manager, "nina@example.com")

    def the_other_tab_is_faster(*args: Any) -> User:
        User.objects.create_user("nina@example.com", PASSWORD)
        return sign_up(*args)

    sign_up = invitations.sign_up
    monkeypatch.setattr(invitations, "sign_up", the_other_tab_is_faster)
    answer = Client().post(link_in(outbox), {"name": "Nina", "password": PASSWORD})
    assert "sign in with it to join" in text(answer)


def test_a_link_works_once(manager: Client, outbox: list[Any]) -> None:
    invite(manager, "nina@example.com")
    Client().post(link_in(outbox), {"name": "Nina", "password": PASSWORD})
    again = Client().post(link_in(outbox), {"name": "Evil", "password": "another sentence"})
    assert again.status_code == 410
    assert "was used" in text(again)
    assert User.objects.get(email="nina@example.com").name == "Nina"


def test_a_link_expires(manager: Client, outbox: list[Any]) -> None:
    invite(manager, "nina@example.com")
    Invitation.objects.update(expires=timezone.now() - timedelta(seconds=1))
    late = Client().post(link_in(outbox), {"name": "Nina", "password": PASSWORD})
    assert late.status_code == 410
    assert "has expired" in text(late)
    assert not User.objects.filter(email="nina@example.com").exists()


def test_a_forged_link_leads_nowhere(manager: Client, outbox: list[Any]) -> None:
    invite(manager, "nina@example.com")
    forged = Client().get(link_in(outbox)[:-4] + "xxx/")
    assert forged.status_code == 404
    assert "There is no such invitation" in text(forged)


def test_sent_again_the_old_link_works_no_more(manager: Client, outbox: list[Any]) -> None:
    invite(manager, "nina@example.com", "operator", "")
    old = link_in(outbox)
    manager.post(f"{PEOPLE}invitation/{Invitation.objects.get().pk}/-/again")
    assert link_in(outbox) != old
    closed = Client().get(old)
    assert closed.status_code == 410
    assert "was sent again Only the link in the latest email works" in text(closed)
    assert Client().get(link_in(outbox)).status_code == 200
    assert Invitation.objects.get(ended=None).role == Role.OPERATOR


def test_an_invitation_is_not_sent_again_to_who_has_joined_meanwhile_nor_without_end(
    manager: Client, outbox: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    invite(manager, "nina@example.com")
    again = f"{PEOPLE}invitation/{Invitation.objects.get().pk}/-/again"
    for error, said in ((AlreadyMember, "nina@example.com has already joined."), (TooMany, "invitations")):

        def send(*args: object, error: type[Exception] = error) -> None:
            raise error

        monkeypatch.setattr("portal.customer.people.invitations.send", send)
        assert said in text(manager.post(again, follow=True))
    assert len(outbox) == 1


def test_a_group_that_is_gone_stays_what_a_member_is_limited_to(manager: Client) -> None:
    Membership.objects.filter(pk=member("child").pk).update(group="long-gone")
    page = manager.get(f"{PEOPLE}{member('child').pk}/").content.decode()
    assert '<option value="long-gone" selected' in page


def test_a_withdrawn_link_works_no_more(manager: Client, outbox: list[Any]) -> None:
    invite(manager, "nina@example.com")
    manager.post(f"{PEOPLE}invitation/{Invitation.objects.get().pk}/-/withdraw")
    assert "This invitation was revoked" in text(Client().get(link_in(outbox)))


def test_an_invitation_of_which_nobody_noted_the_end_claims_none(manager: Client, outbox: list[Any]) -> None:
    invite(manager, "nina@example.com")
    Invitation.objects.update(ended=timezone.now())
    assert "was used, revoked or sent again" in text(Client().get(link_in(outbox)))


# --- an invitation ends with membership ------------------------------------------------------------------------------


def take_in(name: str, role: str = "viewer") -> None:
    """An admin makes somebody a member without an invitation, or with '' takes them out."""
    admin = Client()
    admin.force_login(User.objects.get(email="staff@example.com"))
    sent = admin.post("/console/c/10001/manage/member", {"email": f"{name}@example.com", "role": role})
    assert sent.status_code == 302


def roles_on_record() -> list[tuple[str, str]]:
    entries = AuditEntry.objects.filter(target="outsider@example.com").order_by("id")
    return [(one.action, json.loads(one.after)["role"] if one.after else "") for one in entries]


@pytest.fixture
def outsider(manager: Client, signed_in: Callable[[str], Client], outbox: list[Any]) -> Client:
    """Invited as a manager, but made a viewer otherwise."""
    invite(manager, "outsider@example.com", "manager")
    take_in("outsider")
    return signed_in("outsider")


def test_who_is_a_member_already_gets_no_role_by_a_link(outsider: Client, outbox: list[Any]) -> None:
    for answer in (outsider.get(link_in(outbox)), outsider.post(link_in(outbox)), Client().get(link_in(outbox))):
        assert answer.status_code == 410
        assert "outsider@example.com is already a member of 10001" in text(answer)
    assert member("outsider").role == Role.VIEWER
    assert roles_on_record() == [
        ("invitation.sent", "manager"),
        ("invitation.withdrawn", ""),
        ("member.changed", "viewer"),
    ]


def test_a_link_that_has_stayed_open_gives_a_member_no_role_either(outsider: Client, outbox: list[Any]) -> None:
    Invitation.objects.update(ended=None, how_ended="")  # as those from before they ended with membership
    assert "is already a member" in text(outsider.post(link_in(outbox)))
    assert member("outsider").role == Role.VIEWER
    assert ("invitation.accepted", "manager") not in roles_on_record()


@pytest.mark.parametrize("by", ["manager", "admin", "themselves"])
def test_whoever_is_out_does_not_come_back_by_an_old_link(
    manager: Client, outsider: Client, outbox: list[Any], by: str
) -> None:
    Invitation.objects.update(ended=None, how_ended="")
    out = {
        "manager": lambda: manager.post(f"{PEOPLE}{member('outsider').pk}/-/remove"),
        "admin": lambda: take_in("outsider", ""),
        "themselves": lambda: outsider.post(f"{PEOPLE}-/leave"),
    }
    out[by]()
    answer = outsider.post(link_in(outbox))
    assert answer.status_code == 410
    assert "ended when outsider@example.com stopped being a member" in text(answer)
    assert not Membership.objects.filter(user__email="outsider@example.com", customer__number="10001").exists()
    assert not Invitation.objects.filter(ended=None).exists()


def test_a_used_link_says_so_also_to_who_is_out_again(
    manager: Client, signed_in: Callable[[str], Client], outbox: list[Any]
) -> None:
    invite(manager, "outsider@example.com")
    theirs = signed_in("outsider")
    theirs.post(link_in(outbox))
    assert "was used outsider@example.com has joined" in text(theirs.get(link_in(outbox)))
    manager.post(f"{PEOPLE}{member('outsider').pk}/-/remove")
    assert (
        "was used outsider@example.com joined 10001 Example Services GmbH with it, and is no longer a member"
        in text(theirs.get(link_in(outbox)))
    )


def test_somebody_who_was_out_can_be_invited_again(
    manager: Client, signed_in: Callable[[str], Client], outbox: list[Any]
) -> None:
    manager.post(f"{PEOPLE}{member('viewer').pk}/-/remove")
    invite(manager, "viewer@example.com", "operator")
    said = signed_in("viewer").post(link_in(outbox), follow=True)
    assert "(Operator)" in text(said)
    assert member("viewer").role == Role.OPERATOR


def test_an_invitation_of_another_customer_cannot_be_touched(
    manager: Client, signed_in: Callable[[str], Client], outbox: list[Any]
) -> None:
    invite(manager, "nina@example.com")
    pk = Invitation.objects.get().pk
    foreign = signed_in("outsider")
    for verb in ("again", "withdraw"):
        foreign.post(f"/c/10002/people/invitation/{pk}/-/{verb}")
    assert Invitation.objects.get().is_open
    assert len(outbox) == 1


def test_the_link_stands_neither_in_the_database_nor_in_the_trail(manager: Client, outbox: list[Any]) -> None:
    invite(manager, "nina@example.com")
    secret = link_in(outbox).rstrip("/").rpartition("/")[2]
    entries = AuditEntry.objects.filter(action="invitation.sent")
    assert secret not in str(list(Invitation.objects.values()))
    assert secret not in str(list(entries.values()))


@pytest.mark.parametrize(
    ("email", "reason"),
    [
        ("mаnager@example.com", "look-alike letters"),  # Cyrillic а
        ("nina@exаmple.com", "look-alike letters"),
        ("\u212aim@example.com", "look-alike letters"),  # Kelvin sign
        ("ＮＩＮＡ@example.com", "look-alike letters"),
        ("nina", "valid email address"),
        ("nina@example.com\nbcc: x@example.com", "valid email address"),
        ('"quoted name"@', "valid email address"),
        (f"{'n' * 300}@example.com", "at most"),
        ("", "required"),
        ("manager@example.com", "is already a member"),
        ("MANAGER@EXAMPLE.COM", "is already a member"),
    ],
)
def test_an_address_that_cannot_be_invited_is_told_why(
    manager: Client, outbox: list[Any], email: str, reason: str
) -> None:
    response = invite(manager, email)
    assert response.status_code == 422
    assert reason in text(response)
    assert not Invitation.objects.exists()
    assert not outbox


def test_a_role_or_group_that_is_none_is_refused(manager: Client, outbox: list[Any]) -> None:
    assert "This role does not exist" in text(invite(manager, "nina@example.com", "owner"))
    assert "is not known here" in text(invite(manager, "nina@example.com", "viewer", "acme"))
    assert not Invitation.objects.exists()


def test_a_weak_or_endless_password_is_refused_and_the_link_stays(manager: Client, outbox: list[Any]) -> None:
    invite(manager, "nina@example.com")
    for password, reason in (
        ("shorty", "too short"),
        ("password123", "too common"),
        ("x" * 100_000, "maximum is 1000"),
    ):
        response = Client().post(link_in(outbox), {"name": "Nina", "password": password})
        assert reason in text(response)
        assert password not in response.content.decode()
    assert not User.objects.filter(email="nina@example.com").exists()
    assert Invitation.objects.get().is_open


def test_a_link_that_still_works_stands_in_no_log(
    manager: Client, signed_in: Callable[[str], Client], outbox: list[Any], caplog: pytest.LogCaptureFixture
) -> None:
    invite(manager, "nina@example.com")
    Client().post(link_in(outbox), {"name": "", "password": "short"})
    signed_in("outsider").post(link_in(outbox))
    assert link_in(outbox) not in caplog.text


def test_a_mail_that_cannot_be_sent_is_told_of(manager: Client, settings: Any) -> None:
    smtp = {"BACKEND": "django.core.mail.backends.smtp.EmailBackend", "OPTIONS": {"host": "127.0.0.1", "port": 1}}
    settings.MAILERS = {"default": smtp}
    response = manager.post(
        f"{PEOPLE}-/invite", {"email": "nina@example.com", "role": "viewer", "group": ""}, follow=True
    )
    assert "could not be sent. The invitation is kept" in text(response)


def test_nobody_sends_mail_to_the_world_through_us(
    manager: Client, outbox: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.accounts.people.invitations.MOST_A_DAY", 2)
    invite(manager, "a@example.com")
    invite(manager, "b@example.com")
    assert "At most 2 invitations can be sent per day" in text(invite(manager, "c@example.com"))
    assert len(outbox) == 2


# --- roles ---------------------------------------------------------------------------------------------------------


def test_another_role_holds_at_once(manager: Client, signed_in: Callable[[str], Client]) -> None:
    theirs = signed_in("viewer")
    assert theirs.get(PEOPLE).status_code == 403
    manager.post(f"{PEOPLE}{member('viewer').pk}/", {"role": "manager", "group": ""})
    assert theirs.get(PEOPLE).status_code == 200
    entry = AuditEntry.objects.get(action="member.changed")
    assert (entry.actor, entry.target) == ("manager@example.com", "viewer@example.com")
    assert '"viewer"' in entry.before
    assert '"manager"' in entry.after


def test_whoever_is_removed_sees_nothing_any_more(manager: Client, signed_in: Callable[[str], Client]) -> None:
    theirs = signed_in("operator")
    assert theirs.get("/c/10001/changes/").status_code == 200
    manager.post(f"{PEOPLE}{member('operator').pk}/-/remove")
    assert theirs.get("/c/10001/changes/").status_code == 404
    assert User.objects.filter(email="operator@example.com").exists()


@pytest.mark.parametrize("name", ["operator", "viewer", "billing", "child"])
def test_only_managers_decide_about_people(signed_in: Callable[[str], Client], name: str, outbox: list[Any]) -> None:
    client = signed_in(name)
    before = list(Membership.objects.values_list("user", "role", "group"))
    pk = member("viewer").pk
    for path in ("", "-/invite", f"{pk}/", f"{pk}/-/remove"):
        assert client.get(f"{PEOPLE}{path}").status_code == 403
    assert client.post(f"{PEOPLE}{pk}/", {"role": "manager", "group": ""}).status_code == 403
    assert client.post(f"{PEOPLE}{pk}/-/remove").status_code == 403
    assert client.post(f"{PEOPLE}-/second-factor", {"required": "yes"}).status_code == 403
    assert invite(client, "nina@example.com").status_code == 403
    assert list(Membership.objects.values_list("user", "role", "group")) == before


def test_a_member_of_another_customer_is_not_found(manager: Client) -> None:
    foreign = Membership.objects.get(customer__number="10002")
    assert manager.get(f"{PEOPLE}{foreign.pk}/").status_code == 404
    assert manager.post(f"{PEOPLE}{foreign.pk}/-/remove").status_code == 404
    assert Membership.objects.filter(pk=foreign.pk).exists()


def test_anybody_may_leave(signed_in: Callable[[str], Client]) -> None:
    client = signed_in("billing")
    assert client.get(f"{PEOPLE}-/leave").status_code == 200
    client.post(f"{PEOPLE}-/leave")
    assert client.get("/c/10001/").status_code == 404


def test_who_has_left_in_another_tab_is_told_that_there_is_no_such_page(cast: dict[str, User]) -> None:
    scope = get_scope(cast["billing"], "10001")
    members.leave(scope)
    with pytest.raises(Http404):
        members.leave(scope)


def test_the_same_role_again_is_no_change(manager: Client) -> None:
    manager.post(f"{PEOPLE}{member('viewer').pk}/", {"role": "viewer", "group": ""})
    assert member("viewer").role == Role.VIEWER
    assert not AuditEntry.objects.filter(action="member.changed").exists()


@pytest.mark.parametrize(
    ("path", "data"),
    [("-/leave", {}), ("{pk}/-/remove", {}), ("{pk}/", {"role": "viewer", "group": ""})],
)
def test_the_last_manager_stays(manager: Client, path: str, data: dict[str, str]) -> None:
    response = manager.post(f"{PEOPLE}{path}".format(pk=member("manager").pk), data)
    assert response.status_code == 422
    assert "last manager" in text(response)
    assert member("manager").role == Role.MANAGER


def test_a_manager_of_a_group_is_no_manager_of_the_customer(manager: Client, cast: dict[str, User]) -> None:
    Membership.objects.filter(user=cast["child"]).update(role=Role.MANAGER)
    assert manager.post(f"{PEOPLE}-/leave").status_code == 422


@pytest.mark.django_db(transaction=True)
def test_two_managers_who_demote_each_other_at_once_leave_one(cast: dict[str, User]) -> None:
    Membership.objects.filter(user=cast["viewer"], customer__number="10001").update(role=Role.MANAGER)
    scopes = {name: get_scope(cast[name], "10001") for name in ("manager", "viewer")}
    pks = {name: member(name).pk for name in scopes}
    together = threading.Barrier(2)
    refused: list[str] = []

    def demote(scope: Scope, pk: int) -> None:
        together.wait(60)
        try:
            members.change(scope, pk, Role.VIEWER, "")
        except PermissionDenied as error:
            refused.append(type(error).__name__)
        finally:
            connection.close()

    threads = [
        threading.Thread(target=demote, args=(scopes["manager"], pks["viewer"])),
        threading.Thread(target=demote, args=(scopes["viewer"], pks["manager"])),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(members.managers_of(Customer.objects.get(number="10001"))) == 1
    assert refused == ["PermissionDenied"]


# --- the rule about second factors ---------------------------------------------------------------------------------


def test_a_manager_without_a_second_factor_cannot_lock_everybody_out(manager: Client) -> None:
    response = manager.post(f"{PEOPLE}-/second-factor", {"required": "yes"}, follow=True)
    assert "Set up two-factor for yourself first" in text(response)
    assert not Customer.objects.get(number="10001").requires_second_factor


def test_a_required_second_factor_is_asked_for_before_anything_is_shown(signed_in: Callable[[str], Client]) -> None:
    Customer.objects.filter(number="10001").update(requires_second_factor=True)
    client = signed_in("viewer")
    response = client.get("/c/10001/virtualmachine/")
    assert response.status_code == 302
    assert response.headers["Location"].startswith("/accounts/2fa/?required=1")
    part = client.get("/c/10001/virtualmachine/", headers={"HX-Request": "true"})
    assert part.headers["HX-Redirect"].startswith("/accounts/2fa/?required=1")
    assert signed_in("outsider").get("/c/10001/").status_code == 404


# --- the help page -------------------------------------------------------------------------------------------------


def test_the_help_page_says_what_the_table_says(signed_in: Callable[[str], Client]) -> None:
    said = text(signed_in("viewer").get("/c/10001/help/roles/"))
    assert "Your role for this customer: Viewer" in said
    assert re.search(r"Invoices \S*.*?see.*?nothing nothing see", said)
    assert re.search(r"API keys .*?see and change nothing nothing nothing", said)
    assert re.search(r"Machines see and change see and change see nothing", said)
