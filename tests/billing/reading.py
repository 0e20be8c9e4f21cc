"""What a PDF says: its text, the tags by which a screen reader reads it, and what is wrong with it."""

import io
from collections import Counter
from typing import Any

from page import ValidationProfile, validate_pdf_bytes
from pypdf import PdfReader


def reader(data: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(data))


def faults(data: bytes) -> list[str]:
    """What a validator has against it as PDF/UA-1, by the rules of the Matterhorn protocol."""
    report = validate_pdf_bytes(data, profile=ValidationProfile.PDF_UA_1)
    return [f"{one.rule_id}: {one.message}" for one in report.failures]


def words(text: str) -> str:
    """Blanks made one."""
    return " ".join(text.replace("\xa0", " ").split())


def pages(data: bytes) -> list[str]:
    """The text of each page."""
    return [words(page.extract_text()) for page in reader(data).pages]


def tags(data: bytes) -> Counter[str]:
    """How often each structure element occurs."""
    found: Counter[str] = Counter()
    _count(reader(data).trailer["/Root"]["/StructTreeRoot"], found)
    return found


def alternatives(data: bytes) -> list[str]:
    """The alternative texts of its figures."""
    found: list[str] = []
    _alternatives(reader(data).trailer["/Root"]["/StructTreeRoot"], found)
    return found


def fonts(data: bytes) -> dict[str, bool]:
    """Its fonts by name, and whether each is embedded."""
    found = {}
    for page in reader(data).pages:
        for font in page["/Resources"]["/Font"].values():
            inner = font.get_object()["/DescendantFonts"][0].get_object()
            descriptor = inner["/FontDescriptor"].get_object()
            found[str(inner["/BaseFont"]).partition("+")[2].rstrip(",")] = (
                "/FontFile2" in descriptor or "/FontFile3" in descriptor
            )
    return found


def _children(element: Any) -> list[Any]:
    kids = element.get("/K", [])
    found = kids if isinstance(kids, list) else [kids]
    return [one.get_object() for one in found if hasattr(one.get_object(), "get")]


def _count(element: Any, found: Counter[str]) -> None:
    for child in _children(element):
        if "/S" in child:
            found[str(child["/S"]).lstrip("/")] += 1
            _count(child, found)


def _alternatives(element: Any, found: list[str]) -> None:
    for child in _children(element):
        if "/Alt" in child:
            found.append(str(child["/Alt"]))
        if "/S" in child:
            _alternatives(child, found)
