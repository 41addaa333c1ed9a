"""Ports that a server is to listen on: no two that start at once on a machine are lent one."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def kept_port(preferred: int) -> Iterator[int]:
    """Lend a port of loopback that nobody listens on, the preferred one if it can be.

    Its server takes it seconds later. As long as it is lent nobody else is lent it: the UDP port
    of the same number, which nobody needs, is kept.

    Raises:
        OSError: no port is free.
    """
    for wanted in (preferred, 0):
        with socket.socket(type=socket.SOCK_DGRAM) as kept, socket.socket() as probe:
            # Or a port whose last connections have just been closed would not be free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                kept.bind(("127.0.0.1", wanted))
                port = int(kept.getsockname()[1])
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            probe.close()
            yield port
            return
    raise OSError("no port of 127.0.0.1 is free")
