"""A portal as a server runs it without containers: by the files of docs/server, which are read here as systemd,
nginx and Redis would, with paths and ports of this run in place of the server's.

What systemd itself would do (its privileges and restrictions, starting at boot) is not there.
"""

import configparser
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from portal.environment.rules import NOT_IN_PRODUCTION
from scripts.environment import ROOT, free_port
from scripts.processes import Process, accepts_connections
from scripts.stack import REDIS, Stack

FILES = ROOT / "docs" / "server"
SHARED = FILES / "portal-.service.d" / "shared.conf"
WORKERS = ("changes", "refresh", "papers", "post")
NGINX = "nginx"
PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin"])  # where Debian has nginx, and a user's PATH has not
CURRENT = "/srv/portal/current"
SECONDS_TO_END = 30  # of what is asked to; systemd gives it more
AROUND_NGINX = """
{user}
daemon off;
pid {directory}/nginx.pid;
error_log stderr;
events {{}}
http {{
    include /etc/nginx/mime.types;
    log_format tried '$msec $request_time $status $upstream_addr $request_method $request_uri';
    access_log {directory}/log/access.log tried;
    {temporary}
    include {directory}/nginx.site.conf;
}}
"""


def make_certificate(directory: Path, name: str) -> str:
    """For the site of that name; the file, which has to be trusted. The key is beside it."""
    file = directory / "certificate.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"),
            *("-days", "3650", "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}"),
            *("-keyout", str(directory / "key.pem"), "-out", str(file)),
        ],
        check=True,
        capture_output=True,
    )
    return str(file)


def nginx_command(directory: Path, site: Mapping[str, str]) -> list[str]:
    """nginx as docs/server has it, with the certificate and the key in `directory`, and with what else `site` says in
    place of what stands there (regular expressions).
    """
    text = (FILES / "nginx.conf").read_text()
    for there, here in {
        "/etc/ssl/portal/fullchain.pem": str(directory / "certificate.pem"),
        "/etc/ssl/portal/privkey.pem": str(directory / "key.pem"),
        **site,
    }.items():
        text, found = re.subn(there, here, text)
        assert found, f"{there} is not in nginx.conf"
    (directory / "nginx.site.conf").write_text(text)
    file = directory / "nginx.conf"
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    file.write_text(
        AROUND_NGINX.format(
            user="user root;" if os.geteuid() == 0 else "",
            directory=directory,
            temporary=" ".join(f"{kind}_temp_path {directory}/{kind};" for kind in kinds),
        )
    )
    return [shutil.which(NGINX, path=PATH) or NGINX, "-e", "stderr", "-c", str(file)]


class Unit(configparser.RawConfigParser):
    """A unit with what all services have in common, where it is one; specifiers as systemd puts them."""

    def __init__(self, name: str) -> None:
        super().__init__(strict=False, delimiters=("=",), comment_prefixes=("#",))
        self.optionxform = str  # type: ignore[assignment,method-assign]
        path = FILES / name
        self.read([path, *([SHARED] if path.suffix == ".service" else [])], encoding="utf-8")

    def command(self, directory: Path) -> list[str]:
        """ExecStart, of this project and this Python; what it keeps in /tmp is in `directory`."""
        program, *arguments = shlex.split(self["Service"]["ExecStart"].replace("%%", "%"))
        module = program.removeprefix(f"{CURRENT}/.venv/bin/")
        return [sys.executable, "-m", module, *(one.replace("/tmp", str(directory)) for one in arguments)]  # noqa: S108

    def environment(self) -> dict[str, str]:
        return dict(one.split("=", 1) for one in shlex.split(self["Service"].get("Environment", "")))


class Served(Stack):
    """A stack with everything that an installed portal has: HTTPS by nginx, the web server's port held for it, one
    worker for each kind of work, and two Redis. Its platform is the sandbox, which it has to take for a real one.

    `authority`: the file with the certificate that clients have to trust.
    """

    def __init__(self, directory: Path, *, secrets: dict[str, str], extra_env: Mapping[str, str] | None = None) -> None:
        self.http_port, self.https_port = free_port(), free_port()
        super().__init__(directory, secrets=secrets, extra_env=extra_env, mail_port=free_port())
        self.cache_port = free_port()
        self.env |= {
            **dict.fromkeys(NOT_IN_PRODUCTION, ""),
            "HTTPS": "1",
            "TRUSTED_PROXIES": "1",
            "ALLOWED_HOSTS": "localhost",
            "PORTAL_URL": self.url,
            "CACHE_URL": f"redis://127.0.0.1:{self.cache_port}/0",
            "API_URL": f"http://127.1:{self.sandbox_port}/v1",  # in figures that are not refused as this machine
        }
        self.listener = socket.create_server(("127.0.0.1", self.port), backlog=2048)
        self.listener.set_inheritable(True)
        directory.mkdir(parents=True, exist_ok=True)
        self.authority = make_certificate(directory, "localhost")
        self.beside += [self._cache(), self._nginx()]
        self.nginx = self.beside[-1]
        self.web = self._service("web")
        self.web.command = [sys.executable, "-m", "scripts.activated", str(self.listener.fileno()), *self.web.command]
        self._workers = [self._service(name) for name in WORKERS]
        self.beat = self._service("beat")

    @property
    def url(self) -> str:
        return f"https://localhost:{self.https_port}"

    @property
    def workers(self) -> list[Process]:
        return self._workers

    @property
    def restartable(self) -> list[Process]:
        """In the order in which the handbook replaces them."""
        return [self.web, *self.workers, self.beat]

    def restart(self, process: Process) -> None:
        """As `systemctl restart` does, and until it can do its work. Raises StartError."""
        process.stop(SECONDS_TO_END)
        process.start()
        self.wait(process)

    def stop(self) -> None:
        super().stop()
        self.listener.close()

    def is_ready(self, process: Process) -> bool:
        if process is self.nginx:
            return accepts_connections(self.https_port)
        if process.name == "redis-cache":
            return accepts_connections(self.cache_port)
        if process is self.web:  # its port is always open
            return "Booting worker" in process.output()
        return super().is_ready(process)

    def _service(self, name: str) -> Process:
        unit = Unit(f"portal-{name}.service")
        process = self._process(name, unit.command(self.directory))
        process.env = self.env | unit.environment()
        return process

    def _cache(self) -> Process:
        text = (FILES / "redis-cache.conf").read_text().replace("port 6380", f"port {self.cache_port}")
        file = self.directory / "redis-cache.conf"
        file.write_text(text.replace("supervised systemd", f"dir {self.directory}"))
        return self._process("redis-cache", [REDIS, str(file)])

    def _nginx(self) -> Process:
        site = {
            r"listen \[::\]:.+;": "",
            "listen 80;": f"listen 127.0.0.1:{self.http_port};",
            "listen 443 ": f"listen 127.0.0.1:{self.https_port} ",
            "server 127.0.0.1:8000;": f"server 127.0.0.1:{self.port};",
            "portal.example.com": "localhost",
            "/srv/portal/static/": f"{self.env['STATIC_ROOT']}/",
        }
        return self._process(NGINX, nginx_command(self.directory, site))
