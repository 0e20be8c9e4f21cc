"""How gunicorn serves the portal, in the demo as in production; it finds this file by itself."""

from pathlib import Path
from typing import Any

from portal.environment.reading import Environment
from portal.logs import lines

worker_class = "gthread"
preload_app = True  # each worker starts in no time, and they share what never changes
_given = Environment()  # what is wrong with settings, portal.settings says
workers = _given.WEB_PROCESSES
logconfig_dict = {
    "version": 1,
    "disable_existing_loggers": False,
    **lines.handler(_given.LOG_FORMAT),
    "root": {"handlers": ["console"], "level": _given.LOG_LEVEL},
    "loggers": {"gunicorn.error": {"handlers": [], "propagate": True}},
}
threads = 8
timeout = 60
keepalive = 15  # seconds; an open page asks every one or two, and a connection for each costs as much as the answer
control_socket_disable = True
if Path("/dev/shm").is_dir():  # noqa: S108 - a heartbeat file on a slow disk would look like a stuck worker
    worker_tmp_dir = "/dev/shm"  # noqa: S108


def post_worker_init(_worker: Any) -> None:
    """In each web process, when the application is there."""
    from portal.inventory import ahead, presence  # not before its settings are
    from portal.observability import processes

    processes.begin("web")
    ahead.start()
    presence.keep_noting(presence.WEB)


def worker_exit(_server: Any, _worker: Any) -> None:
    """In a web process that ends."""
    from portal.observability import processes

    processes.end()
