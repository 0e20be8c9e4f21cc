"""Search: over all that a person may see, best first, and nothing that they may not."""

import time
from typing import Any

import pytest

from tests.customer.conftest import Browse, part, text_of

FIND = "/c/10001/find/"


@pytest.fixture
def find(browse: Browse) -> Any:
    """What a person finds once everything is known: the hits."""

    def search(name: str, text: str) -> list[Any]:
        client = browse(name)
        deadline = time.monotonic() + 10
        while client.get("/c/10001/").context["page"].is_loading and time.monotonic() < deadline:
            time.sleep(0.05)
        response = client.get(FIND, {"q": text})
        assert response.status_code == 200
        found: list[Any] = response.context["search"].hits
        return found

    return search


def test_the_name_itself_comes_first(find: Any) -> None:
    hits = find("manager", "shop1")
    assert [hit.title for hit in hits[:3]] == ["shop10", "shop11", "shop12"]
    assert find("manager", "SHOP13")[0].address == "/c/10001/virtualmachine/shop13/"


@pytest.mark.parametrize(
    "text",
    [
        "10.0.16.24",
        "10.0.16.24/24",
        "10.0.16.0/24",
        "02:00:00:03:10:1a",
        "0200.0003.101A",
        "03-10-1a",
        "03101a",
        "2001:db8:0:1c0::26",
        "[2001:DB8:0:1C0:0:0:0:26]:443",
        "2001:0db8:0000:01c0::0026/64",
        "worker shop",
    ],
)
def test_addresses_and_descriptions_are_found(find: Any, text: str) -> None:
    assert "/c/10001/virtualmachine/shop13/" in {hit.address for hit in find("manager", text)}


@pytest.mark.parametrize(
    ("text", "shown"),
    [("2001:DB8:0:1C0:0:0:0:26", "2001:db8:0:1c0::26"), ("03101a", "02:00:00:03:10:1a"), ("shop13", "")],
)
def test_a_hit_shows_what_matched_where_its_name_does_not(find: Any, text: str, shown: str) -> None:
    (hit,) = (hit for hit in find("manager", text) if hit.address == "/c/10001/virtualmachine/shop13/")
    assert str(hit.note).startswith(shown or "shop")


@pytest.mark.parametrize("text", ["[2001:DB8:0:1C0:0:0:0:26]:443", "10.0.16.24/24", "0200.0003.101a", "03-10-1A"])
def test_a_list_is_filtered_by_an_address_however_it_is_written(browse: Browse, text: str) -> None:
    page = text_of(browse("manager").get("/c/10001/virtualmachine/", {"q": text}))
    assert "shop13" in page
    assert "shop12" not in page


def test_people_are_found_by_their_permissions(find: Any) -> None:
    assert any("/permission/" in hit.address for hit in find("manager", "alice"))
    assert not any("/permission/" in hit.address for hit in find("operator", "alice"))


@pytest.mark.parametrize(("name", "text"), [("child", "shop13"), ("billing", "s-deploy"), ("outsider", "shop13")])
def test_what_one_may_not_see_is_not_found(find: Any, browse: Browse, name: str, text: str) -> None:
    if name == "outsider":
        assert browse(name).get(FIND, {"q": text}).status_code == 404
        own = browse(name).get("/c/10002/find/", {"q": text})
        assert not own.context["search"].found.total
    else:
        found = {hit.address.split("/")[3] for hit in find(name, text)}
        assert not found & {"virtualmachine", "serviceuser"}


def test_pages_and_actions_are_jumped_to_by_name(find: Any) -> None:
    assert find("manager", "invo")[0].address == "/c/10001/invoice/"
    assert "/c/10001/virtualmachine/-/new" in {hit.address for hit in find("operator", "new mach")}
    assert "/c/10001/virtualmachine/-/new" not in {hit.address for hit in find("viewer", "new mach")}


def test_enter_leads_to_what_is_named_exactly_so(find: Any, browse: Browse) -> None:
    find("manager", "")
    asked = browse("manager").get(f"{FIND}?go=1&q=shop13")
    assert asked.headers["Location"] == "/c/10001/virtualmachine/shop13/"
    assert browse("manager").get(f"{FIND}?go=1&q=shop1").status_code == 200
    assert browse("manager").get(f"{FIND}?q=shop13").status_code == 200  # the page of hits, where that is asked for


def test_below_the_field_stand_the_first_ten_and_a_way_to_the_others(find: Any, browse: Browse) -> None:
    find("manager", "")
    body = part(browse("manager"), f"{FIND}?q=shop").content.decode()
    assert body.count('class="hit"') == 10
    assert f'href="{FIND}?q=shop"' in body
    assert "<html" not in body


NASTY = ["", "   ", "\x00", "zzz nothing", "<script>alert(1)</script>", "%", "ü" * 2000, "'\"", "\u202egnp"]


@pytest.mark.parametrize("text", NASTY)
def test_whatever_is_typed_gets_a_page(browse: Browse, text: str) -> None:
    response = browse("manager").get(FIND, {"q": text})
    assert response.status_code == 200
    assert "<script>alert" not in response.content.decode()
    assert len(response.content) < 100_000


def test_what_is_not_found_is_said_with_what_was_looked_for(find: Any, browse: Browse) -> None:
    assert find("manager", "zzz") == []
    assert "No results for “zzz”" in text_of(browse("manager").get(FIND, {"q": "zzz"}))
