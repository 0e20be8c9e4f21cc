"""Runs a program with a socket that it does not have to open, as systemd does for one with a socket unit:
`python -m scripts.activated DESCRIPTOR PROGRAM [ARGUMENT …]`.
"""

import os
import sys

FIRST = 3  # where systemd puts it (sd_listen_fds(3))


def main() -> None:
    descriptor, *command = sys.argv[1:]
    if int(descriptor) != FIRST:
        os.dup2(int(descriptor), FIRST)
    os.set_inheritable(FIRST, True)
    os.environ |= {"LISTEN_FDS": "1", "LISTEN_PID": str(os.getpid())}
    os.execvp(command[0], command)  # noqa: S606 - a shell would only be in the way


if __name__ == "__main__":
    main()
