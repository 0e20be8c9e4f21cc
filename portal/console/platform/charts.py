"""Small charts of a day, as SVG made here: a line with its highest and latest value in words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from portal.console.platform.metric_samples import KEPT, Point

WIDTH, HEIGHT, TOP = 240, 48, 4
GAP = timedelta(minutes=5)  # the line is not drawn across more than that


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart with what it says in words, and where the number comes from."""

    title: str
    svg: SafeString
    latest: str
    highest: str
    address: str


def chart(title: str, points: Sequence[Point], unit: str, address: str) -> Chart:
    """The points of the last day as a line from zero up."""
    known = [point.value for point in points if point.value is not None]
    highest = max(known, default=0.0)
    drawn = " ".join(_path(points, highest or 1.0))
    label = _("%(title)s: at most %(most)s in the last 24 hours") % {"title": title, "most": _text(highest, unit)}
    svg = format_html(
        '<svg class="spark" viewBox="0 0 {} {}" role="img" aria-label="{}" preserveAspectRatio="none">'
        '<line x1="0" x2="{}" y1="{}" y2="{}"/><path d="{}"/></svg>',
        *(WIDTH, HEIGHT, label, WIDTH, HEIGHT - 1, HEIGHT - 1, drawn),
    )
    latest = next((point.value for point in reversed(points) if point.value is not None), None)
    return Chart(title, svg, _text(latest, unit), _text(highest if known else None, unit), address)


def _path(points: Sequence[Point], highest: float) -> Iterator[str]:
    """Move where something is missing, draw a line elsewhere."""
    begin, before = timezone.now() - KEPT, None
    for point in points:
        if point.value is None:
            before = None
            continue
        x = max(0.0, (point.at - begin) / KEPT) * WIDTH
        y = HEIGHT - 1 - (HEIGHT - 1 - TOP) * point.value / highest
        is_joined = before is not None and point.at - before < GAP
        yield f"{'L' if is_joined else 'M'}{x:.1f} {y:.1f}"
        before = point.at


def _text(value: float | None, unit: str) -> str:
    if value is None:
        return "—"
    text = f"{value:.0f}" if value >= 10 or value == int(value) else f"{value:.1f}"
    return f"{text} {unit}".strip()
