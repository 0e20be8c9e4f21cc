"""The browser fixtures notice what is wrong with a page: a check that never complains would hide everything."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from playwright.sync_api import Browser, Page

from tests.support.browser import PORTAL, Complaints, axe

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
