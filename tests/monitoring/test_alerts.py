"""Alarms for Prometheus and a dashboard: its own programs try them, and a running portal has what they show."""

import json
import re
import subprocess
import time
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from scripts.environment import ROOT, free_port
from scripts.processes import Process, wait_until
from tests.support.portal import Portal
from tests.support.services import require

RULES, TESTS = ROOT / "docs" / "monitoring" / "alerts.yml", ROOT / "docs" / "monitoring" / "alerts_test.yml"
DASHBOARD = json.loads((ROOT / "docs" / "monitoring" / "grafana.json").read_text())
DRAWN = [(panel["title"], one["expr"]) for panel in DASHBOARD["panels"] for one in panel["targets"]]
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


KINDS = ("web", "worker", "beat")


def alive(metrics: str) -> set[str]:
    """The kinds of processes that say they are there; each says so every few seconds."""
    told = re.findall(r'^portal_processes{kind="(\w+)"} (\d+)', metrics, re.MULTILINE)
    return {kind for kind, count in told if int(count) > 0}


@pytest.fixture(scope="module")
def metrics(portal_stack: Portal) -> str:
    """As they are when all processes have said that they are there."""

    def ask_for_it() -> str:
        with urllib.request.urlopen(f"{portal_stack.url}/metrics") as answer:
            text: str = answer.read().decode()
        return text

    wait_until(lambda: alive(ask_for_it()) == {*KINDS}, portal_stack.web, seconds=180)
    return ask_for_it()


def test_a_running_portal_has_what_they_go_by(portal_stack: Portal, metrics: str) -> None:
    needed = {*re.findall(r"portal_\w+", RULES.read_text() + str(DRAWN).replace("_bucket", ""))}
    told = {*re.findall(r"^# TYPE (\w+) ", metrics, re.MULTILINE)}
    assert needed <= told
    assert alive(metrics) == {*KINDS}
    assert 'portal_oldest_waiting_seconds{what="mail"} 0\n' in metrics


def ask(port: int, path: str) -> Any:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/{path}", timeout=10) as answer:
        return json.load(answer)["data"]


def test_prometheus_watches_a_portal_by_them_and_can_draw_the_dashboard(portal_stack: Portal, tmp_path: Path) -> None:
    program, port = require("prometheus"), free_port()
    config = tmp_path / "prometheus.yml"
    config.write_text(
        f"global: {{scrape_interval: 1s, evaluation_interval: 1s}}\nrule_files: [{RULES}]\n"
        "scrape_configs:\n  - job_name: portal\n"
        f"    static_configs: [{{targets: ['{portal_stack.url.removeprefix('http://')}']}}]\n"
    )
    options = {"config.file": config, "storage.tsdb.path": tmp_path / "data", "web.listen-address": f"127.0.0.1:{port}"}
    command = [program, *(f"--{name}={value}" for name, value in options.items())]
    process = Process("prometheus", command, env={}, log=tmp_path / "log")
    process.start()
    try:
        end = time.monotonic() + 120
        while not is_watching(port):
            assert process.is_alive, process.last_words()
            assert time.monotonic() < end, process.last_words()
            time.sleep(0.5)
        for title, text in DRAWN:
            assert ask(port, f"query?{urlencode({'query': text})}")["resultType"] == "vector", title
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
