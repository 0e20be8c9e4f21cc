"""The sandbox's command line.

    python -m portal.sandbox seed                # the demo world: replaces what there is
    python -m portal.sandbox serve --port 8001   # the API at http://127.0.0.1:8001/v1

`seed` takes --machines (in all, spread evenly), --customers, --seed and --at (the ISO time that it then is on the
platform, default now); the same arguments make the same world. With neither --machines nor --customers it is the demo
world: 40 machines of customer 10001, in all states, and 10 of 10002.
Keys are `<group>` with password `<group>-demo-key`, for example `services` and `services-demo-key`.
The database is `var/sandbox.sqlite3`, or what SANDBOX_DATABASE_URL says; it is made and migrated when needed.
"""

import argparse
import logging
import os
import signal
import sys
import time
from datetime import UTC, datetime

import django
from django.core.management import call_command
from django.db import DatabaseError


def main(arguments: list[str] | None = None) -> int:
    """Run one command; answers the exit status."""
    options = _parser().parse_args(arguments)
    os.environ["DJANGO_SETTINGS_MODULE"] = "portal.sandbox.settings"
    logging.basicConfig(level=logging.WARNING, format="sandbox: %(levelname)s %(message)s")
    django.setup()
    try:
        _prepare_database()
        status: int = options.run(options)
    except DatabaseError as error:
        return _complain(f"the sandbox's database cannot be used: {error}")
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m portal.sandbox", description="The platform, to try things on.")
    commands = parser.add_subparsers(required=True)
    serve = commands.add_parser("serve", help="answer API calls")
    serve.add_argument("--port", type=int, default=8001)
    serve.add_argument("--host", default="127.0.0.1")
    serve.set_defaults(run=_serve)
    seed = commands.add_parser("seed", help="replace the world by a new one")
    seed.add_argument("--machines", type=int, help="in all, spread evenly (default: 40 and 10)")
    seed.add_argument("--customers", type=int, help="default 2")
    seed.add_argument("--seed", type=int, default=1, help="another number, another world")
    seed.add_argument("--at", type=_moment, default=None, help="what time it is on the platform (ISO 8601)")
    seed.set_defaults(run=_seed)
    return parser


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _prepare_database() -> None:
    from django.conf import settings

    settings.VAR.mkdir(exist_ok=True)
    call_command("migrate", verbosity=0, interactive=False)


def _serve(options: argparse.Namespace) -> int:
    from portal.sandbox.models import World
    from portal.sandbox.server import Server

    World.objects.get_or_create(pk=1)
    try:
        server = Server((options.host, options.port))
    except OSError as error:
        return _complain(f"cannot listen on port {options.port}: {error.strerror}. Choose another with --port.")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    _say(f"sandbox API at http://{options.host}:{server.server_address[1]}/v1")
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()
    return 0


def _seed(options: argparse.Namespace) -> int:
    from portal.sandbox.seed import DEMO_SPLIT, evenly, seed

    split = DEMO_SPLIT
    if options.machines is not None or options.customers is not None:
        machines = sum(DEMO_SPLIT) if options.machines is None else options.machines
        customers = len(DEMO_SPLIT) if options.customers is None else options.customers
        if not 1 <= customers <= 10_000 or not 0 <= machines <= 1_000_000:
            return _complain("--customers must be 1 to 10,000, --machines 0 to 1,000,000")
        split = evenly(machines, customers)
    began = time.monotonic()
    seed(split, options.seed, options.at or datetime.now(UTC))
    _say(f"{sum(split)} machines of {len(split)} customers in {time.monotonic() - began:.1f} s")
    return 0


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201


def _complain(text: str) -> int:
    print(f"sandbox: {text}", file=sys.stderr)  # noqa: T201
    return 1


if __name__ == "__main__":
    sys.exit(main())
