"""Runs a program with a guard beside it, which ends it when we do: `python guard.py PROGRAM [ARGUMENT …]`.

Standard input is a pipe of which `scripts.processes` holds the other end and writes nothing. Where that closes, because
its process has ended in whatever way, the guard ends its process group: the program, what that has started, and itself.
"""

import os
import signal
import sys


def main() -> None:
    if os.fork() == 0:
        guard()
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.execvp(sys.argv[1], sys.argv[1:])  # noqa: S606 - a shell would only be in the way


def guard() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # meant for the program
    nothing = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):  # else who reads the program's output would wait for the guard's
        os.dup2(nothing, stream)
    os.read(0, 1)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main()
