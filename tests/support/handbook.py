"""What docs/operations.md tells people to type.

That is each line of a fenced block that is in no other language, and each piece of code within a sentence that begins
with a program or has options. `docker compose run … web python manage.py X` comes to `manage.py X`, without a command
to that of the service, and `docker compose exec postgres X` to `X`; `portal X`, a server's own, to `manage.py X` too.
"""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from scripts.handbook import FENCED, blocks
from tests.support.composed import command_of

PROGRAMS = re.compile(
    r"(?:sudo |\S*/)?(?:manage\.py|portal|docker|python3?|celery|gunicorn|make|git|openssl|curl|createdb|dropdb|psql|"
    r"pg_\w+|redis-cli|redis-server|systemctl|systemd-\w+|journalctl|nginx|crontab|scripts/setup) "
)
HAS_OPTIONS = re.compile(r"\S+ (?:.* )?--?[a-z]")
SHELL = ("", "sh", "bash", "console")
INLINE = re.compile(r"(?<!`)`([^`]+)`(?!`)")
STANDS_FOR_OTHERS = "…"  # at the end: no command but a way to write some
# Options of `docker compose` that the handbook may use, and whether something follows them (Docker's reference).
OF_COMPOSE = {
    "up": {"--detach": False, "--no-deps": False},
    "run": {"--rm": False, "--no-deps": False, "--volume": True},
    "exec": {},
    "stop": {},
    "build": {},
}


@dataclass(frozen=True)
class Compose:
    """`docker compose VERB [options] [service] [command]`; `up`, `stop` and `build` take any number of services."""

    verb: str
    options: tuple[str, ...]
    services: tuple[str, ...]
    command: tuple[str, ...]


def commands(text: str) -> list[str]:
    """Each once, on one line, in the order of the text."""
    return list(dict.fromkeys(_commands(text)))


def _commands(text: str) -> Iterator[str]:
    for language, block in blocks(text):
        if language in SHELL:
            for line in block.replace("\\\n", " ").splitlines():
                yield from filter(None, [_on_one_line(line.removeprefix("$ "))])
    yield from (code for code in inline(text) if _is_command(code))


def inline(text: str) -> list[str]:
    """All pieces of code within sentences."""
    return [_on_one_line(code) for code in INLINE.findall(FENCED.sub("", text))]


def _on_one_line(code: str) -> str:
    return " ".join(code.split())


def _is_command(code: str) -> bool:
    if code.endswith(f" {STANDS_FOR_OTHERS}"):
        return False
    return bool(PROGRAMS.match(code) or HAS_OPTIONS.match(code))


def compose(command: str) -> Compose | None:
    """None where it is another program's."""
    docker, name, *words = shlex.split(command) if command.startswith("docker ") else ("", "")
    if (docker, name) != ("docker", "compose"):
        return None
    verb, options = words.pop(0), []
    while words and words[0].startswith("-"):
        options.append(words.pop(0))
        if OF_COMPOSE[verb][options[-1]]:
            words.pop(0)
    if verb in ("run", "exec"):
        return Compose(verb, tuple(options), tuple(words[:1]), tuple(words[1:]))
    return Compose(verb, tuple(options), tuple(words), ())


def inner(command: str) -> str:
    """What is run in the container, where it is a command for that."""
    if command.startswith("portal "):
        return command.replace("portal", "manage.py", 1)
    found = compose(command)
    if found is None or found.verb not in ("run", "exec"):
        return command
    words = list(found.command) or command_of(found.services[0])
    return " ".join(map(_quoted, words[1:] if words[:2] == ["python", "manage.py"] else words))


def _quoted(word: str) -> str:
    return shlex.quote(word) if re.search(r"[\s'\"$();]", word) else word
