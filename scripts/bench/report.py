"""What came out, as a table for the terminal and as docs/performance.md. Pure: figures go in, text comes out."""

from collections.abc import Mapping, Sequence

from scripts.bench.figures import Figures
from scripts.bench.targets import BIG, MS, PAGES, RATIOS, SECONDS, SMALL, TARGETS, TIMES, Target

WIDTH = 40  # of a bar
BEGIN, END = "<!-- written by `make bench KEEP=1` from here -->", "<!-- to here -->"
MISSING = "–"
WORLDS = (SMALL, "1000", BIG)


def number(value: float | None, unit: str = "") -> str:
    """As many digits as count, with the unit."""
    if value is None:
        return MISSING
    digits = 0 if abs(value) >= 100 or value == int(value) else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f}{f' {unit}' if unit else ''}"


def verdict(target: Target, figures: Figures) -> str:
    if target.limit is None:
        return ""
    return {None: "not measured", True: "met", False: "MISSED"}[target.is_met(figures)]


def compared(target: Target, figures: Figures, before: Figures) -> float | None:
    """How many times the figure of before; times in terms of each run's own bare view, since machines differ."""
    now, then = figures.value(target.figure), before.value(target.figure)
    if now is None or not then:
        return None
    if target.unit not in (MS, SECONDS) or target.figure == "bare/p50":
        return now / then
    bare, bare_then = figures.value("bare/p50"), before.value("bare/p50")
    return (now / bare) / (then / bare_then) if bare and bare_then else None


def rows(figures: Figures, before: Figures) -> list[tuple[str, ...]]:
    """What, target, figure, spread, verdict, and how it was: of all promises, then of what is told besides."""
    return [
        (
            target.what,
            f"≤ {number(target.limit, target.unit)}" if target.limit is not None else "",
            number(figures.value(target.figure), target.unit),
            _spread(figures, target.figure),
            verdict(target, figures),
            number(compared(target, figures, before), TIMES),
        )
        for target in TARGETS
        if target.limit is not None or target.figure in figures
    ]


def _spread(figures: Figures, name: str) -> str:
    """Between rounds."""
    found = figures.get(name)
    return f"{100 * found.spread:.0f} %" if found and found.spread is not None else ""


HEAD = ("what", "target", "figure", "between rounds", "verdict", "to last time")


def table(figures: Figures, before: Figures) -> str:
    """For a terminal."""
    lines = [HEAD, *rows(figures, before)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def missed(figures: Figures) -> list[Target]:
    return [target for target in TARGETS if target.is_met(figures) is False]


def is_all_met(figures: Figures) -> bool:
    """Nothing missed, and nothing promised left out."""
    return all(target.is_met(figures) for target in TARGETS if target.limit is not None)


def markdown(figures: Figures, before: Figures, about: str, profiles: Mapping[str, str]) -> str:
    """The part of docs/performance.md that is made of figures."""
    parts = [
        about,
        "## Targets",
        _markdown_table(HEAD, rows(figures, before)),
        "## In terms of a bare view of the same bytes, 10,000 machines",
        _chart([(PAGES[name], figures.value(f"{BIG}/{name}/ratio"), RATIOS[name]) for name in PAGES], TIMES),
        "## One at a time, as the customer grows: median in ms",
        _chart(_growth(figures), MS),
        "## Pages",
        *(_pages(figures, world) for world in WORLDS if f"{world}/list/p50" in figures),
        "## Where the time goes of what misses its target" if profiles else "",
        *(f"### {PAGES[name]}\n\n```\n{text}\n```" for name, text in profiles.items()),
    ]
    return "\n\n".join(part for part in parts if part)


def written_into(document: str, part: str) -> str:
    """The document with this in the place that is for it; what people have written stays."""
    before, _, rest = document.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{part}\n\n{END}{after}"


def _pages(figures: Figures, world: str) -> str:
    head = ("page", "kB", "answers a second", "p50, ms", "p95, ms", "bare view: answers a second", "×")
    kinds = ("kB", "rps", "p50", "p95", "bare rps", "ratio")
    lines = [
        (what, *(number(figures.value(f"{world}/{name}/{kind}")) for kind in kinds)) for name, what in PAGES.items()
    ]
    return f"### {int(world):,} machines\n\n{_markdown_table(head, lines)}"


def _growth(figures: Figures) -> list[tuple[str, float | None, float | None]]:
    return [
        (f"{what}, {int(world):,}", figures.value(f"{world}/{name}/p50"), None)
        for name, what in PAGES.items()
        for world in WORLDS
    ]


def _chart(bars: Sequence[tuple[str, float | None, float | None]], unit: str) -> str:
    """A bar for each value, `|` where its limit is."""
    known = [(what, value, limit) for what, value, limit in bars if value is not None]
    if not known:
        return ""
    most = max(max(value, limit or 0) for _what, value, limit in known)
    width = max(len(what) for what, _value, _limit in known)
    lines = [f"{what.ljust(width)}  {_bar(value, limit, most)}  {number(value, unit)}" for what, value, limit in known]
    return "\n".join(["```", *lines, "```"])


def _bar(value: float, limit: float | None, most: float) -> str:
    cells = list(("█" * max(1, round(WIDTH * value / most))).ljust(WIDTH))
    if limit is not None:
        cells[min(WIDTH - 1, round(WIDTH * limit / most))] = "|"
    return "".join(cells)


def _markdown_table(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    ruled = [head, ["---"] + ["---:"] * (len(head) - 1), *lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in ruled)
