"""A server in memory that speaks Redis' protocol, for the demo on machines without Redis. `… PORT`"""

import sys

from fakeredis import TcpFakeServer
from fakeredis._clients._tcp_server import TCPFakeRequestHandler


def main() -> None:
    # With Nagle's algorithm, each Celery round trip waits 80 ms for nothing.
    TCPFakeRequestHandler.disable_nagle_algorithm = True
    with TcpFakeServer(("127.0.0.1", int(sys.argv[1]))) as server:
        server.daemon_threads = True  # else ending waits for every client
        server.serve_forever()


if __name__ == "__main__":
    main()
