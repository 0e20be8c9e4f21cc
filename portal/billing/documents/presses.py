"""Several PDFs side by side, in processes that end with the order: one for each core.

A press is this module as a program. It knows neither database nor platform: it reads texts and answers with PDFs, gives
way to whatever else runs on the machine (pages, changes), and ends when nobody is there who could ask it any more, even
if its worker was killed. What makes one crash fails the order, and takes no worker along.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from queue import SimpleQueue
from typing import BinaryIO

from django.conf import settings

from portal.billing.documents import pdf

MOST = 4  # each may take 200 MB and more
GIVE_WAY = 5  # as of nice(1)
LENGTH = 8  # bytes before each PDF, which say how long it is

type Text = tuple[str, str]  # the document, and the style of its margins


class Broken(Exception):
    """A press has ended without an answer; what it said is in the log."""


@contextmanager
def presses(size: str, papers: int) -> Iterator[Callable[[Iterable[Text]], Iterator[bytes]]]:
    """Makes PDFs of so many texts. They come in the order of the texts, the first while others are in the making."""
    count = max(1, min(MOST, papers, len(os.sched_getaffinity(0))))
    with ExitStack() as stack:
        threads = stack.enter_context(ThreadPoolExecutor(count))
        free: SimpleQueue[subprocess.Popen[bytes]] = SimpleQueue()
        for _press in range(count):
            free.put(stack.enter_context(_started(size)))
        stack.callback(threads.shutdown, wait=False, cancel_futures=True)
        yield partial(threads.map, partial(_made_by, free))


@contextmanager
def _started(size: str) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", __name__, size]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=settings.BASE_DIR, stdin=pipe, stdout=pipe) as press:  # noqa: S603 - our own
        try:
            yield press
        finally:
            press.kill()
            assert press.stdin is not None
            with suppress(BrokenPipeError):  # what it was being told
                press.stdin.close()


def _made_by(free: SimpleQueue[subprocess.Popen[bytes]], text: Text) -> bytes:
    press = free.get()
    try:
        return _ask(press, text)
    finally:
        free.put(press)


def _ask(press: subprocess.Popen[bytes], text: Text) -> bytes:
    assert press.stdin is not None
    assert press.stdout is not None
    try:
        press.stdin.write(json.dumps(text).encode() + b"\n")
        press.stdin.flush()
    except BrokenPipeError as error:
        raise Broken from error
    length = int.from_bytes(press.stdout.read(LENGTH))
    data = press.stdout.read(length)
    if not data or len(data) < length:
        raise Broken
    return data


def serve(size: str, asked: BinaryIO, answers: BinaryIO) -> None:
    """A press: a PDF for each line, until there are no more."""
    for line in asked:
        data = pdf.as_pdf([pdf.renderer(size).lay_out(*json.loads(line))])
        answers.write(len(data).to_bytes(LENGTH) + data)
        answers.flush()


if __name__ == "__main__":
    os.nice(GIVE_WAY)
    serve(sys.argv[1], sys.stdin.buffer, sys.stdout.buffer)
