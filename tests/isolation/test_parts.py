"""A part of a page, as htmx asks for it, brings neither script nor style: what it needs is on the page already."""

from typing import Any

from tests.customer.conftest import browse, platform  # noqa: F401
from tests.isolation.routes import ROUTES
from tests.isolation.test_walk import keys, walk  # noqa: F401

AS_HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}


def test_no_part_of_a_page_brings_a_script(walk: Any) -> None:  # noqa: F811
    parts, wrong = 0, []
    for stop in (stop for stops in ROUTES.values() for stop in stops):
        answer = walk("manager", "GET", stop.path, **AS_HTMX)
        body = b"".join(answer).decode(errors="replace").lower()
        if answer.status_code != 200 or "text/html" not in answer.headers["Content-Type"] or "<html" in body:
            continue
        parts += 1
        if "<script" in body or "<style" in body or "javascript:" in body or " style=" in body or " onclick=" in body:
            wrong.append(stop.path)
    assert not wrong
    assert parts > 10
