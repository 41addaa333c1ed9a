"""A line of the network between our processes and a server: slow, silent, or cut.

Silent means what a pulled cable means: both ends live on, and nothing arrives, not even
an acknowledgement. A proxy alone cannot be so silent, because its kernel acknowledges
what it never reads; a socket filter that drops every packet makes the kernel silent too.
"""

import asyncio
import ctypes
import socket
import struct
import threading
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

_SO_ATTACH_FILTER, _SO_DETACH_FILTER = 26, 27
#: `return 0` in the language of socket filters: no byte of the packet is kept
_DROP = ctypes.create_string_buffer(struct.pack("HBBI", 0x06, 0, 0, 0))


class Line:
    """Carries bytes to a server on this machine, in a thread of its own.

    Attributes:
        port: where its clients connect.
        latency: how long each packet takes, one way.
    """

    def __init__(self, target: int) -> None:
        self.latency = 0.0
        self._target = target
        self._ends: set[asyncio.StreamWriter] = set()
        self._abandoned: set[asyncio.StreamWriter] = set()
        self._silent = False
        self._loop = asyncio.new_event_loop()
        self._carries = asyncio.Event()
        self._carries.set()
        self._thread = threading.Thread(target=self._loop.run_forever, name="line")
        self._thread.start()
        self._server = self._do(asyncio.start_server(self._connected, "127.0.0.1", 0))
        self.port = int(self._server.sockets[0].getsockname()[1])

    def cut(self) -> None:
        """Reset every connection; new ones are carried."""
        self._do(self._cut())

    def abandon(self) -> None:
        """Let nothing through on the connections there are, ever again; new ones are carried.

        So does a firewall that has forgotten them.
        """
        self._do(self._abandon())

    def silence(self, silent: bool) -> None:
        """Let nothing through on any connection, or let all of it through again."""
        self._do(self._silence(silent))

    def close(self) -> None:
        """Cut every connection and take no more."""
        self._do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=10)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._join(writer)
        try:
            await self._between(reader, writer)
        except (OSError, asyncio.CancelledError):  # asyncio reports a cancelled one as an error
            self._drop(writer)

    async def _between(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._carries.wait()
        onward, back = await asyncio.open_connection("127.0.0.1", self._target)
        self._join(back)
        await asyncio.gather(self._carry(reader, back), self._carry(onward, writer))
        for end in (writer, back):
            self._drop(end)

    async def _carry(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await source.read(65536):
                if self.latency:
                    await asyncio.sleep(self.latency)
                await self._carries.wait()
                target.write(data)
                await target.drain()
        self._drop(target)

    def _join(self, end: asyncio.StreamWriter) -> None:
        self._ends.add(end)
        if self._silent:
            _deafen(_socket_of(end))

    def _drop(self, end: asyncio.StreamWriter) -> None:
        self._ends.discard(end)
        end.close()

    async def _cut(self) -> None:
        for end in [*self._ends]:
            # Closed so, a connection ends with a reset, not with an orderly end.
            with suppress(OSError):  # it has just ended by itself
                reset = struct.pack("ii", 1, 0)
                _socket_of(end).setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
            end.transport.abort()
        self._ends.clear()

    async def _abandon(self) -> None:
        for end in self._ends:
            _deafen(_socket_of(end))
        self._abandoned |= self._ends
        self._ends.clear()

    async def _silence(self, silent: bool) -> None:
        self._silent = silent
        for sock in (*self._server.sockets, *map(_socket_of, self._ends)):
            (_deafen if silent else _undeafen)(sock)
        (self._carries.clear if silent else self._carries.set)()

    async def _end(self) -> None:
        self._server.close()
        await self._silence(False)
        self._ends |= self._abandoned
        await self._cut()
        ours = asyncio.current_task()
        others = [task for task in asyncio.all_tasks() if task is not ours]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)


def _deafen(sock: socket.socket) -> None:
    program = struct.pack("HP", 1, ctypes.addressof(_DROP))
    with suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, program)


def _undeafen(sock: socket.socket) -> None:
    with suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, _SO_DETACH_FILTER, 0)


def _socket_of(end: asyncio.StreamWriter) -> socket.socket:
    found: socket.socket = end.get_extra_info("socket")
    return found
