"""Something that goes on while a task does, as `with` has it: Celery has no such place, only two signals."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from celery import signals


def around_tasks(make: Callable[[Any], AbstractContextManager[object]]) -> None:
    """Enter what `make` makes of each task, and leave it with what the task has raised."""
    under_way: dict[str, AbstractContextManager[object]] = {}  # by the message's id

    @signals.task_prerun.connect(weak=False)
    def begin(task_id: str, task: Any, **_kwargs: Any) -> None:
        using = make(task)
        using.__enter__()
        under_way[task_id] = using

    @signals.task_postrun.connect(weak=False)
    def end(task_id: str, retval: Any = None, **_kwargs: Any) -> None:
        if (using := under_way.pop(task_id, None)) is None:
            return
        if isinstance(retval, BaseException):
            using.__exit__(type(retval), retval, retval.__traceback__)
        else:
            using.__exit__(None, None, None)
