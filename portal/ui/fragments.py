"""Parts of pages that this process keeps as strings, by what they depend on.

What it buys: two thirds of a page's time is the template engine walking its nodes (docs/performance.md). In a template:

    {% fragment "rail" shell.version %}…{% endfragment %}

is rendered once for each name and key in each language and time zone, and kept. The key says everything that the part
shows: numbers of versions rather than values; None where it is another each time. What must not be kept is left open,
and rendered for each answer, with the context of the page: the token of `{% csrf_token %}`, and what stands in
`{% live %}…{% endlive %}`.

With settings.CHECK_FRAGMENTS, as in tests, a kept part is rendered again whenever it is used: had it come out
otherwise, its key leaves something out (Stale).
"""

import re
import secrets
from contextvars import ContextVar

from django import template
from django.conf import settings
from django.template.base import Node, NodeList, Parser, Token
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.timezone import get_current_timezone_name
from django.utils.translation import get_language

from portal.inventory.weighted_cache import WeightedCache

MOST = 16 * 2**20  # characters kept by a process

type Parts = tuple[str | Node, ...]
"""What a fragment is put together from: strings, and between them the nodes that are left open."""


class Stale(Exception):
    """A kept part is not what it would be if it were rendered now."""


_kept: WeightedCache[object, Parts] = WeightedCache(
    MOST, lambda parts: sum(len(one) for one in parts if isinstance(one, str))
)


class Marks:
    """Stand where something is left open, with its number; nothing that is shown can look like them."""

    def __init__(self, secret: str) -> None:
        self._begin, self._end = f"\0{secret}:", "\0"
        self._pattern = re.compile(f"{re.escape(self._begin)}([0-9]+){self._end}")

    def mark(self, number: int) -> SafeString:
        return mark_safe(f"{self._begin}{number}{self._end}")  # noqa: S308 - put together here

    def split(self, html: str) -> list[str]:
        """Text, number, text, number … text."""
        return self._pattern.split(html)


_marks = Marks(secrets.token_hex(8))
_open: ContextVar[list[Node] | None] = ContextVar("left open in the fragment that is being rendered", default=None)


class _Token(Node):
    """The value of a form's protection against forged requests."""

    def render(self, context: template.Context) -> SafeString:
        return conditional_escape(context.get("csrf_token") or "")


class LiveNode(Node):
    """What is rendered for each answer, also within a fragment."""

    def __init__(self, nodes: NodeList) -> None:
        self.nodelist = nodes

    def render(self, context: template.Context) -> SafeString:
        left_open = _open.get()
        if left_open is None:
            return self.nodelist.render(context)
        return _leave(self, left_open)


class FragmentNode(Node):
    """A part of a page that is kept."""

    def __init__(self, name: str, keys: list[template.Variable], nodes: NodeList) -> None:
        self.name = name
        self.keys = keys
        self.nodelist = nodes

    def render(self, context: template.Context) -> SafeString:
        on = [one.resolve(context) for one in self.keys]
        if None in on:
            return self.nodelist.render(context)
        key = (self.name, get_language(), get_current_timezone_name(), *on)
        parts = _kept.get(key)
        if parts is None:
            parts = self._parts(context)
            _kept.put(key, parts)
        elif settings.CHECK_FRAGMENTS and (now := self._parts(context)) != parts:
            raise Stale(f"{key}: kept {_difference(parts, now)}")
        return mark_safe("".join(one if isinstance(one, str) else one.render(context) for one in parts))  # noqa: S308

    def _parts(self, context: template.Context) -> Parts:
        """What is kept: nothing of it belongs to one answer."""
        left_open: list[Node] = []
        token = _open.set(left_open)
        try:
            with context.push(csrf_token=_TokenMark(left_open)):
                texts = _marks.split(self.nodelist.render(context))
        finally:
            _open.reset(token)
        # Every second one is the number of what was left open there.
        return tuple(left_open[int(text)] if place % 2 else text for place, text in enumerate(texts))


_TOKEN = _Token()


class _TokenMark:
    """Stands for the token within a fragment: left open wherever it is written."""

    def __init__(self, left_open: list[Node]) -> None:
        self._left_open = left_open

    def __html__(self) -> str:
        return _leave(_TOKEN, self._left_open)


def _leave(node: Node, left_open: list[Node]) -> SafeString:
    left_open.append(node)
    return _marks.mark(len(left_open) - 1)


def forget_all() -> None:
    """Keep nothing of what has been rendered: for tests, whose settings and databases are others each time."""
    _kept.clear()


def fragment(parser: Parser, token: Token) -> FragmentNode:
    """`{% fragment "name" key … %}…{% endfragment %}`: keys are variables; one that is not there is an error."""
    _tag, name, *keys = token.split_contents()
    nodes = parser.parse(("endfragment",))
    parser.delete_first_token()
    return FragmentNode(name.strip('"'), [template.Variable(key) for key in keys], nodes)


def live(parser: Parser, _token: Token) -> LiveNode:
    """`{% live %}…{% endlive %}`: not kept with what stands around it."""
    nodes = parser.parse(("endlive",))
    parser.delete_first_token()
    return LiveNode(nodes)


def _difference(kept: Parts, now: Parts) -> str:
    """Where the two begin to differ, for who reads a failed test."""
    before, after = ("".join(one if isinstance(one, str) else "…" for one in parts) for parts in (kept, now))
    pairs = enumerate(zip(before, after, strict=False))
    place = next((at for at, (one, other) in pairs if one != other), min(len(before), len(after)))
    return f"…{before[max(place - 80, 0) : place + 80]!r}, now …{after[max(place - 80, 0) : place + 80]!r}"


def register_in(library: template.Library) -> None:
    library.tag("fragment", fragment)
    library.tag("live", live)
