"""The browser fixtures notice what is wrong with a page: a check that never complains would hide everything."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from playwright.sync_api import Browser, Page

from tests.support.browser import PORTAL, STRUCTURE, Complaints, axe

STRICT = "default-src 'none'; script-src 'self'"
CONTENT = {
    "/good": "",
    "/image": "<img src='data:image/gif;base64,R0lGODlhAQABAAAAACw='>",
    "/inline": "<script>document.title = 'x'</script>",
    "/missing": "<script src='/static/no.js'></script>",
    "/portal": "",
}


class Handler(BaseHTTPRequestHandler):
    def version_string(self) -> str:
        return PORTAL if self.path == "/portal" else "somebody else"

    def do_GET(self) -> None:
        content = CONTENT.get(self.path)
        self.send_response(404 if content is None else 200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Security-Policy", STRICT)
        self.end_headers()
        self.wfile.write(f"<html lang=en><title>Page</title><main><h1>Page</h1>{content}</main>".encode())

    def log_message(self, *args: object) -> None:
        """Nothing on the terminal."""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_axe_runs_under_a_strict_csp_and_accepts_a_good_page(page: Page, site: str) -> None:
    page.goto(f"{site}/good")
    axe(page)


def test_axe_names_what_is_wrong_and_where(browser: Browser, site: str) -> None:
    page = browser.new_page()
    page.goto(f"{site}/image")
    with pytest.raises(AssertionError, match=r"image-alt(?s:.)*<img src"):
        axe(page)
    page.context.close()


ALIKE = "<p class=soft>One</p><p class=soft>Two</p>", "<p class=soft>Three</p>"
UNLIKE = (
    "<p class=loud>One</p>",
    "<p>One</p>",
    "<p class=soft></p>",
    "<p class=soft id=a>One</p>",
    "<p class=soft id=a>One</p><p class=soft id=a>Two</p>",
    "<p class=soft>One</p><h2>Two</h2>",
    "<p class=soft><b>One</b></p>",
    "<p class=soft role=note>One</p>",
    "<p class=soft aria-label=''>One</p>",
    "<p class=soft aria-label=One>One</p>",
    "<p class=soft aria-labelledby=nothing>One</p>",
    "<p class=soft aria-hidden=true>One</p>",
    "<p class=soft aria-hidden=false>One</p>",
)


def structure(page: Page, content: str) -> str:
    page.set_content(f"<html lang=en><title>Page</title><main>{content}</main>")
    return str(page.evaluate(STRUCTURE))


def test_pages_are_made_alike_that_differ_in_texts_and_repetitions_alone(page: Page) -> None:
    assert structure(page, ALIKE[0]) == structure(page, ALIKE[1])


def test_pages_of_other_elements_classes_roles_or_names_are_not_made_alike(page: Page) -> None:
    structures = [structure(page, content) for content in (ALIKE[0], *UNLIKE)]
    assert len(set(structures)) == len(structures)


def test_a_page_looked_at_otherwise_is_not_made_alike(page: Page) -> None:
    seen = {structure(page, ALIKE[0])}
    page.set_viewport_size({"width": 390, "height": 844})
    seen.add(structure(page, ALIKE[0]))
    page.emulate_media(color_scheme="dark")
    seen.add(structure(page, ALIKE[0]))
    assert len(seen) == 3


@pytest.mark.parametrize(
    ("path", "complaint"),
    [
        ("/inline", "Content Security Policy"),
        ("/missing", "404 for"),
        ("/portal", "lacks content-security-policy, cache-control, cross-origin-opener-policy"),
    ],
)
def test_complaints_of_the_browser_are_collected(browser: Browser, site: str, path: str, complaint: str) -> None:
    context = browser.new_context()
    complaints = Complaints(context)
    context.new_page().goto(f"{site}{path}")
    context.close()
    assert any(complaint in text for text in complaints.texts), complaints.texts
