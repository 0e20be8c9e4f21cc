"""A test that fails tells what the portal that it worked on has logged last, and what its browser showed.

Of a failure that comes once in a hundred runs nothing else is left: folders and databases go with the machine.
"""

from collections.abc import Generator
from contextlib import suppress

import pytest
from playwright.sync_api import BrowserContext, Error, Page

from scripts.processes import Process
from scripts.stack import Stack

LINES = 40  # of each log
type Section = tuple[str, str]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        fixtures = getattr(item, "funcargs", {}).values()
        for value in {id(one): one for one in fixtures}.values():  # some have two names
            report.sections += sections(value)
    return report


def sections(value: object) -> list[Section]:
    """What the report of a failed test says of one of its fixtures."""
    if isinstance(value, Stack):
        return [_of_process(one) for one in value.processes if one.log.exists()]
    if isinstance(value, BrowserContext):
        return [(f"page {page.url}", _text(page)) for page in value.pages]
    return []


def _of_process(process: Process) -> Section:
    state = "runs" if process.is_alive else "has ended"
    return f"{process.name}, which {state}", process.last_words(LINES)


def _text(page: Page) -> str:
    text = "it has none, or does not answer"
    with suppress(Error):
        text = page.locator("main").inner_text(timeout=1000)
    return text
