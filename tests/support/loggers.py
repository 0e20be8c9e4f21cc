"""pytest walks through all loggers before each test. A thread that an earlier test began (a message on its way to a
broker, say) may import a library meanwhile, and so make a logger: the walk goes through those there are."""

import logging
from collections.abc import Iterable
from typing import Any


class _Loggers(dict[str, Any]):
    def values(self) -> Iterable[Any]:  # type: ignore[override]  # a copy is no view
        return list(super().values())


def walk_through_copies() -> None:
    manager = logging.root.manager
    manager.loggerDict = _Loggers(manager.loggerDict)
