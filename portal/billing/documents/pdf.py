"""PDFs of the documents for printing, by WeasyPrint: tagged (PDF/UA), with fonts of our own embedded. Only in a worker.

WeasyPrint needs libraries of the system (Pango). Where they are missing everything else works: it is imported here,
when the first PDF is made, and `Missing` says which.
"""

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings

from portal.inventory import spare_memory

SIZES = {"a4": "A4", "letter": "Letter"}
VARIANT = "pdf/ua-1"
STYLES = ("css/billing.css", "css/print.css")
EMBEDDED = "https://fonts.invalid/"  # stands for node_modules; nothing else is ever fetched
# (family, weight, file below node_modules): what one font lacks is taken from the next.
FONTS = (
    ("Source Sans 3", 400, "@fontsource/source-sans-3/files/source-sans-3-latin-400-normal.woff2"),
    ("Source Sans 3", 600, "@fontsource/source-sans-3/files/source-sans-3-latin-600-normal.woff2"),
    ("DejaVu Sans", 400, "dejavu-fonts-ttf/ttf/DejaVuSans.ttf"),
    ("DejaVu Sans", 600, "dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf"),
    ("Noto Emoji", 400, "@expo-google-fonts/noto-emoji/400Regular/NotoEmoji_400Regular.ttf"),
)
_CHART = re.compile(r'(<svg class="chart[^>]*? aria-label="([^"]*)"[^>]*>)')
_CHART_RULE = re.compile(r"^(?:\.document )?(\.(?:series|chart)[^{]*\{[^}]*\})", re.MULTILINE)


class Missing(Exception):
    """WeasyPrint cannot work on this machine; the text says what it did not find."""


class Renderer:
    """Makes PDFs of one paper size (see `renderer`). Raises Missing."""

    def __init__(self, size: str) -> None:
        self._fonts = library().text.fonts.FontConfiguration()
        styles = [font_faces(), *map(style, STYLES), f"@page {{ size: {SIZES[size]} }}"]
        self._sheets = [self._css(text) for text in styles]

    def lay_out(self, html: str, margins: str) -> Any:
        """WeasyPrint's Document, with its `pages`. `margins` come from `page_boxes.css`."""
        sheets = [*self._sheets, self._css(margins)]
        with spare_memory.uncollected():
            document = library().HTML(string=_with_titles(html), url_fetcher=_fetcher())
            return document.render(stylesheets=sheets, font_config=self._fonts, pdf_variant=VARIANT)

    def _css(self, text: str) -> Any:
        return library().CSS(string=text, font_config=self._fonts, url_fetcher=_fetcher())


def as_pdf(documents: Iterable[Any], title: str = "") -> bytes:
    """One file of all that were laid out; each keeps its own page numbers. `title` where it is not the first's."""
    first, *others = documents
    whole = first
    if others:
        whole = first.copy([page for document in (first, *others) for page in document.pages])
        whole.metadata.title = title
    with spare_memory.uncollected():
        pdf: bytes = whole.write_pdf(pdf_variant=VARIANT)
    return pdf


@cache
def renderer(size: str) -> Renderer:
    """The one of this process: an order need not load fonts and styles that one before it has loaded."""
    return Renderer(size)


@cache
def library() -> Any:
    """WeasyPrint. Raises Missing where a library of the system is not there."""
    try:
        import weasyprint
        import weasyprint.text.fonts
    except OSError as error:  # ffi.dlopen, with the name of the library
        raise Missing(str(error).partition("\n")[0]) from error
    return weasyprint


def font_faces() -> str:
    """`@font-face` of our own fonts: paper looks the same on every machine, with or without fonts of its own."""
    return "".join(
        f'@font-face {{ font-family: "{family}"; font-weight: {weight}; src: url({EMBEDDED}{file}) }}\n'
        for family, weight, file in FONTS
    )


def style(name: str) -> str:
    """One of our own style sheets."""
    return (Path(settings.STATICFILES_DIRS[0]) / name).read_text(encoding="utf-8")


def allowed(url: str) -> Path:
    """The file that WeasyPrint may load: one of our own fonts and nothing else. Raises ValueError."""
    name = url.removeprefix(EMBEDDED)
    if name not in {file for _family, _weight, file in FONTS}:
        raise ValueError(f"paper loads nothing from {url}")
    return Path(settings.NODE_MODULES) / name


@cache
def _fetcher() -> Any:
    urls = library().urls

    class Fetcher(urls.URLFetcher):  # type: ignore[misc, name-defined]
        def fetch(self, url: str, headers: Any = None) -> Any:
            return urls.URLFetcherResponse(url, allowed(url).read_bytes())

    return Fetcher(fail_on_errors=True)


@cache
def _chart_rules() -> str:
    """The rules for charts of our style sheets, black where they depend on the theme."""
    rules = _CHART_RULE.findall("".join(map(style, STYLES)))
    return re.sub(r"var\([^)]*\)", "#000", "".join(rules))


def _with_titles(html: str) -> str:
    """Charts with what a PDF needs within them: an alternative text, and their colours."""
    return _CHART.sub(lambda found: f"{found[1]}<title>{found[2]}</title><style>{_chart_rules()}</style>", html)
