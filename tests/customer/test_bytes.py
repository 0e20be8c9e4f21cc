"""What a page weighs: budgets that nobody breaks without noticing. Names of files count as production has them."""

import gzip
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.template.loader import get_template

from scripts.environment import ROOT
from tests.customer.conftest import Browse, part

LIST = "/c/10001/virtualmachine/?per_page=50"
ROWS = 50
HASHED = r"\g<0>.0123456789ab"


def in_production(body: str) -> str:
    return re.sub(r"/static/[\w/-]+(?=\.\w+)", HASHED, body)


def compressed(body: str | bytes) -> int:
    return len(gzip.compress(body.encode() if isinstance(body, str) else body, 6))


def rows_of(body: str) -> list[str]:
    return re.findall(r'(?s)<tr id="row-.*?</tr>', body)


def ordinary(body: str) -> list[str]:
    """Rows of machines that are ready and no more: as nearly all are, save in the demo, which shows what there is."""
    return [row for row in rows_of(body) if "state-ready" in row and "state-note" not in row]


def of_fifty(body: str) -> str:
    """The page with as many rows as fit on one, of ordinary machines; some come again by other names."""
    found = ordinary(body)
    rows = [re.sub(r"\b([a-z]+)(\d\d)\b", rf"\g<1>{k // len(found)}\2", found[k % len(found)]) for k in range(ROWS)]
    start, end = body.index("<tbody>") + len("<tbody>"), body.index("</tbody>")
    return body[:start] + "".join(rows) + body[end:]


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_table_part_of_50_rows_has_at_most_60_kb(browse: Browse, language: str) -> None:
    client = browse("manager")
    client.get(LIST)
    table = of_fifty(in_production(part(client, LIST, **{"Accept-Language": language}).content.decode()))
    assert len(rows_of(table)) == ROWS
    assert len(table.encode()) <= 60_000


def test_a_row_has_at_most_900_bytes(browse: Browse) -> None:
    rows = ordinary(in_production(browse("manager").get(LIST).content.decode()))
    assert max(len(row.encode()) for row in rows) <= 900


def test_the_page_of_50_rows_has_at_most_8_kb_compressed(browse: Browse) -> None:
    assert compressed(of_fifty(in_production(browse("manager").get(LIST).content.decode()))) <= 8_000


def test_a_first_visit_has_at_most_50_kb_and_20_of_them_are_script(browse: Browse) -> None:
    body = browse("manager").get(LIST).content.decode()
    names = set(re.findall(r"/static/([^\"#]+)", body))
    sizes = {name: compressed(Path(finders.find(name) or "").read_bytes()) for name in names}
    assert {"css/base.css", "css/portal.css", "js/portal.js", "vendor/htmx.js", "icons.svg"} <= set(sizes)
    assert sum(size for name, size in sizes.items() if name.endswith(".js")) <= 20_000
    assert sum(sizes.values()) + compressed(of_fifty(in_production(body))) <= 50_000


def test_what_is_indented_in_a_template_is_not_sent_so(browse: Browse) -> None:
    body = browse("manager").get(LIST).content.decode()
    assert not re.search(r"\n[ \t]+<", body)


def test_pages_and_their_parts_go_compressed_to_who_asks_for_it(browse: Browse) -> None:
    client = browse("manager")
    asks = {"Accept-Encoding": "gzip, br"}
    page = client.get(LIST, headers=asks)
    assert page.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(page.content).lstrip().startswith(b"<!DOCTYPE")
    assert part(client, LIST, **asks).headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in client.get(LIST).headers
    assert "Content-Encoding" not in client.get(f"{LIST}&format=xlsx", headers=asks).headers


def test_a_template_of_a_mail_keeps_its_white_space() -> None:
    source = get_template("people/mail/invitation.txt").template.source  # type: ignore[attr-defined]
    assert source == (ROOT / "templates" / "people" / "mail" / "invitation.txt").read_text()
