"""How soon a process notices that the other end of a connection is gone without a word.

A pulled cable, or a firewall that forgets a connection, tells nobody: whoever waits for an
answer waits on, by default for two hours, and whoever sends tries for a quarter of one.
"""

import socket

#: Silent for so long, a connection is asked whether it lives; so often, so many times.
_IDLE_SECONDS = 5
_EVERY_SECONDS = 2
_TIMES = 3

#: What is sent must be acknowledged within this time.
_SENT_SECONDS = 10

_TCP = {
    "TCP_KEEPIDLE": _IDLE_SECONDS,
    "TCP_KEEPINTVL": _EVERY_SECONDS,
    "TCP_KEEPCNT": _TIMES,
    "TCP_USER_TIMEOUT": _SENT_SECONDS * 1000,
}

#: For redis-py; a system that lacks an option goes by its default.
REDIS: dict[int, int] = {
    getattr(socket, name): value for name, value in _TCP.items() if hasattr(socket, name)
}

#: For libpq; what the URL says goes first.
POSTGRESQL: dict[str, int] = {
    "connect_timeout": _SENT_SECONDS,
    "keepalives_idle": _IDLE_SECONDS,
    "keepalives_interval": _EVERY_SECONDS,
    "keepalives_count": _TIMES,
    "tcp_user_timeout": _SENT_SECONDS * 1000,
}
