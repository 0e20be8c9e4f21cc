"""A stacked bar chart as SVG, made on the server. The table beside it has the same numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

SERIES = 7  # colours; what comes after them is one more, "others"
WIDTH, HEIGHT, FOOT, TOP = 760, 220, 24, 8
COMPACT = 320  # wide, for few bars
MANY = 6  # bars, of which a narrow screen labels every other one


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: what stands below it, and (series, value, what it says on hover) from the bottom up."""

    label: str
    parts: Sequence[tuple[int, int | Decimal, str]]


def stacked(title: str, bars: Sequence[Bar], width: int = WIDTH) -> SafeString:
    """The picture; '' where there is nothing to draw. Series are numbered, their colours are billing.css's."""
    highest = max((sum(max(value, 0) for _series, value, _text in bar.parts) for bar in bars), default=0)
    if not highest:
        return SafeString("")
    step = width / len(bars)
    drawn = format_html_join(
        "", "{}", ((_bar(bar, position * step, step, highest),) for position, bar in enumerate(bars))
    )
    base = HEIGHT - FOOT
    return format_html(
        '<svg class="chart{}" viewBox="0 0 {} {}" role="img" aria-label="{}"><line class="chart-base" x1="0" y1="{}" '
        'x2="{}" y2="{}"/>{}</svg>',
        f"{' chart-wide' if width == WIDTH else ''}{' chart-many' if len(bars) > MANY else ''}",
        *(width, HEIGHT, title, base, width, base, drawn),
    )


def _bar(bar: Bar, left: float, step: float, highest: int | Decimal) -> SafeString:
    width = min(step * 0.64, 72)
    x, y = left + (step - width) / 2, float(HEIGHT - FOOT)
    pieces = []
    for series, value, text in bar.parts:
        height = float(max(value, 0) / highest) * (HEIGHT - FOOT - TOP)
        y -= height
        shape = (f"{x:.1f}", f"{y:.1f}", f"{width:.1f}", f"{height:.1f}")
        pieces.append((min(series, SERIES), *shape, text))
    rects = format_html_join(
        "", '<rect class="series-{}" x="{}" y="{}" width="{}" height="{}"><title>{}</title></rect>', pieces
    )
    middle = f"{left + step / 2:.1f}"
    return format_html('{}<text class="chart-label" x="{}" y="{}">{}</text>', rects, middle, HEIGHT - 6, bar.label)
