"""The German portal: every text that people see is marked, collected, translated, and fits its place."""

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import allauth
import pytest
from babel.messages.catalog import Catalog, Message
from django.template.base import Lexer, TokenType

from scripts import messages
from scripts.environment import ROOT

OWN_WORDS_FOR_ALLAUTH = ROOT / "portal/accounts/locale/de/LC_MESSAGES/django.po"
CATALOGUES = [*messages.catalogues(), OWN_WORDS_FOR_ALLAUTH]
CODE = [path for path in messages.sources() if path.suffix == ".py"]
TEMPLATES = [path for path in messages.sources() if path.suffix != ".py"]


def entries(path: Path) -> Iterator[tuple[Catalog, Message]]:
    catalogue = messages.read(path)
    yield from ((catalogue, message) for message in catalogue if message.id)


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", CATALOGUES, ids=name)
class TestCatalogue:
    def test_has_a_translation_for_every_text(self, path: Path) -> None:
        assert [one.id for _catalogue, one in entries(path) if not messages.is_translated(one)] == []

    def test_keeps_the_placeholders_of_every_text(self, path: Path) -> None:
        assert [(one.id, problem) for catalogue, one in entries(path) for problem in one.check(catalogue)] == []

    def test_uses_german_quotes(self, path: Path) -> None:
        wrong = re.compile(r"“[^„“”]*”")  # “so” is English, „so“ German
        assert [one.id for _catalogue, one in entries(path) if wrong.search(str(one.string))] == []

    def test_addresses_people_formally(self, path: Path) -> None:
        informal = re.compile(r"\b(du|dich|dir|dein|deine[mnrs]?)\b", re.IGNORECASE)
        assert [one.id for _catalogue, one in entries(path) if informal.search(str(one.string))] == []


def test_our_words_for_allauth_are_for_texts_that_it_still_has() -> None:
    theirs = messages.read(Path(allauth.__file__).parent / "locale/de/LC_MESSAGES/django.po")
    assert [one.id for _catalogue, one in entries(OWN_WORDS_FOR_ALLAUTH) if theirs.get(one.id) is None] == []


# --- what marks a text, and what collects it


MARKING = {"django.utils.translation", "portal.resources.labels"}
NOT_FOR_TEXTS = {"activate", "deactivate", "get_language", "override", "check_for_language"}


def marks(tree: ast.Module) -> set[str]:
    """The names under which a module has what marks texts."""
    imports = (node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module in MARKING)
    names = (alias for node in imports for alias in node.names if alias.name not in NOT_FOR_TEXTS)
    return {alias.asname or alias.name for alias in names}


@pytest.mark.parametrize("path", CODE, ids=name)
def test_texts_in_code_are_marked_so_that_they_are_collected(path: Path) -> None:
    """By a name that the collector knows, and as they are: what is filled in is filled in afterwards."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = marks(tree)
    assert names <= messages.KEYWORDS.keys()
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name))
    marked = [argument for call in calls if getattr(call.func, "id", "") in names for argument in call.args]
    assert [ast.unparse(one) for one in marked if isinstance(one, (ast.JoinedStr, ast.BinOp))] == []


# --- templates


BLOCKS = {"comment": "endcomment", "blocktrans": "endblocktrans", "blocktranslate": "endblocktranslate"}
READ_OUT = {"title", "aria-label", "placeholder", "alt", "data-label", "data-lost", "data-error", "label"}
NOT_FOR_PEOPLE = {"script", "style", "code", "kbd"}
# Names and signs that are the same in every language.
SAME_EVERYWHERE = {"CSV", "Excel", "JSON", "PDF", "Python", "EUR"}


class Visible(HTMLParser):
    """Collects what a person reads or is read out."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.texts += [value for name, value in attrs if name in READ_OUT and value]
        if tag in NOT_FOR_PEOPLE:
            self.inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.inside and self.inside[-1] == tag:
            self.inside.pop()

    def handle_data(self, data: str) -> None:
        if not self.inside:
            self.texts.append(data)


def written_out(template: str) -> str:
    """The template without tags, variables and comments, and without the texts that are marked."""
    parts, until = [], ""
    for token in Lexer(template).tokenize():
        if until:
            until = "" if token.token_type is TokenType.BLOCK and token.contents.split()[0] == until else until
        elif token.token_type is TokenType.BLOCK:
            until = BLOCKS.get(token.contents.split()[0], "")
        elif token.token_type is TokenType.TEXT:
            parts.append(token.contents)
    return "".join(parts)


def unmarked(path: Path) -> list[str]:
    found = written_out(path.read_text(encoding="utf-8"))
    if path.suffix == ".html":
        parser = Visible()
        parser.feed(found)
        parser.close()
        found = "\n".join(parser.texts)
    return [word for word in re.findall(r"[^\W\d_]+", found) if word not in SAME_EVERYWHERE]


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_templates_hold_no_text_that_is_not_marked(path: Path) -> None:
    assert unmarked(path) == []


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("<p>{% trans 'Save' %} {{ name }}</p>", []),
        ("<p>{% blocktrans %}Save {{ name }}{% endblocktrans %}</p>", []),
        ("{% comment %}What it is.{% endcomment %}", []),
        ("<p class='soft'{% if a %} hidden{% endif %}>{% if a %}Save{% endif %}</p>", ["Save"]),
        ("<input placeholder='Save'>", ["Save"]),
        ("<code>save</code> <b>now</b>", ["now"]),
    ],
)
def test_the_check_of_templates_sees_what_people_see(tmp_path: Path, template: str, words: list[str]) -> None:
    file = tmp_path / "one.html"
    file.write_text(template)
    assert unmarked(file) == words
