"""The handbook, followed on a Debian that has nothing yet: `make bare`.

A root by debootstrap with its own systemd, in a network of its own (`scripts.network`); all that "Install without
containers" of docs/operations.md says is typed there as it stands, by its order, and so is the way to upgrade. Then
somebody signs in over HTTPS, the doctor is asked, services are killed, and the host is switched off and on. Around it
are the platform (the sandbox), a mail server, and a certificate. As root, on Debian, with debootstrap.
"""

import hashlib
import hmac
import re
import shutil
import signal
import struct
import subprocess
import tempfile
import threading
import time
from base64 import b32decode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from scripts import handbook
from scripts.debian import SUITE, make_root, network_settings
from scripts.environment import ROOT, stack_environment
from scripts.mail_catcher import Box
from scripts.network import Network
from scripts.processes import Process, run
from scripts.served import make_certificate
from scripts.stack import SANDBOX_ENV, mail_command, sandbox_command
from scripts.terminal import at_a_terminal
from scripts.visitor import Visitor

PLACE = ROOT / "var" / "bare"
NAME, PLATFORM, MAIL = "portal.example.com", "api.example.com", "mail.example.com"
FIRST, NEXT = "0.1.0", "0.1.1"
ADMIN, MANAGER, PASSWORD = "ops@example.com", "ada@example.com", "correct-horse-battery"
SERVICES = [f"portal-{name}" for name in ("web", "changes", "refresh", "papers", "post", "beat")]
PATIENCE = 120  # seconds
CGROUPS = Path("/sys/fs/cgroup")
# Argument: the root. /proc/sys and /sys are the machine's, and stay as they are.
BOOT = """set -e; root=$1
group=/sys/fs/cgroup; [ -d $group/unified ] && group=$group/unified
[ -e $group/cgroup.procs ] || { group=/sys/fs/cgroup; mount --types cgroup2 cgroup2 $group; }
mkdir --parents $group/portal-bare; echo $$ > $group/portal-bare/cgroup.procs
exec unshare --pid --fork --kill-child --mount --ipc --cgroup sh -c '
set -e; root=$1; cd "$root"
mount --bind . .; cd "$root"
mount --types proc proc proc; mount --bind proc/sys proc/sys; mount --options remount,bind,ro proc/sys
mount --types sysfs --options ro sysfs sys; mount --types cgroup2 cgroup2 sys/fs/cgroup
mount --types tmpfs --options mode=755 tmpfs run; mount --types tmpfs --options mode=755 tmpfs dev
for device in null zero full random urandom tty; do touch dev/$device; mount --bind /dev/$device dev/$device; done
mkdir dev/pts dev/shm; mount --types devpts --options newinstance,ptmxmode=666,mode=620,gid=5 devpts dev/pts
ln -s pts/ptmx dev/ptmx; mount --types tmpfs tmpfs dev/shm
ln -s /proc/self/fd dev/fd; ln -s fd/0 dev/stdin; ln -s fd/1 dev/stdout; ln -s fd/2 dev/stderr
mkdir --parents before; pivot_root . before; cd /; umount --lazy before; rmdir before
exec env --ignore-environment container=portal PATH=/usr/sbin:/usr/bin:/sbin:/bin \
    setpriv --bounding-set=-sys_module,-sys_time,-sys_boot,-sys_rawio /lib/systemd/systemd --log-target=journal
' sh "$root" """


class Debian:
    """One that has been switched on; `root` is its disk."""

    def __init__(self, root: Path, network: Network) -> None:
        self.root = root
        self.network = network
        self.host = network.add("debian")
        command = self.host.command("sh", "-c", BOOT, "sh", str(root))
        self._machine = Process("debian", command, env={}, log=PLACE / "debian.log")

    def switch_on(self) -> None:
        """Until everything that begins with it has begun."""
        self._machine.start()
        until(lambda: self.does("test", "-e", "/run/systemd/private"), "systemd")
        self.run("systemctl is-system-running --wait || systemctl --failed --no-legend --plain | sed 's/^/failed: /'")

    def switch_off(self) -> None:
        """Its power goes."""
        self._machine.kill()

    def tidy(self) -> None:
        """Nothing of it is left in the machine's control groups."""
        for group in (*CGROUPS.glob("portal-bare"), *CGROUPS.glob("unified/portal-bare")):
            remove = ["find", str(group), "-depth", "-type", "d", "-exec", "rmdir", "{}", ";"]
            until(lambda: not subprocess.run(remove, capture_output=True, check=False).stderr, str(group))  # noqa: B023

    def run(self, command: str, *typed: str, folder: str = "/root", is_online: bool = False) -> str:
        """What a line of the handbook says, which has to end well. `is_online`: where packages can be reached."""
        done = at_a_terminal(self.enter(command, folder, is_online=is_online), *typed, env={}, folder=ROOT)
        if done.status:
            raise SystemExit(f"bare: {command} ended with {done.status}:\n{done.said}")
        return done.said

    def does(self, *words: str) -> bool:
        """Whether this ends well."""
        try:
            enter = self.enter(" ".join(words))
        except LookupError:
            return False
        return subprocess.run(enter, capture_output=True, check=False).returncode == 0

    def enter(self, command: str, folder: str = "/", *, is_online: bool = False) -> list[str]:
        """Runs this in its shell. Raises LookupError while it does not run."""
        net = [f"--net={self.network.outside}"] if is_online else ["--net"]
        into = ["--target", str(self._init()), "--mount", "--uts", "--ipc", "--pid", "--cgroup"]
        settings = network_settings() if is_online else {}
        env = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "TERM": "dumb"}
        variables = [f"{name}={value}" for name, value in (env | settings).items()]
        shell = ["bash", "-ec", f"cd {folder}; {command}"]
        return ["/usr/bin/nsenter", *into, *net, "--", "/usr/bin/env", "--ignore-environment", *variables, *shell]

    def _init(self) -> int:
        """The number that its first process has here."""
        for status in Path("/proc").glob("[0-9]*/status"):
            try:
                fields = dict(line.split(":\t", 1) for line in status.read_text().splitlines() if ":\t" in line)
            except OSError:
                continue
            is_first = fields["NSpid"].split()[1:] == ["1"]
            if is_first and fields["Name"] == "systemd" and int(fields["PPid"]) == self._machine.pid:
                return int(fields["Pid"])
        raise LookupError("systemd does not run yet")


def main() -> None:
    PLACE.mkdir(parents=True, exist_ok=True)
    say(f"Debian {SUITE}")
    make_root(PLACE / "base", packages=("ca-certificates",))
    root = PLACE / "root"
    shutil.rmtree(root, ignore_errors=True)
    run(["cp", "--archive", "--reflink=auto", str(PLACE / "base"), str(root)], env={})
    shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
    network = Network()
    debian = Debian(root, network)
    with tempfile.TemporaryDirectory(prefix="portal-bare-") as name, surroundings(Path(name), debian) as mails:
        authority = make_certificate(Path(name), NAME)
        debian.switch_on()
        try:
            install(debian, Path(name))
            with network.named(NAME, debian.host.address):
                try_out(debian, authority, Box(mails))
        finally:
            debian.switch_off()
            debian.tidy()
    say("installed by the handbook, and works")


@contextmanager
def surroundings(directory: Path, debian: Debian) -> Iterator[Path]:
    """The platform and a mail server, by the names that the handbook has; the directory of the mails."""
    platform, post = debian.network.add("platform"), debian.network.add("post")
    env = stack_environment(directory, sandbox_port=80, redis_port=0, secrets={}) | SANDBOX_ENV
    run(sandbox_command("seed"), env=env)
    serve = platform.command(*sandbox_command("serve", "--host", platform.address, "--port", "80"))
    catch = post.command(*mail_command(25, 80, directory / "mail"), post.address)
    processes = [
        Process("platform", serve, env=env, log=PLACE / "platform.log"),
        Process("post", catch, env=env, log=PLACE / "post.log"),
    ]
    lines = ["127.0.0.1 localhost debian", f"{platform.address} {PLATFORM}", f"{post.address} {MAIL}"]
    (debian.root / "etc/hosts").write_text("\n".join(lines) + "\n")
    for process in processes:
        process.start()
    try:
        yield directory / "mail"
    finally:
        for process in processes:
            process.stop()


def install(debian: Debian, directory: Path) -> None:
    """As the handbook has it."""
    packages, redis, settings, release, nginx, _upgrade = typed("Install without containers")
    say("packages")
    debian.run("apt-get update", is_online=True)
    follow(debian, packages, folder="/root")
    unpack(debian, FIRST)
    follow(debian, redis)
    write_settings(debian, settings)
    say("the release")
    follow(debian, release)
    certificates = debian.root / "etc/ssl/portal"
    certificates.mkdir()
    shutil.copy(directory / "certificate.pem", certificates / "fullchain.pem")
    shutil.copy(directory / "key.pem", certificates / "privkey.pem")
    follow(debian, nginx)
    say("the first admin")
    debian.run("portal createsuperuser", ADMIN, PASSWORD, PASSWORD)
    debian.run("systemctl start backup-portal")


def typed(heading: str) -> list[str]:
    """The blocks below this heading."""
    return [block for _language, block in handbook.blocks(handbook.section(heading))]


def follow(debian: Debian, block: str, *, folder: str = f"/srv/portal/releases/{FIRST}", release: str = FIRST) -> None:
    """Types line by line; what asks for packages gets them, and a yes."""
    for line in block.replace(FIRST, release).splitlines():
        is_online = line.startswith(("apt ", "scripts/setup"))
        debian.run(line.replace("apt install", "apt install --yes"), folder=folder, is_online=is_online)


def unpack(debian: Debian, release: str) -> None:
    """What is committed, as a release would have it."""
    folder = debian.root / f"srv/portal/releases/{release}"
    folder.mkdir()
    archive = subprocess.run(["git", "archive", "HEAD"], cwd=ROOT, capture_output=True, check=True).stdout
    subprocess.run(["tar", "--extract", "--directory", str(folder)], input=archive, check=True)


def write_settings(debian: Debian, block: str) -> None:
    """The handbook's, with secrets made as it says, and where the platform is."""
    commands = (line for part in typed("Install") for line in part.splitlines())
    made = dict(debian.run(line).strip().split("=", 1) for line in commands)
    for name, value in made.items():
        block = block.replace(f"{name}='…'", f"{name}='{value}'")
    block = block.replace("https://…", f"http://{PLATFORM}/v1")
    if "…" in block:
        raise SystemExit(f"bare: the handbook does not say what to put here:\n{block}")
    file = debian.root / "etc/portal/env"
    file.write_text(block)
    debian.run("chmod 600 /etc/portal/env")


def try_out(debian: Debian, authority: str, mails: Box) -> None:
    """Everything that the handbook promises of it."""
    say("signing in over HTTPS")
    visitor = bring_a_customer(authority, mails)
    debian.run("portal try_restore /srv/portal/backups/portal-*.dump")
    wait_for_the_doctor(debian)
    upgrade(debian, visitor)
    wait_for_the_doctor(debian)
    kill_each_service(debian)
    wait_for_the_doctor(debian)
    say("power off, and on")
    debian.switch_off()
    begun = time.monotonic()
    debian.switch_on()
    until(lambda: is_served(visitor), "the portal after power came back")
    say(f"served again {time.monotonic() - begun:.1f} s after power came back")
    wait_for_the_doctor(debian)


def bring_a_customer(authority: str, mails: Box) -> Visitor:
    """The admin sets up a second factor, and adds a customer with its key and its manager, who gets in."""
    admin = Visitor(f"https://{NAME}", ADMIN, PASSWORD, authority)
    admin.send("/accounts/reauthenticate/", password=PASSWORD)
    (secret,) = set(re.findall(r"\b[A-Z2-7]{32}\b", admin.get("/accounts/2fa/totp/activate/")))
    admin.send("/accounts/2fa/totp/activate/", code=shown_now(secret))
    admin.send("/console/customers/new", number="10001", name="Example")
    admin.send("/console/c/10001/manage", group="services", credential="services-demo-key")
    admin.send("/console/c/10001/manage", email=MANAGER, role="manager")
    visitor = Visitor(f"https://{NAME}", authority=authority)
    visitor.send(wait_for_link(mails, "/accounts/password/reset/"), email=MANAGER)
    set_password = visitor.session.get(wait_for_link(mails, "/accounts/password/reset/key/")).url
    visitor.send(set_password, password1=PASSWORD, password2=PASSWORD)
    manager = Visitor(f"https://{NAME}", MANAGER, PASSWORD, authority)
    if "services00" not in manager.get("/c/10001/virtualmachine/"):
        raise SystemExit("bare: no machines are listed")
    return manager


def wait_for_link(mails: Box, path: str) -> str:
    """Where a mail to the manager leads, below this path."""
    found: list[str] = []

    def has_come() -> bool:
        texts = [mail.get_content() for name in mails.names() if (mail := mails.get(name)) and mail["To"] == MANAGER]
        found[:] = [link for text in texts for link in re.findall(rf"https://{NAME}{path}\S*", text)]
        return bool(found)

    until(has_come, f"a mail with {path}")
    return found[0]


def shown_now(secret: str) -> str:
    """What an authenticator app shows for it (RFC 6238)."""
    digest = hmac.digest(b32decode(secret), struct.pack(">Q", int(time.time()) // 30), hashlib.sha1)
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at : at + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


def upgrade(debian: Debian, visitor: Visitor) -> None:
    """To the next release, while somebody opens pages."""
    say("upgrading")
    unpack(debian, NEXT)
    *_, release, _nginx, services = typed("Install without containers")
    up_to_static, _, _ = release.partition("systemctl daemon-reload")
    with opened_all_the_time(visitor) as answers:
        follow(debian, up_to_static, folder=f"/srv/portal/releases/{NEXT}", release=NEXT)
        follow(debian, services)
    failed = [answer for answer in answers if answer != "200"]
    say(f"{len(answers)} pages opened meanwhile, {len(failed)} failed")
    if failed:
        raise SystemExit(f"bare: {failed}")


@contextmanager
def opened_all_the_time(visitor: Visitor) -> Iterator[list[str]]:
    """What answers a page had, one after the other."""
    answers: list[str] = []
    is_over = threading.Event()

    def open_it() -> None:
        while not is_over.wait(0.1):
            try:
                answer = visitor.session.get(f"{visitor.url}/c/10001/", timeout=60)
                answers.append(str(answer.status_code))
            except requests.RequestException as error:
                answers.append(str(error))

    thread = threading.Thread(target=open_it)
    thread.start()
    try:
        yield answers
    finally:
        is_over.set()
        thread.join()


def kill_each_service(debian: Debian) -> None:
    """None is asked to end; systemd starts each again."""
    say("killing each service")
    for name in SERVICES:
        debian.run(f"systemctl kill --signal={signal.SIGKILL.name} {name}")
    until(lambda: debian.does("systemctl", "is-active", *SERVICES), "the services")


def wait_for_the_doctor(debian: Debian) -> None:
    """Until it finds nothing at all."""
    end = time.monotonic() + PATIENCE
    while True:
        said = at_a_terminal(debian.enter("portal doctor"), env={}, folder=ROOT).said
        wrong = [line for line in said.splitlines() if not line.startswith("ok ")]
        if not wrong:
            say(f"the doctor finds nothing wrong in {len(said.splitlines())} checks")
            return
        if time.monotonic() > end:
            raise SystemExit("bare: the doctor says\n" + "\n".join(wrong))
        time.sleep(2)


def is_served(visitor: Visitor) -> bool:
    try:
        return bool(visitor.get("/c/10001/"))
    except requests.RequestException:
        return False


def until(holds: Callable[[], object], what: str) -> None:
    end = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > end:
            raise SystemExit(f"bare: waited {PATIENCE} s for {what}")
        time.sleep(0.2)


def say(text: str) -> None:
    print(f"bare: {text}", flush=True)


if __name__ == "__main__":
    main()
