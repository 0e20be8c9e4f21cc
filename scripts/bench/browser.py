"""What a person sees of it: Chromium opens the list and types into its filter."""

import shutil
import statistics
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, sync_playwright

from scripts.bench.figures import Figures
from scripts.bench.pages import ROWS
from scripts.bench.world import Person
from scripts.test import CHROMIUM

FLAGS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
SLOWER = 4  # times, while somebody filters
TYPED = "shop1"
# What the browser notes of a page, kept from its first moment on.
OBSERVE = """
window.noted = {paint: 0, task: 0, shift: 0, interaction: 0};
const note = (type, options, take) =>
  new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({type, buffered: true, ...options});
note("largest-contentful-paint", {}, (entry) => { noted.paint = entry.startTime; });
note("longtask", {}, (entry) => { noted.task = Math.max(noted.task, entry.duration); });
note("layout-shift", {}, (entry) => { noted.shift += entry.hadRecentInput ? 0 : entry.value; });
note("event", {durationThreshold: 16}, (entry) => {
  if (entry.interactionId) noted.interaction = Math.max(noted.interaction, entry.duration);
});
"""


def measure(figures: Figures, world: str, person: Person, times: int) -> None:
    """Nothing is noted where there is no Chromium."""
    program = next((path for name in CHROMIUM if (path := shutil.which(name))), None)
    if program is None:
        return
    with _signed_in(program, person) as page:
        found = [_opened(page, person.visitor.url) for _time in range(times + 1)][1:]  # the first fills its cache
        filtered = [_filtered(page, person.visitor.url) for _time in range(times)]
    figures.note(f"{world}/paint", *(one["paint"] for one in found))
    figures.note(f"{world}/task", max(one["task"] for one in found))
    figures.note(f"{world}/shift", max(one["shift"] for one in found))
    figures.note(f"{world}/interaction", statistics.median(filtered))


def _opened(page: Page, url: str) -> dict[str, float]:
    page.goto(url + ROWS, wait_until="load")
    page.wait_for_timeout(400)  # what the page does once it stands there
    noted: dict[str, float] = page.evaluate("noted")
    return noted


def _filtered(page: Page, url: str) -> float:
    """The longest that a key waited to be seen, by a slow machine; no interaction of less than 16 ms is told."""
    _opened(page, url)
    slowed = page.context.new_cdp_session(page)
    slowed.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    page.focus("#q")
    page.keyboard.type(TYPED, delay=180)
    page.wait_for_url(lambda address: f"q={TYPED}" in address)
    page.wait_for_timeout(600)
    slowed.send("Emulation.setCPUThrottlingRate", {"rate": 1})
    return float(page.evaluate("noted.interaction"))


@contextmanager
def _signed_in(program: str, person: Person) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        context.add_init_script(OBSERVE)
        cookies = person.visitor.session.cookies.get_dict()
        context.add_cookies(
            [{"name": name, "value": value, "url": person.visitor.url} for name, value in cookies.items()]
        )
        yield context.new_page()
        browser.close()
