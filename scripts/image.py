"""The image that the Dockerfile makes, built and run once on a machine without a container engine: `make image`.

Its base is a root of Debian 13 by debootstrap, as no registry is asked; all else is the Dockerfile as it stands,
carried out by buildah. Then what runs of the portal runs from it as its own user, on a file system that cannot be
written to, each process with a /tmp of its own, as compose.yaml has it. As root, on Debian, with debootstrap, buildah,
redis-server and PostgreSQL.
"""

import json
import os
import re
import shlex
import tempfile
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import yaml

from scripts import postgres
from scripts.debian import OF_THE_NETWORK, SUITE, make_root, network_settings
from scripts.environment import ROOT, free_port, production_like
from scripts.processes import Process, accepts_connections, answers, run, wait_until
from scripts.stack import redis_command

PLACE = ROOT / "var" / "image"
STORE = ["buildah", "--root", str(PLACE / "store"), "--runroot", str(PLACE / "run"), "--storage-driver", "vfs"]
IN_BASE = ("python3", "python3-venv", "ca-certificates")
BASE, IMAGE = "localhost/portal-base", "localhost/portal"
NOT_IN_IT = ("pip", "uv", "npm", "node", "gcc", "cc", "make", "git", "curl", "cyclonedx-py")
SERVICES = ("web", "changes", "beat")
CHECKS = ("settings", "database", "migrations", "cache", "broker", "papers")  # of the doctor, here where nobody mails
# Arguments: root, a directory of the machine that is there too, then as env takes them.
ENTER = """set -e; root=$1; shared=$2; shift 2
mount --bind "$root" "$root"; mount --options remount,bind,ro "$root"
mount --types tmpfs tmpfs "$root/tmp"; mkdir --parents "$root$shared"; mount --bind "$shared" "$root$shared"
mount --rbind /dev "$root/dev"; mount --types proc proc "$root/proc"
exec chroot --userspec="$PORTAL_USER" "$root" env --ignore-environment --chdir=/app "$@" """


def main() -> None:
    """Build it, and see what it is and that it works."""
    os.environ["BUILDAH_ISOLATION"] = "chroot"
    PLACE.mkdir(parents=True, exist_ok=True)
    make_base()
    say("building the image")
    buildah("build", "--pull-never", "--build-arg", f"BASE={BASE}", "--tag", IMAGE, str(ROOT))
    with mounted(IMAGE) as image:
        look_into(image)
        try_out(image)
    say("the image is built, and works")


@dataclass(frozen=True)
class Image:
    """A root, and what the Dockerfile says of what runs in it."""

    root: Path
    environment: dict[str, str]
    user: str
    command: list[str]


def make_base() -> None:
    """Debian with its Python, and with what this machine needs to reach packages."""
    root = PLACE / "base"
    say(f"Debian {SUITE}")
    make_root(root, "--variant=minbase", packages=IN_BASE)
    container = buildah("from", "scratch").strip()
    buildah("add", "--quiet", container, str(root), "/")
    buildah("config", *(f"--env={name}={value}" for name, value in network_settings().items()), container)
    buildah("commit", "--quiet", "--rm", container, BASE)


def buildah(*arguments: str) -> str:
    return run([*STORE, *arguments], env={})


@contextmanager
def mounted(name: str) -> Iterator[Image]:
    """A container of it, where its files can be reached."""
    container = buildah("from", "--pull-never", name).strip()
    try:
        config: dict[str, Any] = json.loads(buildah("inspect", container))["OCIv1"]["config"]
        environment = dict(
            one.split("=", 1) for one in config["Env"] if not OF_THE_NETWORK.fullmatch(one.split("=")[0])
        )
        yield Image(Path(buildah("mount", container).strip()), environment, config["User"], config["Cmd"])
    finally:
        buildah("rm", container)


def look_into(image: Image) -> None:
    """Nothing is in it that only builds, and it says what is."""
    places = [image.root / place for place in ("usr/bin", "usr/local/bin", "app/.venv/bin")]
    there = [str(place / name) for place in places for name in NOT_IN_IT if (place / name).exists()]
    require(not there, f"{', '.join(there)}: not to be in the image")
    bill = (image.root / "app/sbom/licences.txt").read_text().lower()
    locked = re.findall(r"^([\w.-]+)==\S+ \\$", (ROOT / "requirements/base.txt").read_text(), re.MULTILINE)
    missing = [name for name in locked if not re.search(rf"^{re.sub('[-_.]', '[-_.]', name)} ", bill, re.MULTILINE)]
    require(not missing, f"the bill of materials lacks {', '.join(missing)}")
    size = sum(path.lstat().st_size for path in image.root.rglob("*") if not path.is_dir()) / 1e6
    say(f"{size:.0f} MB, {len(bill.splitlines())} packages of Python and npm in its bill of materials")


def try_out(image: Image) -> None:
    """Migrated, served, worked: with a PostgreSQL and a Redis of this machine."""
    bin_directory = postgres.binaries()
    if bin_directory is None:
        raise SystemExit("image: no PostgreSQL found")
    with postgres.running(bin_directory) as url, tempfile.TemporaryDirectory() as logs:
        shared = Path(unquote(urlsplit(url).netloc.rpartition("@")[2]))
        shared.chmod(0o711)
        port, redis_port = free_port(), free_port()
        redis = Process("redis", redis_command(redis_port), env={}, log=Path(logs) / "redis.log")
        redis.start()
        wait_until(lambda: accepts_connections(redis_port), redis)
        env = image.environment | production_like() | {"DATABASE_URL": url, "HOSTNAME": "portal"}
        env |= {"BROKER_URL": f"redis://127.0.0.1:{redis_port}/0", "CACHE_URL": f"redis://127.0.0.1:{redis_port}/1"}
        inside = Inside(image, env, shared, port)
        say("migrating")
        inside.run("python", "manage.py", "migrate", "--verbosity", "0")
        processes = [inside.process(name, Path(logs)) for name in SERVICES]
        try:
            for process in processes:
                process.start()
            wait_until(lambda: answers(f"http://127.0.0.1:{port}/healthz"), *processes, seconds=60)
            see(inside, port)
        finally:
            for process in (*processes, redis):
                process.stop()


@dataclass(frozen=True)
class Inside:
    """What runs in the image."""

    image: Image
    env: Mapping[str, str]
    shared: Path
    port: int

    def command(self, *words: str) -> list[str]:
        settings = [f"{name}={value}" for name, value in self.env.items() if value]
        enter = ["unshare", "--mount", "sh", "-c", ENTER, "sh", str(self.image.root), str(self.shared)]
        return [*enter, *settings, *(word.replace("0.0.0.0:8000", f"127.0.0.1:{self.port}") for word in words)]

    def run(self, *words: str) -> str:
        return run(self.command(*words), env={"PORTAL_USER": self.image.user})

    def process(self, name: str, logs: Path) -> Process:
        """A service as compose.yaml has it."""
        service = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"][name]
        words = shlex.split(service["command"]) if "command" in service else self.image.command
        user = {"PORTAL_USER": self.image.user}
        return Process(name, self.command(*words), env=user, log=logs / f"{name}.log")


def see(inside: Inside, port: int) -> None:
    """Whoever comes is asked to sign in; nothing can be written; a worker answers; the doctor finds nothing."""
    headers = {"Host": "portal.example.com", "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.1"}
    request = urllib.request.Request(f"http://127.0.0.1:{port}/accounts/login/", headers=headers)
    with urllib.request.urlopen(request) as answer:
        require(answer.status == 200 and b"<form" in answer.read(), "the page for signing in")
    who = inside.run("sh", "-c", "id -u; touch /app/portal/x 2>&1 || true; touch /tmp/x")
    require(who.startswith("10001\n") and "Read-only file system" in who, f"neither root nor writable: {who}")
    pong = inside.run("celery", "-A", "portal.celery", "inspect", "ping", "--timeout", "10")
    require("pong" in pong, f"a worker that answers: {pong}")
    print(inside.run("python", "manage.py", "doctor", "--only", *CHECKS))


def require(holds: object, what: str) -> None:
    if not holds:
        raise SystemExit(f"image: {what}")


def say(text: str) -> None:
    print(f"image: {text}", flush=True)


if __name__ == "__main__":
    main()
