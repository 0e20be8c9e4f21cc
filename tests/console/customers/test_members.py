"""Whom an admin adds to a customer is told of it, and gets in."""

import re
from typing import Any

import pytest
from django.core.mail.backends import locmem
from django.test import Client

from portal.accounts.models import Customer, Membership
from portal.notify import watching, words
from portal.notify.models import Notice
from tests.customer.conftest import Browse, browse, platform, text_of  # noqa: F401

MEMBER = "/console/c/10001/manage/member"
RESET = "/accounts/password/reset/"


def add(staff: Client, email: str, role: str = "manager") -> str:
    """What the page says then."""
    return text_of(staff.post(MEMBER, {"email": email, "role": role}, follow=True))


def test_somebody_new_learns_where_to_set_a_password_and_gets_in(browse: Browse, outbox: list[Any]) -> None:  # noqa: F811
    assert "ada@example.org was told by email." in add(browse("staff"), "Ada@example.org")
    (told,) = outbox
    assert (told.to, told.subject) == (["ada@example.org"], "Access to 10001 Example Services GmbH")
    assert (
        "access to 10001 Example Services GmbH in the portal, as Manager:\n\nhttp://testserver/c/10001/\n" in told.body
    )
    assert f"http://testserver{RESET}\n" in told.body

    client = Client()
    client.post(RESET, {"email": "ada@example.org"})
    (link,) = re.findall(r"http://testserver(\S+/key/\S+)", outbox[-1].body)
    form = client.get(link, follow=True).request["PATH_INFO"]
    client.post(form, {"password1": "a brand new sentence", "password2": "a brand new sentence"})
    client.post("/accounts/login/", {"login": "ada@example.org", "password": "a brand new sentence"})
    assert client.get("/c/10001/people/").status_code == 200


def test_somebody_known_learns_it_without_being_asked_for_a_password(browse: Browse, outbox: list[Any]) -> None:  # noqa: F811
    add(browse("staff"), "outsider@example.com", "viewer")
    (told,) = outbox
    assert "as Viewer:" in told.body
    assert "password" not in told.body


@pytest.mark.parametrize("role", ["viewer", "manager"])
def test_they_hear_of_it_once_and_the_managers_that_somebody_was_added(
    browse: Browse,  # noqa: F811
    outbox: list[Any],
    role: str,
) -> None:
    watching.note_all(Customer.objects.get(number="10001"), ())  # it is listened from now on
    add(browse("staff"), "ada@example.org", role)
    watching.read_rows()
    notices = Notice.objects.filter(occurrence__kind="member.changed")
    assert [notice.user.email for notice in notices] == ["manager@example.com"]
    assert words.say(notices.get().occurrence).title == "ada@example.org was added"
    add(browse("staff"), "ada@example.org", "operator")
    watching.read_rows()
    told = {notice.user.email for notice in notices.exclude(user__email="manager@example.com")}
    assert told == {"ada@example.org"}, "of what changes later they hear as anybody does"
    assert len(outbox) == 1


def test_another_role_and_an_end_are_no_news_by_mail(browse: Browse, outbox: list[Any]) -> None:  # noqa: F811
    for role in ("viewer", ""):
        add(browse("staff"), "operator@example.com", role)
    assert outbox == []


def test_where_no_mail_goes_out_staff_learns_to_tell_them(
    browse: Browse,  # noqa: F811
    outbox: list[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def away(*_args: object) -> int:
        raise OSError

    monkeypatch.setattr(locmem.EmailBackend, "send_messages", away)
    said = add(browse("staff"), "ada@example.org")
    assert "The email to ada@example.org could not be sent. They have access: tell them yourself." in said
    assert Membership.objects.filter(customer__number="10001", user__email="ada@example.org").exists()
