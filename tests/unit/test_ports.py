"""Ports that are lent to servers which take them later."""

import socket
from contextlib import ExitStack

from orchestrator.cli.ports import kept_port


def free_port() -> int:
    with kept_port(0) as port:
        return port


def test_two_that_start_at_once_are_lent_two_ports() -> None:
    wanted = free_port()
    with kept_port(wanted) as first, kept_port(wanted) as second:
        assert first == wanted
        assert second != wanted


def test_whoever_is_lent_a_port_can_listen_on_it() -> None:
    with kept_port(free_port()) as port, socket.create_server(("127.0.0.1", port)):
        pass


def test_a_port_that_somebody_listens_on_is_not_lent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with kept_port(port) as other:
            assert other != port


def test_a_port_whose_last_connection_has_just_been_closed_is_lent() -> None:
    with ExitStack() as opened:
        server = opened.enter_context(socket.create_server(("127.0.0.1", 0)))
        port = server.getsockname()[1]
        client = opened.enter_context(socket.create_connection(("127.0.0.1", port)))
        answering, _ = server.accept()
        answering.close()  # whoever closes first keeps the port for a minute
        assert client.recv(1) == b""

    with kept_port(port) as lent:
        assert lent == port


def test_a_port_that_is_given_back_is_lent_again() -> None:
    wanted = free_port()
    with kept_port(wanted):
        pass
    with kept_port(wanted) as port:
        assert port == wanted
