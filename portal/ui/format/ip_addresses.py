"""The addresses of a machine: the one that a list shows, and all of them, each to copy with one click."""

from collections.abc import Mapping

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from portal.resources.interfaces import addresses, rank
from portal.resources.labels import mark
from portal.resources.spec import Value
from portal.ui.format.html import joined
from portal.ui.format.icons import icon

NETWORKS = {"fe": mark("public (fe)"), "srv": mark("between your machines (srv)")}  # vm_15


def main_address(interfaces: Value) -> SafeString:
    """The address a list shows, and how many more there are."""
    found = addresses(interfaces)
    if not found:
        return SafeString("")
    rest = found[1:]
    more = format_html(
        ' <span class="more" title="{}">+{}</span>', "\n".join(other.address for other in rest), len(rest)
    )
    return format_html('<span class="mono">{}</span>{}', found[0].address, more if rest else "")


def copyable(text: str) -> SafeString:
    """A text with a button that copies it."""
    return format_html(
        '<span class="copy"><span class="mono">{}</span><button type="button" class="copy-button" data-copy="{}" '
        'data-copied="{}" aria-label="{}" title="{}">{}</button></span>',
        text,
        text,
        _("%(text)s copied") % {"text": text},
        _("Copy %(text)s") % {"text": text},
        _("Copy"),
        icon("copy"),
    )


def table(interfaces: Value, reverses: Value) -> SafeString:
    """Each interface with its addresses, their reverse names and its hardware address."""
    if not isinstance(interfaces, Mapping):
        return SafeString("")
    names = reverses if isinstance(reverses, Mapping) else {}
    parts = [_interface(name, interfaces[name], names) for name in sorted(interfaces, key=rank)]
    return joined(parts)


def _interface(name: str, interface: Value, reverses: Mapping[str, Value]) -> SafeString:
    found = addresses({name: interface})
    lines = format_html_join(
        "",
        '<li title="{}">{}{}</li>',
        ((one.network, copyable(one.address), _reverse(reverses.get(one.address))) for one in found),
    )
    mac = interface.get("mac") if isinstance(interface, Mapping) else None
    return format_html(
        "<div><dt>{}</dt><dd>{}{}</dd></div>",
        _(NETWORKS[name]) if name in NETWORKS else name,
        format_html('<ul class="plain-list">{}</ul>', lines) if found else _("no addresses"),
        format_html('<small class="soft mono mac">{}</small>', mac) if mac else "",
    )


def _reverse(name: Value) -> SafeString:
    return format_html(' <span class="soft">{}</span>', name) if name else SafeString("")
