"""Billing's pages over a platform that answers whatever a test puts into it."""

import os
from collections.abc import Callable
from typing import Any

import pytest

from portal.billing.documents import pdf
from tests.customer.conftest import browse, odd_platform, platform  # noqa: F401
from tests.customer.visiting import visit  # noqa: F401
from tests.inventory.platform import Platform


@pytest.fixture(autouse=True)
def _no_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker's part is played by the tests."""
    monkeypatch.setattr("portal.billing.document_orders.orders.nudge", lambda pk, task: None)
    monkeypatch.setattr("portal.billing.document_orders.orders.PATIENCE", 0)


@pytest.fixture
def answers(odd_platform: Platform) -> Any:  # noqa: F811
    def put(type_name: str, *records: dict[str, Any]) -> None:
        odd_platform.records["services", type_name] = list(records)

    return put


@pytest.fixture(scope="session")
def press() -> Callable[[str], pdf.Renderer]:
    """`press("a4")`. Without Pango what needs it fails in CI, and is skipped elsewhere."""
    try:
        pdf.library()
    except pdf.Missing as missing:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"no PDFs: {missing}")
    made: dict[str, Any] = {}

    def one(size: str) -> pdf.Renderer:
        if size not in made:
            made[size] = pdf.Renderer(size)
        return made[size]

    return one
