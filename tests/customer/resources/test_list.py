"""Lists: what is shown to whom, by filters that stand in the address, and whatever that address says."""

import csv
import re
from collections.abc import Callable
from typing import Any

import pytest

from portal.resources.types import TYPES
from tests.customer.visiting import Visit, html_of, know_everything, visit
from tests.support.services import Sandbox

__all__ = ["visit"]

LISTED = [name for name, one in TYPES.items() if not one.money]  # money has pages of its own: tests/billing


def names(visit: Visit, name: str, type_name: str = "virtualmachine", **params: object) -> list[str]:
    """The keys of the records shown, in order."""
    response = visit(name, f"{type_name}/", **params)
    assert response.status_code == 200
    body = html_of(response).partition("<tbody")[2]
    return re.findall(r'<tr id="row-([^"]+)"', body)


@pytest.mark.parametrize("type_name", LISTED)
def test_every_type_has_a_list(visit: Visit, type_name: str) -> None:
    page = html_of(visit("manager", f"{type_name}/"))

    assert 'id="table"' in page
    assert '<tr id="row-' in page.partition("<tbody")[2]


def test_a_list_that_is_known_costs_four_queries(
    visit: Visit, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    for _time in range(2):
        visit("manager", "virtualmachine/")
    with django_assert_max_num_queries(4):
        visit("manager", "virtualmachine/")


@pytest.mark.parametrize(
    ("name", "type_name", "status"),
    [
        ("billing", "invoice", 200),
        ("billing", "virtualmachine", 403),
        ("operator", "invoice", 403),
        ("outsider", "invoice", 404),
        ("staff", "virtualmachine", 404),
    ],
)
def test_a_role_sees_its_own_lists_and_a_stranger_none(visit: Visit, name: str, type_name: str, status: int) -> None:
    assert visit(name, f"{type_name}/").status_code == status


def test_a_limited_member_sees_and_counts_the_subtree_only(visit: Visit) -> None:
    assert {re.sub(r"\d+$", "", name) for name in names(visit, "child")} == {"example", "example-lab"}
    assert re.search(r'class="page-count">12<', html_of(visit("child", "virtualmachine/")))


def test_filters_narrow_by_field_state_and_text(visit: Visit) -> None:
    assert names(visit, "manager", resource_group="trial") == ["trial00", "trial01"]
    assert set(names(visit, "manager", resource_group=["trial", "old"])) >= {"trial00", "old00"}
    assert "shop19" in names(visit, "manager", state="installing")
    assert names(visit, "manager", q="203.0.113.5") == ["shop00"]


@pytest.mark.parametrize("type_name", LISTED)
def test_every_filterable_field_filters(visit: Visit, type_name: str) -> None:
    page = html_of(visit("manager", f"{type_name}/"))
    for field in (one for one in TYPES[type_name].fields if one.filterable):
        values = re.findall(rf'<input[^>]* name="{field.name}"[^>]* value="([^"]+)"', page)
        for value in values[:2]:
            narrowed = visit("manager", f"{type_name}/", **{field.name: value})
            assert narrowed.status_code == 200
            assert '<tr id="row-' in html_of(narrowed).partition("<tbody")[2], (field.name, value)


def test_sorting_goes_both_ways(visit: Visit) -> None:
    up = names(visit, "manager", sort="name", per_page=100)

    assert names(visit, "manager", sort="-name", per_page=100) == up[::-1]


def test_filtered_to_nothing_says_how_much_there_is_and_how_to_get_back(visit: Visit) -> None:
    page = html_of(visit("manager", "virtualmachine/", q="no-such-machine"))

    assert "none of them matches these filters" in page
    assert "Clear all filters" in page


@pytest.mark.parametrize(
    "params",
    [
        {"page": "0"},
        {"page": "-1"},
        {"page": "1000000000"},
        {"page": "99999999999999999999999999"},
        {"page": "²"},
        {"page": ["2", "x"]},
        {"per_page": "7"},
        {"per_page": "10000000"},
        {"sort": "interfaces"},
        {"sort": "no such"},
        {"sort": "--name"},
        {"state": "no such"},
        {"columns": "no,such,name"},
        {"columns": ["cores"] * 500},
        {"no_such": ["1", "2"]},
        {"resource_group": "a\0b"},
        {"resource_group": ["shop"] * 300},
        {"q": "a\0b"},
        {"q": "x" * 100_000},
        {"format": "pdf"},
        {"cores": "many"},
    ],
)
@pytest.mark.parametrize("part", [False, True])
def test_whatever_the_address_says_there_is_a_page(visit: Visit, params: dict[str, object], part: bool) -> None:
    visit("manager", "virtualmachine/")
    response = visit("manager", "virtualmachine/", part=part, **params)

    assert response.status_code == 200
    assert 'id="table"' in html_of(response)


def test_csv_has_exactly_what_is_filtered_on_all_pages(visit: Visit) -> None:
    response = visit("manager", "virtualmachine/", resource_group="shop", per_page=25, format="csv")
    text = b"".join(response) if response.streaming else response.content
    rows = list(csv.reader(text.decode("utf-8-sig").splitlines()))

    assert response.headers["Content-Type"].startswith("text/csv")
    assert len(rows) - 1 == len(names(visit, "manager", resource_group="shop", per_page=250))


def test_with_the_platform_away_it_says_so_and_shows_what_was_known(visit: Visit, platform: Sandbox) -> None:
    platform.stop()
    page = html_of(visit("manager", "virtualmachine/"))

    assert "The platform does not answer, and there is no earlier data" in page


def test_a_list_asked_for_by_parts_never_waits_for_the_platform(visit: Visit, platform: Sandbox) -> None:
    platform.control(fault={"kind": "delay", "value": 3, "method": "query"})
    page = html_of(visit("manager", "virtualmachine/", part=True))

    assert "Loading from the platform" in page
    assert "data-live" in page


def test_maintenance_is_in_progress_upcoming_or_past_and_the_menu_counts_the_first_two(visit: Visit) -> None:
    know_everything(visit)
    page = html_of(visit("viewer", "maintenance/", per_page="250"))
    headings = re.findall(r'id="phase-([a-z-]+)".*?>([^<]+)</th>', page)
    assert headings == [("in-progress", "In progress"), ("upcoming", "Upcoming"), ("past", "Past")]
    not_past = page.partition('id="phase-past"')[0].count('id="row-')
    assert 0 < not_past < page.count('id="row-')
    menu = page.partition('href="/c/10001/schedule/"')[2].partition("</a>")[0]
    assert f'<span class="rail-count">{not_past}</span>' in menu


def test_maintenance_that_is_sorted_otherwise_has_no_headings_among_it(visit: Visit) -> None:
    assert "phase-" not in html_of(visit("viewer", "maintenance/", sort="-starts"))
