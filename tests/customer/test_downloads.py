"""Tables as files: the same bar below all of them, the same columns as CSV and for Excel, and each on record."""

import csv
import io
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import openpyxl
import pytest
from django.test import Client

from portal.accounts.access import get_scope
from portal.accounts.models import AuditEntry, User
from portal.changes.submit import Intent, submit
from portal.resources.types import TYPES
from tests.customer.visiting import Visit, html_of, visit

__all__ = ["visit"]

C = "/c/10001/"
LISTS = [*(f"{C}{name}/" for name in TYPES), f"{C}trail/", f"{C}changes/"]
CONSOLE = ["/console/changes/?which=all", "/console/c/10001/trail/"]


@pytest.fixture
def ask(browse: Callable[[str], Client], cast: dict[str, User]) -> Callable[..., Any]:
    """`ask("/c/10001/trail/", format="csv")` as a manager, `/console/` as staff; there is one change."""
    scope = get_scope(cast["manager"], "10001")
    clients = {name: browse(name) for name in ("manager", "staff")}
    clients["manager"].get(f"{C}virtualmachine/")
    submit(scope, [Intent(type_name="virtualmachine", key="shop13", wanted={"memory": 2048})], "t1")

    def get(path: str, **params: str) -> Any:
        return clients["staff" if path.startswith("/console/") else "manager"].get(path, params or None)

    return get


def rows_of_csv(answer: Any, separator: str = ",") -> list[list[str]]:
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))


def rows_of_workbook(answer: Any) -> list[list[Any]]:
    page = openpyxl.load_workbook(io.BytesIO(answer.content)).worksheets[0]
    return [list(row) for row in page.iter_rows(values_only=True)]


def with_format(path: str, **params: str) -> str:
    return path + ("&" if "?" in path else "?") + "&".join(f"{name}={value}" for name, value in params.items())


@pytest.mark.parametrize("path", [*LISTS, *CONSOLE])
def test_every_table_has_the_bar_with_excel_first(ask: Callable[..., Any], path: str) -> None:
    page = html_of(ask(path))
    assert page.count('class="downloads"') == 1
    bar = page.partition('<form class="downloads"')[2].partition("</form>")[0]
    assert f'action="{path.partition("?")[0]}"' in bar
    assert bar.index('value="xlsx"') < bar.index('value="csv"')


@pytest.mark.parametrize("path", [*LISTS, *CONSOLE])
def test_a_table_is_the_same_as_csv_and_for_excel(ask: Callable[..., Any], path: str) -> None:
    workbook = rows_of_workbook(ask(with_format(path, format="xlsx")))
    for separator, sign in (("comma", ","), ("semicolon", ";"), ("tab", "\t")):
        rows = rows_of_csv(ask(with_format(path, format="csv", separator=separator)), sign)
        assert rows[0] == workbook[0]
        assert len(rows) >= len(workbook) > 1  # the trail has grown by the exports themselves
        assert all(len(row) == len(rows[0]) for row in rows)


@pytest.mark.parametrize("path", [*LISTS, *CONSOLE])
def test_headings_are_words_and_no_raw_names(ask: Callable[..., Any], path: str) -> None:
    english = rows_of_workbook(ask(with_format(path, format="xlsx")))[0]
    assert not [one for one in english if one != one.strip() or "_" in one or one[:1].islower()]


def test_german_readers_get_german_headings_and_the_same_columns(browse: Callable[[str], Client]) -> None:
    client = browse("manager")
    for path in LISTS[:-1]:
        english, german = (
            rows_of_workbook(client.get(path, {"format": "xlsx"}, headers={"Accept-Language": language}))[0]
            for language in ("en", "de")
        )
        assert len(english) == len(german)
        assert english != german


def test_a_german_reader_is_offered_a_semicolon(browse: Callable[[str], Client]) -> None:
    client = browse("manager")
    chosen = '<option value="semicolon" selected>'
    for headers in ({}, {"HX-Request": "true", "HX-Request-Type": "partial"}):
        page = client.get(f"{C}virtualmachine/", headers={"Accept-Language": "de", **headers})
        assert chosen in html_of(page)
        assert chosen not in html_of(client.get(f"{C}virtualmachine/", headers=headers))


def test_a_workbook_of_machines_has_real_numbers_and_moments(visit: Visit) -> None:
    heading, *rows = rows_of_workbook(visit("manager", "virtualmachine/", format="xlsx"))
    machine = dict(zip(heading, rows[0], strict=True))
    assert isinstance(machine["Memory (MiB)"], int)
    assert isinstance(machine["Created (UTC)"], datetime)
    assert machine["Production"] in (True, False)
    days = [dict(zip(heading, row, strict=True))["Deletion"] for row in rows]
    assert any(isinstance(day, datetime) for day in days)
    assert all(day is None or isinstance(day, datetime) for day in days)


def test_a_file_has_exactly_what_is_filtered_on_all_pages(ask: Callable[..., Any]) -> None:
    assert len(rows_of_workbook(ask(f"{C}virtualmachine/", format="xlsx", page="2", per_page="25"))) == 41
    some = rows_of_workbook(ask(f"{C}virtualmachine/", format="xlsx", resource_group="shop"))[1:]
    assert {row[0] for row in some} == {"shop"}
    assert len(rows_of_workbook(ask(f"{C}trail/", format="xlsx", kind="change"))) == 2
    assert len(rows_of_workbook(ask(f"{C}changes/", format="xlsx", q="nothing"))) == 1
    assert len(rows_of_workbook(ask("/console/changes/", format="xlsx", customer="10002"))) == 1
    assert rows_of_workbook(ask("/console/changes/", format="xlsx"))[1][:3] == ["10001", 1, "Resize shop13"]


@pytest.mark.parametrize(
    ("path", "target", "chain"),
    [
        (f"{C}virtualmachine/", "virtualmachine", "10001"),
        (f"{C}changes/", "changes", "10001"),
        (f"{C}consumption/", "consumption", "10001"),
        (f"{C}invoice/", "invoice", "10001"),
        (f"{C}trail/", "trail", "10001"),
        ("/console/c/10001/trail/", "trail", "10001"),
        ("/console/changes/", "changes", ""),
    ],
)
def test_a_file_goes_on_record(ask: Callable[..., Any], path: str, target: str, chain: str) -> None:
    for kind in ("csv", "xlsx"):
        assert ask(path, format=kind).headers["Content-Disposition"].endswith(f'.{kind}"')
        entry = AuditEntry.objects.filter(action="exported").latest("at")
        assert (entry.chain, entry.target, json.loads(entry.after)["format"]) == (chain, target, kind)


def test_the_trail_for_people_has_words_and_times_and_nothing_shortened(ask: Callable[..., Any]) -> None:
    heading, *rows = rows_of_workbook(ask(f"{C}trail/", format="xlsx"))
    entry = next(row for row in (dict(zip(heading, one, strict=True)) for one in rows) if "Machine" in row["Target"])
    assert (entry["Action"], entry["Target"]) == ("Change submitted", "Machine shop13")
    assert isinstance(entry["Time (UTC)"], datetime)
    assert "Memory: 2" in entry["After"]
