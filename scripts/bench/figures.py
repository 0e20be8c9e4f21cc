"""What was measured, by name: each figure, and what it was in each round."""

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Figure:
    """A number, and those of single rounds that it is the middle of."""

    value: float
    rounds: Sequence[float] = ()

    @property
    def spread(self) -> float | None:
        """How far the rounds lie apart, in parts of the figure; None for a single one."""
        if len(self.rounds) < 2 or not self.value:
            return None
        return (max(self.rounds) - min(self.rounds)) / abs(self.value)


class Figures(dict[str, Figure]):
    """By names like "10000/list/p50": the world, what was asked, and what was measured."""

    def note(self, name: str, value: float, *more: float) -> None:
        """One number, or one of each round: the middle counts."""
        rounds = (value, *more) if more else ()
        self[name] = Figure(statistics.median((value, *more)), rounds)

    def value(self, name: str) -> float | None:
        found = self.get(name)
        return found.value if found else None

    def divide(self, name: str, above: str, below: str) -> None:
        """A figure that is one in terms of another, where there are both."""
        over, under = self.value(above), self.value(below)
        if over is not None and under:
            self.note(name, over / under)

    def as_json(self) -> dict[str, Any]:
        return {
            name: {
                "value": _short(figure.value),
                **({"rounds": [*map(_short, figure.rounds)]} if figure.rounds else {}),
            }
            for name, figure in sorted(self.items())
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Figures":
        return cls({name: Figure(one["value"], tuple(one.get("rounds", ()))) for name, one in kept.items()})


def median_ms(seconds: Iterable[float]) -> float:
    return statistics.median(seconds) * 1000


def p95_ms(seconds: Iterable[float]) -> float:
    """Of twenty, nineteen took no longer."""
    ordered = sorted(seconds)
    return ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))] * 1000


def _short(value: float) -> float:
    """Four digits that count: more is noise, and makes each run another file."""
    return float(f"{value:.4g}")
