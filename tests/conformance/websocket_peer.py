# SPDX-License-Identifier: Apache-2.0
"""A WebSocket client that can misbehave: it sends the bytes it is told to, and reports what comes back.

RFC 6455 by hand, so that a case can set any bit of any frame. Standard library only.
"""

import base64
import dataclasses
import hashlib
import json
import os
import socket
import struct
import time

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10


def frame(opcode: int, payload: bytes = b"", *, fin: bool = True, rsv: int = 0, mask: bool = True) -> bytes:
    """One frame as a client sends it. rsv: the three reserved bits, 0 to 7."""
    head = bytes([(0x80 if fin else 0) | rsv << 4 | opcode])
    flag = 0x80 if mask else 0
    if len(payload) < 126:
        head += bytes([flag | len(payload)])
    elif len(payload) < 65536:
        head += bytes([flag | 126]) + struct.pack(">H", len(payload))
    else:
        head += bytes([flag | 127]) + struct.pack(">Q", len(payload))
    if not mask:
        return head + payload
    key = os.urandom(4)
    stretched = (key * (len(payload) // 4 + 1))[: len(payload)]
    masked = (int.from_bytes(payload, "big") ^ int.from_bytes(stretched, "big")).to_bytes(len(payload), "big")
    return head + key + masked


def close_payload(code: int, reason: bytes = b"") -> bytes:
    return struct.pack(">H", code) + reason


@dataclasses.dataclass
class Received:
    opcode: int
    payload: bytes


@dataclasses.dataclass
class Closed:
    """How the peer ended: its close code (None: a close frame without one), or no close frame at all."""

    frame: bool
    code: int | None = None
    reason: str = ""
    tcp: bool = True  # whether the server also closed the TCP connection in time


class Peer:
    """One connection after the opening handshake. \\raises OSError, ValueError if that fails."""

    def __init__(self, port: int, target: str, *, headers: tuple[str, ...] = (), seconds: float = 5.0):
        self.deadline = time.monotonic() + seconds
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=seconds)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [
            f"GET {target} HTTP/1.1",
            f"Host: 127.0.0.1:{port}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {key}",
            "Sec-WebSocket-Version: 13",
            *headers,
        ]
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode())
        while b"\r\n\r\n" not in self.buffer:
            self._more()
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        self.status = head.split(b"\r\n")[0].decode()
        self.headers = {
            name.strip().lower(): value.strip()
            for name, _, value in (line.partition(":") for line in head.decode().split("\r\n")[1:])
        }
        if " 101 " not in self.status + " ":
            raise ValueError(self.status)
        expected = base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode()
        if self.headers.get("sec-websocket-accept") != expected:
            raise ValueError("wrong Sec-WebSocket-Accept")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def send_chopped(self, data: bytes, size: int) -> None:
        """In pieces of `size` bytes, each in a TCP segment of its own."""
        for start in range(0, len(data), size):
            self.socket.sendall(data[start : start + size])

    def _more(self) -> None:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the server said nothing more in time")
        self.socket.settimeout(left)
        data = self.socket.recv(65536)
        if not data:
            raise ConnectionResetError("end of stream")
        self.buffer += data

    def next(self) -> Received:
        """The next frame, whatever it is. Servers must not mask nor set reserved bits."""
        while True:
            if len(self.buffer) >= 2:
                first, second = self.buffer[0], self.buffer[1]
                if first & 0x70 or second & 0x80:
                    raise ValueError(f"the server sent a broken frame: {first:#04x} {second:#04x}")
                length, start = second & 0x7F, 2
                if length == 126 and len(self.buffer) >= 4:
                    length, start = struct.unpack(">H", self.buffer[2:4])[0], 4
                elif length == 127 and len(self.buffer) >= 10:
                    length, start = struct.unpack(">Q", self.buffer[2:10])[0], 10
                elif length >= 126:
                    length = 1 << 62
                if len(self.buffer) >= start + length:
                    payload = self.buffer[start : start + length]
                    self.buffer = self.buffer[start + length :]
                    return Received(first & 0x0F, payload)
            self._more()

    def answer(self) -> Received | Closed:
        """The next frame that is an answer: not sound, nor the events and states that go with it."""
        while True:
            try:
                received = self.next()
            except (ConnectionError, BrokenPipeError):
                return Closed(frame=False)
            if received.opcode == CLOSE:
                return self._closed(received.payload)
            if received.opcode == TEXT:
                kind = json.loads(received.payload)["type"]
                if kind in ("error", "pong", "ack"):
                    return received
            elif received.opcode != BINARY:
                return received

    def _closed(self, payload: bytes) -> Closed:
        closed = Closed(frame=True, tcp=False)
        if len(payload) >= 2:
            closed.code = struct.unpack(">H", payload[:2])[0]
            closed.reason = payload[2:].decode()
        try:
            self.send(frame(CLOSE, payload[:2]))
            while True:
                self._more()
        except TimeoutError:
            pass
        except OSError:
            closed.tcp = True
        return closed
