"""`manage.py doctor`: what is wrong with how the portal is run, and what to do."""

import json
import logging
from collections.abc import Collection
from typing import Any

from django.core.mail import EmailMessage
from django.core.management.base import BaseCommand, CommandParser

from portal.monitoring.doctor import checkup
from portal.monitoring.doctor.findings import Finding, Level, Result, failed, fine, worst

MARKS = {Level.FINE: "ok", Level.WARNING: "warning", Level.FAILED: "FAILED", Level.UNKNOWN: "unknown"}
HANDBOOK = "docs/operations.md"


class Command(BaseCommand):
    help = (
        "Check how the portal is run: database, Redis, queues, workers, scheduler, platform, mail and more. Ends with "
        "1 unless all is well. Each check has a section of its name in docs/operations.md."
    )
    requires_system_checks: tuple[str, ...] = ()  # they would end it before it could say anything

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--only", nargs="+", metavar="ID", choices=[check.id for check in checkup.CHECKS], default=()
        )
        parser.add_argument("--json", action="store_true", help="for programs")
        parser.add_argument("--send-to", metavar="ADDRESS", help="also send a mail there")

    def handle(self, *args: Any, only: Collection[str], send_to: str | None, **options: Any) -> None:
        logging.disable(logging.WARNING)  # what is told there is told here
        try:
            self._examine(only, send_to, as_json=options["json"])
        finally:
            logging.disable(logging.NOTSET)

    def _examine(self, only: Collection[str], send_to: str | None, *, as_json: bool) -> None:
        results = []
        for result in checkup.run(only):
            results.append(result)
            if not as_json:
                self._tell(result)
        if send_to:
            results.append(Result("test-mail", "Test mail", (_send(send_to),)))
            if not as_json:
                self._tell(results[-1])
        level = worst(result.level for result in results)
        if as_json:
            found = {"level": level, "checks": [result.as_json() for result in results]}
            self.stdout.write(json.dumps(found, indent=1, ensure_ascii=False))
        if level in (Level.UNKNOWN, Level.FAILED):
            raise SystemExit(1)

    def _tell(self, result: Result) -> None:
        for finding in result.findings:
            self.stdout.write(f"{MARKS[finding.level]:8} {result.title}: {finding.text}")
            if finding.todo:
                self.stdout.write(f"{'':8} → {finding.todo} ({HANDBOOK}#{result.id})")


def _send(address: str) -> Finding:
    mail = EmailMessage("Test of the portal", "The portal can send mail.\n", to=[address])
    try:
        mail.send()
    except Exception as error:  # noqa: BLE001 - whatever mail servers and their library come up with
        return failed(f"Nothing was sent: {error}", "See SMTP_HOST, SMTP_PORT, MAIL_FROM and the mail server’s log.")
    return fine(f"Sent to {address}.")
