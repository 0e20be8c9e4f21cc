"""What was typed into a page that has been sent, left or begun anew meanwhile may come late: it is not brought back."""

import time
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.test import Client

from portal.accounts.followed_forms import LATE
from portal.accounts.models import Draft
from tests.customer.conftest import Browse, text_of
from tests.customer.test_open_pages import EDIT, C, OpenPage

RESTORED = "Your earlier input has been restored."

type End = Callable[[OpenPage], Any]


def send(page: OpenPage) -> Any:
    return page.send(cores="7")


def begin_anew(page: OpenPage) -> Any:
    return page.client.get(EDIT, {"draft": "drop"})


def cancel(page: OpenPage) -> Any:
    """As the browser tells of it while it leaves."""
    return page.client.post(EDIT, {"preview": "1", "draft": "drop"})


@pytest.fixture
def client(browse: Browse) -> Client:
    return browse("operator")


@pytest.mark.parametrize("end", [send, begin_anew, cancel])
def test_it_does_not_come_back(client: Client, end: End) -> None:
    page = OpenPage(client, EDIT)
    page.follow(cores="6")
    assert Draft.objects.exists()
    assert end(page).status_code in (200, 302)
    assert page.follow(cores="7").status_code == 200
    assert not Draft.objects.exists()
    assert RESTORED not in text_of(client.get(EDIT))


@pytest.mark.parametrize("end", [send, begin_anew, cancel])
def test_the_next_page_is_followed_from_its_first_letter(client: Client, end: End) -> None:
    end(OpenPage(client, EDIT))
    OpenPage(client, EDIT).follow(cores="7")
    assert RESTORED in text_of(client.get(EDIT))


def test_what_the_next_page_has_kept_stays(client: Client) -> None:
    page = OpenPage(client, EDIT)
    cancel(page)
    OpenPage(client, EDIT).follow(cores="7")
    page.follow(cores="6")
    assert 'value="7"' in client.get(EDIT).content.decode()


def test_who_goes_back_to_the_page_is_followed_there_again(client: Client) -> None:
    page = OpenPage(client, EDIT)
    cancel(page)
    with time_machine.travel(time.time() + LATE.total_seconds() + 1):
        page.follow(cores="7")
    assert Draft.objects.exists()


def test_other_forms_and_other_people_are_followed(client: Client, browse: Browse) -> None:
    other = OpenPage(client, f"{C}virtualmachine/shop00/-/edit")
    somebody = OpenPage(browse("manager"), EDIT)
    cancel(OpenPage(client, EDIT))
    other.follow(cores="7")
    somebody.follow(cores="7")
    assert Draft.objects.count() == 2


def test_a_form_with_mistakes_is_not_over(client: Client) -> None:
    page = OpenPage(client, EDIT)
    assert page.send(cores="none").status_code == 422
    page.follow(cores="7")
    assert Draft.objects.exists()


@pytest.mark.parametrize("age", ["", "@", "@x", "@nan", "@inf", "@-1", "@1e999"])
def test_pages_that_do_not_say_when_they_were_made_are_followed(client: Client, age: str) -> None:
    page = OpenPage(client, EDIT)
    page.headers["Portal-Page"] = page.headers["Portal-Page"].partition("@")[0] + age
    page.follow(cores="7")
    assert Draft.objects.exists()
    cancel(page)
    page.follow(cores="7")
    assert Draft.objects.exists() == (age != "@-1")
