"""What `make bench` compares the portal with: only who is signed in gets it, and it is as long as it says."""

import pytest
from django.conf import settings
from django.test import Client, override_settings
from django.urls import Resolver404, resolve

from portal.accounts.models import User
from scripts.bench import served

pytestmark = pytest.mark.django_db


@pytest.fixture
def signed_in(client: Client) -> Client:
    person = User.objects.create(email="someone@example.com")
    client.force_login(person, backend=settings.AUTHENTICATION_BACKENDS[0])
    return client


beside_the_portal = override_settings(MIDDLEWARE=served.MIDDLEWARE)


@beside_the_portal
@pytest.mark.parametrize("size", [1, 1000, 142_000])
def test_the_bare_view_has_as_many_bytes_as_asked_for(signed_in: Client, size: int) -> None:
    answer = signed_in.get(f"/bench/bare/{size}")
    assert (answer.status_code, len(answer.content)) == (200, size)
    assert answer.headers["Content-Length"] == str(size)


@beside_the_portal
def test_the_table_is_one_of_50_rows_and_10_columns(signed_in: Client) -> None:
    page = signed_in.get("/bench/table").content.decode()
    assert page.count("<tr") == 1 + served.ROWS
    assert page.count("<td") == served.ROWS * served.COLUMNS


@beside_the_portal
@pytest.mark.parametrize("path", ["/bench/bare/1000", "/bench/table", "/bench/process"])
def test_nobody_gets_any_of_it_without_signing_in(client: Client, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/accounts/login/?next={path}")


def test_the_portal_itself_has_no_such_address() -> None:
    with pytest.raises(Resolver404):
        resolve("/bench/bare/1000")
