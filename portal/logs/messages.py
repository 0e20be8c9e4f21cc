"""Work that is handed on by a message keeps the id of what asked for it; what goes on by itself has one of its own."""

from contextlib import AbstractContextManager
from typing import Any

from celery import signals

from portal.logs import request_id

_under_way: dict[str, AbstractContextManager[None]] = {}  # by the message's id


@signals.before_task_publish.connect
def _mark(headers: dict[str, Any], **_kwargs: Any) -> None:
    if own := request_id.current():
        headers[request_id.HEADER] = own


@signals.task_prerun.connect
def _begin(task_id: str, task: Any, **_kwargs: Any) -> None:
    own = getattr(task.request, request_id.HEADER, None) or request_id.new()
    _under_way[task_id] = request_id.using(str(own))
    _under_way[task_id].__enter__()


@signals.task_postrun.connect
def _end(task_id: str, **_kwargs: Any) -> None:
    if (using := _under_way.pop(task_id, None)) is not None:
        using.__exit__(None, None, None)
