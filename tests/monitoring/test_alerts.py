"""Alarms for Prometheus: its own programs load and try them, and a running portal has what they go by."""

import json
import re
import subprocess
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from scripts.environment import ROOT, free_port
from scripts.processes import Process
from tests.support.portal import Portal
from tests.support.services import require

RULES, TESTS = ROOT / "docs" / "monitoring" / "alerts.yml", ROOT / "docs" / "monitoring" / "alerts_test.yml"
ALERTS = re.findall(r"alert: (\w+)", RULES.read_text())


def promtool(*arguments: object) -> None:
    done = subprocess.run([require("promtool"), *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_rules_are_rules() -> None:
    promtool("check", "rules", RULES)


def test_each_fires_when_it_should_and_is_silent_when_all_is_well() -> None:
    promtool("test", "rules", TESTS)
    silent, firing = TESTS.read_text().split("- name: nothing is")
    assert re.findall(r"alertname: (\w+)}", silent) == ALERTS
    assert re.findall(r"alertname: (\w+)\n        exp_alerts:\n          - exp_labels", firing) == ALERTS


@pytest.mark.parametrize("name", ALERTS)
def test_the_handbook_says_what_to_do(name: str) -> None:
    assert f"\n| {name} | " in (ROOT / "docs" / "operations.md").read_text()


@pytest.fixture(scope="module")
def metrics(portal_stack: Portal) -> str:
    with urllib.request.urlopen(f"{portal_stack.url}/metrics") as answer:
        text: str = answer.read().decode()
    return text


def test_a_running_portal_has_what_they_go_by(portal_stack: Portal, metrics: str) -> None:
    needed = {*re.findall(r"portal_\w+", RULES.read_text())}
    told = {*re.findall(r"^# TYPE (\w+) ", metrics, re.MULTILINE)}
    assert needed <= told
    kinds = ("web", "worker", "beat")
    alive = {kind: re.search(rf'^portal_processes{{kind="{kind}"}} (\d+)', metrics, re.MULTILINE) for kind in kinds}
    assert {kind for kind, found in alive.items() if found and int(found[1]) > 0} == {*kinds}
    assert 'portal_oldest_waiting_seconds{what="mail"} 0\n' in metrics


def ask(port: int, path: str) -> Any:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/{path}", timeout=10) as answer:
        return json.load(answer)["data"]


def test_prometheus_scrapes_a_portal_and_watches_by_them(portal_stack: Portal, tmp_path: Path) -> None:
    program, port = require("prometheus"), free_port()
    config = tmp_path / "prometheus.yml"
    config.write_text(
        f"global: {{scrape_interval: 1s, evaluation_interval: 1s}}\nrule_files: [{RULES}]\n"
        "scrape_configs:\n  - job_name: portal\n"
        f"    static_configs: [{{targets: ['{portal_stack.url.removeprefix('http://')}']}}]\n"
    )
    command = [program, f"--config.file={config}", f"--web.listen-address=127.0.0.1:{port}"]
    process = Process(
        "prometheus", [*command, f"--storage.tsdb.path={tmp_path / 'data'}"], env={}, log=tmp_path / "log"
    )
    process.start()
    try:
        end = time.monotonic() + 120
        while not is_watching(port):
            assert process.is_alive, process.last_words()
            assert time.monotonic() < end, process.last_words()
            time.sleep(0.5)
    finally:
        process.stop()


def is_watching(port: int) -> bool:
    """Whether it has asked the portal, and gone through all rules without a problem."""
    try:
        (group,) = ask(port, "rules")["groups"]
        up = ask(port, "query?query=up")["result"]
    except (OSError, ValueError):
        return False
    healthy = [rule["name"] for rule in group["rules"] if rule["health"] == "ok"]
    return healthy == ALERTS and [one["value"][1] for one in up] == ["1"]
