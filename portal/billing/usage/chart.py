"""A stacked bar chart as SVG, made on the server: an axis, and what each bar comes to. The table beside it is exact."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import ClassVar

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

SERIES = 7  # colours; what comes after them is one more, "others"
WIDTH, HEIGHT, FOOT, TOP = 760, 220, 24, 22
SIDE = 64  # left of the bars, for the axis
COMPACT = 320  # wide, for few bars
MANY = 6  # bars, of which a narrow screen labels every other one
STEPS = (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(5), Decimal(10))
LINES = 4  # at most, above the base

type Written = Callable[[Decimal], str]


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: what stands below and above it, and (series, value, what it says on hover) from the bottom up."""

    label: str
    parts: Sequence[tuple[int, int | Decimal, str]]
    value: str = ""

    #: Above a place where nothing is known: no bar, which would say that there was nothing.
    UNKNOWN: ClassVar[str] = "?"

    @property
    def height(self) -> Decimal:
        return sum((Decimal(max(value, 0)) for _series, value, _text in self.parts), Decimal())


def stacked(title: str, bars: Sequence[Bar], written: Written, width: int = WIDTH) -> SafeString:
    """The picture; '' where there is nothing to draw. Series are numbered, their colours are billing.css's.

    `written` puts the numbers of the axis into words.
    """
    highest = max((bar.height for bar in bars), default=Decimal())
    if not highest and all(bar.value != Bar.UNKNOWN for bar in bars):
        return SafeString("")
    marks = list(_marks(highest))
    scale = (HEIGHT - FOOT - TOP) / float(marks[-1] if marks else 1)
    step = (width - SIDE) / len(bars)
    return format_html(
        '<svg class="chart{}" viewBox="0 0 {} {}" role="img" aria-label="{}">{}{}</svg>',
        f"{' chart-wide' if width == WIDTH else ''}{' chart-many' if len(bars) > MANY else ''}",
        *(width, HEIGHT, title),
        format_html_join("", "{}", ((_line(mark, scale, width, written),) for mark in (Decimal(), *marks))),
        format_html_join("", "{}", ((_bar(bar, SIDE + at * step, step, scale),) for at, bar in enumerate(bars))),
    )


def _marks(highest: Decimal) -> Iterator[Decimal]:
    """Round numbers in even steps, up to the first that is not below the highest."""
    if not highest:
        return
    least = highest / LINES
    unit = Decimal(1).scaleb(least.adjusted())
    step = next(unit * one for one in STEPS if unit * one >= least)
    count = int((highest / step).to_integral_value(ROUND_CEILING))
    yield from (step * number for number in range(1, count + 1))


def _line(value: Decimal, scale: float, width: int, written: Written) -> SafeString:
    y = HEIGHT - FOOT - float(value) * scale
    kind, height = "chart-line" if value else "chart-base", f"{y:.1f}"
    return format_html(
        '<line class="{}" x1="{}" y1="{}" x2="{}" y2="{}"/><text class="chart-axis" x="{}" y="{}">{}</text>',
        *(kind, SIDE, height, width, height, SIDE - 6, f"{y + 4:.1f}", written(value)),
    )


def _bar(bar: Bar, left: float, step: float, scale: float) -> SafeString:
    width = min(step * 0.64, 72)
    x, y = left + (step - width) / 2, float(HEIGHT - FOOT)
    pieces = []
    for series, value, text in bar.parts:
        height = float(max(value, 0)) * scale
        y -= height
        shape = (f"{x:.1f}", f"{y:.1f}", f"{width:.1f}", f"{height:.1f}")
        pieces.append((min(series, SERIES), *shape, text))
    rects = format_html_join(
        "", '<rect class="series-{}" x="{}" y="{}" width="{}" height="{}"><title>{}</title></rect>', pieces
    )
    middle = f"{left + step / 2:.1f}"
    return format_html(
        '<g class="chart-bar">{}<text class="chart-value" x="{}" y="{}">{}</text>'
        '<text class="chart-label" x="{}" y="{}">{}</text></g>',
        *(rects, middle, f"{y - 5:.1f}", bar.value, middle, HEIGHT - 6, bar.label),
    )
