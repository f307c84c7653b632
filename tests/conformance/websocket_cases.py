#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""WebSocket conformance of the real server, after the cases of the Autobahn test suite.

Usage: websocket_cases.py [--port PORT] [--report FILE] [--table FILE] [CASE …]

Autobahn's fuzzing client needs Python 2 and a server that echoes; ours answers JSON with JSON. The numbers are
Autobahn's (crossbario/autobahn-testsuite), each with what it asks of the wire; where Autobahn waits for an echo, the
verdict is the answer our protocol owes to that message: `pong` to our JSON ping, `error` to other text, `error` to a
binary message. Sizes of group 9 are scaled to our limit of 16 KiB a message; beyond it close code 1009 is due.
Groups 12 and 13 (compression) ask only that the offered extension is declined: sound does not deflate.

--table writes what the peer got back for every case, as Markdown.
"""

import argparse
import contextlib
import dataclasses
import json
import pathlib
import struct
import sys
from collections.abc import Callable, Iterator

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from running_server import running_server  # noqa: E402
from websocket_peer import (  # noqa: E402
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    Closed,
    Peer,
    Received,
    close_payload,
    frame,
)

LIMIT = 16 * 1024  # bytes a message may have
TARGET = "/ws/stream?station=main&codec=opus&events=0"


@dataclasses.dataclass
class Case:
    name: str
    run: Callable[[Peer], str]  # gives what came back, in words; raises AssertionError
    headers: tuple[str, ...] = ()


CASES: list[Case] = []


def case(name: str, headers: tuple[str, ...] = ()):
    def add(run: Callable[[Peer], str]) -> Callable[[Peer], str]:
        CASES.append(Case(name, run, headers))
        return run

    return add


def describe(answer: Received | Closed) -> str:
    if isinstance(answer, Closed):
        return f"close {answer.code if answer.code is not None else 'without code'}" if answer.frame else "TCP closed"
    if answer.opcode == PONG:
        return f"pong of {len(answer.payload)} bytes"
    if answer.opcode == TEXT:
        message = json.loads(answer.payload)
        return f"`{message['type']}`" + (f" {message['code']}" if message["type"] == "error" else "")
    return f"opcode {answer.opcode}"


def json_ping(size: int, t: float = 42.0) -> bytes:
    """Our own ping message, padded with blanks to `size` bytes."""
    text = json.dumps({"type": "ping", "t": t}).encode()
    assert size >= len(text)
    return text + b" " * (size - len(text))


def expect_json_pong(peer: Peer, t: float = 42.0) -> str:
    answer = peer.answer()
    assert isinstance(answer, Received) and answer.opcode == TEXT, f"expected our pong, got {describe(answer)}"
    message = json.loads(answer.payload)
    assert message["type"] == "pong" and message["t"] == t, f"expected our pong, got {message}"
    return "`pong`"


def expect_error(peer: Peer) -> str:
    """An error message, after which the connection goes on."""
    answer = peer.answer()
    assert isinstance(answer, Received) and answer.opcode == TEXT, f"expected an error message, got {describe(answer)}"
    message = json.loads(answer.payload)
    assert message["type"] == "error", f"expected an error message, got {message}"
    return f"`error` {message['code']}, and goes on: {expect_alive(peer)}"


def expect_pong(peer: Peer, payload: bytes = b"") -> str:
    answer = peer.answer()
    assert isinstance(answer, Received) and answer.opcode == PONG, f"expected a pong, got {describe(answer)}"
    assert answer.payload == payload, f"pong carries {answer.payload!r} instead of {payload!r}"
    return f"pong of {len(payload)} bytes"


def expect_alive(peer: Peer) -> str:
    peer.send(frame(PING, b"alive?"))
    return expect_pong(peer, b"alive?")


def expect_close(peer: Peer, *codes: int | None) -> str:
    """A close frame with one of the codes (None: without), and then the end of the TCP connection."""
    answer = peer.answer()
    assert isinstance(answer, Closed) and answer.frame, f"expected close {codes}, got {describe(answer)}"
    assert answer.code in codes, f"expected close {codes}, got {describe(answer)}"
    assert answer.tcp, "the server left the TCP connection open after its close frame"
    return describe(answer)


def expect_answer_then_close(peer: Peer, *codes: int | None) -> str:
    """The answer to a good message, then a close. Autobahn calls it "non-strict" if what is broken, sent in the same
    segment, cuts off the answer before it: the RFC allows that (7.1.7: fail the connection), and so do we."""
    answer = peer.answer()
    if isinstance(answer, Closed):
        assert answer.frame and answer.code in codes and answer.tcp, f"expected close {codes}, got {describe(answer)}"
        return f"{describe(answer)}, before the answer"
    assert answer.opcode == TEXT and json.loads(answer.payload)["type"] == "pong", describe(answer)
    return "`pong`, then " + expect_close(peer, *codes)


def fragments(opcode: int, payload: bytes, size: int) -> Iterator[bytes]:
    for start in range(0, max(1, len(payload)), size):
        yield frame(
            opcode if start == 0 else CONTINUATION, payload[start : start + size], fin=start + size >= len(payload)
        )


# 1 Framing


def framing_cases() -> None:
    for number, size in enumerate((0, 125, 126, 127, 128, LIMIT - 1, LIMIT), 1):
        if size == 0:

            @case("1.1.1 an empty text message")
            def _(peer: Peer) -> str:
                peer.send(frame(TEXT))
                return expect_error(peer)

        else:

            @case(f"1.1.{number} a text message of {size} bytes")
            def _(peer: Peer, size=size) -> str:
                peer.send(frame(TEXT, json_ping(size)))
                return expect_json_pong(peer)

    @case("1.1.8 a text message of 128 bytes in single octets")
    def _(peer: Peer) -> str:
        peer.send_chopped(frame(TEXT, json_ping(128)), 1)
        return expect_json_pong(peer)

    for number, size in enumerate((0, 125, 126, 127, 128, LIMIT - 1, LIMIT), 1):

        @case(f"1.2.{number} a binary message of {size} bytes")
        def _(peer: Peer, size=size) -> str:
            peer.send(frame(BINARY, b"\xfe" * size))
            return expect_error(peer)

    @case("1.2.8 a binary message of 128 bytes in single octets")
    def _(peer: Peer) -> str:
        peer.send_chopped(frame(BINARY, b"\xfe" * 128), 1)
        return expect_error(peer)


# 2 Pings and pongs


def ping_cases() -> None:
    for name, payload in (
        ("2.1 a ping without payload", b""),
        ("2.2 a ping with text", b"Hello, world!"),
        ("2.3 a ping with bytes that are no text", b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff"),
        ("2.4 a ping of 125 bytes", b"\xfe" * 125),
    ):

        @case(name)
        def _(peer: Peer, payload=payload) -> str:
            peer.send(frame(PING, payload))
            return expect_pong(peer, payload)

    @case("2.5 a ping of 126 bytes, one too many")
    def _(peer: Peer) -> str:
        peer.send(frame(PING, b"\xfe" * 126))
        return expect_close(peer, 1002)

    @case("2.6 a ping of 125 bytes in single octets")
    def _(peer: Peer) -> str:
        peer.send_chopped(frame(PING, b"\xfe" * 125), 1)
        return expect_pong(peer, b"\xfe" * 125)

    for name, payload in (
        ("2.7 a pong nobody asked for, empty", b""),
        ("2.8 a pong nobody asked for", b"unsolicited"),
    ):

        @case(name)
        def _(peer: Peer, payload=payload) -> str:
            peer.send(frame(PONG, payload))
            return "nothing, and goes on: " + expect_alive(peer)

    @case("2.9 a pong nobody asked for, then a ping")
    def _(peer: Peer) -> str:
        peer.send(frame(PONG, b"unsolicited") + frame(PING, b"ping"))
        return expect_pong(peer, b"ping")

    @case("2.10 ten pings at once")
    def _(peer: Peer) -> str:
        for number in range(10):
            peer.send(frame(PING, b"%d" % number))
        # RFC 6455, 5.5.3: only the most recent ping needs an answer.
        number = -1
        while number < 9:
            answer = peer.answer()
            assert isinstance(answer, Received) and answer.opcode == PONG, describe(answer)
            assert int(answer.payload) > number, "pongs out of order"
            number = int(answer.payload)
        return "pongs in order, the last one included"

    @case("2.11 ten pings at once in single octets")
    def _(peer: Peer) -> str:
        for number in range(10):
            peer.send_chopped(frame(PING, b"%d" % number), 1)
        number = -1
        while number < 9:
            answer = peer.answer()
            assert isinstance(answer, Received) and answer.opcode == PONG, describe(answer)
            number = int(answer.payload)
        return "pongs in order, the last one included"


# 3 Reserved bits


def reserved_bit_cases() -> None:
    for number, (rsv, opcode, before) in enumerate(
        (
            (1, TEXT, b""),
            (2, TEXT, frame(TEXT, json_ping(40))),
            (3, TEXT, frame(TEXT, json_ping(40))),
            (4, TEXT, frame(TEXT, json_ping(40))),
            (5, BINARY, b""),
            (6, PING, b""),
            (7, CLOSE, b""),
        ),
        1,
    ):

        @case(f"3.{number} reserved bits {rsv:03b} in opcode {opcode}" + (" after a good message" if before else ""))
        def _(peer: Peer, rsv=rsv, opcode=opcode, before=before) -> str:
            peer.send(before + frame(opcode, b"", rsv=rsv))
            if before:
                return expect_answer_then_close(peer, 1002)
            return expect_close(peer, 1002)


# 4 Opcodes


def opcode_cases() -> None:
    for group, opcodes in ((1, range(3, 8)), (2, range(11, 16))):
        for number, opcode in enumerate(opcodes, 1):
            payload = b"reserved opcode" if number % 2 == 0 else b""
            before = frame(TEXT, json_ping(40)) if number >= 3 else b""

            @case(f"4.{group}.{number} reserved opcode {opcode}" + (" after a good message" if before else ""))
            def _(peer: Peer, opcode=opcode, payload=payload, before=before) -> str:
                peer.send(before + frame(opcode, payload))
                if before:
                    return expect_answer_then_close(peer, 1002)
                return expect_close(peer, 1002)


# 5 Fragmentation


def fragmentation_cases() -> None:
    text = json_ping(60)
    first, second = frame(TEXT, text[:20], fin=False), frame(CONTINUATION, text[20:])

    for number, opcode, name in ((1, PING, "ping"), (2, PONG, "pong")):

        @case(f"5.{number} a {name} in two fragments")
        def _(peer: Peer, opcode=opcode) -> str:
            peer.send(frame(opcode, b"frag", fin=False) + frame(CONTINUATION, b"ment"))
            return expect_close(peer, 1002)

    @case("5.3 a text message in two fragments, sent at once")
    def _(peer: Peer) -> str:
        peer.send(first + second)
        return expect_json_pong(peer)

    @case("5.4 a text message in two fragments, frame by frame")
    def _(peer: Peer) -> str:
        peer.send(first)
        peer.send(second)
        return expect_json_pong(peer)

    @case("5.5 a text message in two fragments, in single octets")
    def _(peer: Peer) -> str:
        peer.send_chopped(first + second, 1)
        return expect_json_pong(peer)

    def interleaved(send: Callable[[Peer, bytes], None]) -> Callable[[Peer], str]:
        def run(peer: Peer) -> str:
            send(peer, first + frame(PING, b"between") + second)
            return expect_pong(peer, b"between") + ", then " + expect_json_pong(peer)

        return run

    case("5.6 a ping between two fragments, sent at once")(interleaved(lambda peer, data: peer.send(data)))
    case("5.7 a ping between two fragments, in pieces")(interleaved(lambda peer, data: peer.send_chopped(data, 16)))
    case("5.8 a ping between two fragments, in single octets")(
        interleaved(lambda peer, data: peer.send_chopped(data, 1))
    )

    for number, (fin, chop) in enumerate(((True, 0), (True, 8), (True, 1), (False, 0), (False, 8), (False, 1)), 9):

        @case(f"5.{number} a continuation of nothing, {'final' if fin else 'not final'}, pieces of {chop or 'any size'}")
        def _(peer: Peer, fin=fin, chop=chop) -> str:
            data = frame(CONTINUATION, b"non-continuation payload", fin=fin) + frame(TEXT, text)
            with contextlib.suppress(OSError):  # it may close while we still send
                peer.send_chopped(data, chop or len(data))
            return expect_close(peer, 1002)

    @case("5.15 a whole message in two fragments, then a continuation of nothing")
    def _(peer: Peer) -> str:
        peer.send(first + second + frame(CONTINUATION, b"fragment3", fin=False) + frame(TEXT, text))
        return expect_answer_then_close(peer, 1002)

    for number, fin in ((16, False), (17, True)):

        @case(f"5.{number} a continuation of nothing ({'final' if fin else 'not final'}) before each text message")
        def _(peer: Peer, fin=fin) -> str:
            peer.send(frame(CONTINUATION, b"fragment1", fin=fin) + frame(TEXT, b"fragment2", fin=False) + second)
            return expect_close(peer, 1002)

    @case("5.18 a second text frame where a continuation is due")
    def _(peer: Peer) -> str:
        peer.send(first + frame(TEXT, text[20:]))
        return expect_close(peer, 1002)

    for number, at_once in ((19, True), (20, False)):

        @case(f"5.{number} five fragments with pings between, {'sent at once' if at_once else 'frame by frame'}")
        def _(peer: Peer, at_once=at_once) -> str:
            parts = [
                frame(TEXT, text[:10], fin=False),
                frame(CONTINUATION, text[10:20], fin=False),
                frame(PING, b"ping one"),
                frame(CONTINUATION, text[20:30], fin=False),
                frame(CONTINUATION, text[30:40], fin=False),
                frame(PING, b"ping two"),
                frame(CONTINUATION, text[40:]),
            ]
            for part in [b"".join(parts)] if at_once else parts:
                peer.send(part)
            said, seen = [], []
            while b"ping two" not in seen:
                answer = peer.answer()
                assert isinstance(answer, Received) and answer.opcode == PONG, describe(answer)
                seen.append(answer.payload)
                said.append(describe(answer))
            return ", ".join([*said, expect_json_pong(peer)])


# 6 UTF-8

VALID = {
    "6.5.1": b"Hello-\xc2\xb5@\xc3\x9f\xc3\xb6\xc3\xa4\xc3\xbc\xc3\xa0\xc3\xa1-UTF-8!!",
    "6.5.2": b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5",
    "6.6.2": b"\xce\xba",
    "6.6.5": b"\xce\xba\xe1\xbd\xb9",
    "6.6.7": b"\xce\xba\xe1\xbd\xb9\xcf\x83",
    "6.6.9": b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc",
    "6.6.11": b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5",
    "6.7.1": b"\x00",
    "6.7.2": b"\xc2\x80",
    "6.7.3": b"\xe0\xa0\x80",
    "6.7.4": b"\xf0\x90\x80\x80",
    "6.9.1": b"\x7f",
    "6.9.2": b"\xdf\xbf",
    "6.9.3": b"\xef\xbf\xbf",
    "6.9.4": b"\xf4\x8f\xbf\xbf",
    "6.11.1": b"\xed\x9f\xbf",
    "6.11.2": b"\xee\x80\x80",
    "6.11.3": b"\xef\xbf\xbd",
    "6.11.4": b"\xf4\x8f\xbf\xbf",
    "6.22.1": b"\xef\xbf\xbe",
    "6.22.2": b"\xef\xbf\xbf",
    "6.22.3": b"\xf0\x9f\xbf\xbe",
    "6.22.34": b"\xf4\x8f\xbf\xbf",
    "6.23.1": b"\xef\xbf\xbd",
}
INVALID = {
    "6.3.1": b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited",
    "6.6.1": b"\xce",
    "6.6.3": b"\xce\xba\xe1",
    "6.6.4": b"\xce\xba\xe1\xbd",
    "6.6.6": b"\xce\xba\xe1\xbd\xb9\xcf",
    "6.6.8": b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce",
    "6.6.10": b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce",
    "6.8.1": b"\xf8\x88\x80\x80\x80",
    "6.8.2": b"\xfc\x84\x80\x80\x80\x80",
    "6.10.1": b"\xf7\xbf\xbf\xbf",
    "6.10.2": b"\xfb\xbf\xbf\xbf\xbf",
    "6.10.3": b"\xfd\xbf\xbf\xbf\xbf\xbf",
    "6.11.5": b"\xf4\x90\x80\x80",
    "6.12.1": b"\x80",
    "6.12.2": b"\xbf",
    "6.12.3": b"\x80\xbf",
    "6.12.8": bytes(range(0x80, 0xC0)),
    "6.13.1": b" ".join(bytes([byte]) for byte in range(0xC0, 0xE0)),
    "6.13.2": b" ".join(bytes([byte]) for byte in range(0xE0, 0xF0)),
    "6.13.3": b" ".join(bytes([byte]) for byte in range(0xF0, 0xF8)),
    "6.13.4": b" ".join(bytes([byte]) for byte in range(0xF8, 0xFC)),
    "6.13.5": b"\xfc \xfd",
    "6.14.1": b"\xc0",
    "6.14.2": b"\xe0\x80",
    "6.14.3": b"\xf0\x80\x80",
    "6.14.6": b"\xdf",
    "6.14.7": b"\xef\xbf",
    "6.14.8": b"\xf7\xbf\xbf",
    "6.15.1": b"\xc0\xe0\x80\xf0\x80\x80\xf8\x80\x80\x80\xfc\x80\x80\x80\x80\xdf\xef\xbf\xf7\xbf\xbf",
    "6.16.1": b"\xfe",
    "6.16.2": b"\xff",
    "6.16.3": b"\xfe\xfe\xff\xff",
    "6.17.1": b"\xc0\xaf",
    "6.17.2": b"\xe0\x80\xaf",
    "6.17.3": b"\xf0\x80\x80\xaf",
    "6.17.4": b"\xf8\x80\x80\x80\xaf",
    "6.17.5": b"\xfc\x80\x80\x80\x80\xaf",
    "6.18.1": b"\xc1\xbf",
    "6.18.2": b"\xe0\x9f\xbf",
    "6.18.3": b"\xf0\x8f\xbf\xbf",
    "6.18.4": b"\xf8\x87\xbf\xbf\xbf",
    "6.18.5": b"\xfc\x83\xbf\xbf\xbf\xbf",
    "6.19.1": b"\xc0\x80",
    "6.19.2": b"\xe0\x80\x80",
    "6.19.3": b"\xf0\x80\x80\x80",
    "6.20.1": b"\xed\xa0\x80",
    "6.20.2": b"\xed\xad\xbf",
    "6.20.3": b"\xed\xae\x80",
    "6.20.4": b"\xed\xaf\xbf",
    "6.20.5": b"\xed\xb0\x80",
    "6.20.6": b"\xed\xbe\x80",
    "6.20.7": b"\xed\xbf\xbf",
    "6.21.1": b"\xed\xa0\x80\xed\xb0\x80",
    "6.21.4": b"\xed\xad\xbf\xed\xbf\xbf",
    "6.21.8": b"\xed\xaf\xbf\xed\xbf\xbf",
}


def utf8_cases() -> None:
    @case("6.1.1 an empty text message")
    def _(peer: Peer) -> str:
        peer.send(frame(TEXT))
        return expect_error(peer)

    @case("6.1.2 three empty fragments")
    def _(peer: Peer) -> str:
        peer.send(frame(TEXT, fin=False) + frame(CONTINUATION, fin=False) + frame(CONTINUATION))
        return expect_error(peer)

    @case("6.1.3 a message between two empty fragments")
    def _(peer: Peer) -> str:
        peer.send(frame(TEXT, fin=False) + frame(CONTINUATION, json_ping(40), fin=False) + frame(CONTINUATION))
        return expect_json_pong(peer)

    unicode = VALID["6.5.1"]

    @case("6.2.1 valid UTF-8 in one frame")
    def _(peer: Peer) -> str:
        peer.send(frame(TEXT, unicode))
        return expect_error(peer)

    @case("6.2.2 valid UTF-8 in two fragments, cut between characters")
    def _(peer: Peer) -> str:
        peer.send(frame(TEXT, unicode[:8], fin=False) + frame(CONTINUATION, unicode[8:]))
        return expect_error(peer)

    @case("6.2.3 valid UTF-8 in fragments of one octet")
    def _(peer: Peer) -> str:
        peer.send(b"".join(fragments(TEXT, unicode, 1)))
        return expect_error(peer)

    @case("6.2.4 Greek in fragments of one octet")
    def _(peer: Peer) -> str:
        peer.send(b"".join(fragments(TEXT, VALID["6.5.2"], 1)))
        return expect_error(peer)

    @case("6.3.2 invalid UTF-8 in fragments of one octet")
    def _(peer: Peer) -> str:
        with contextlib.suppress(OSError):
            peer.send(b"".join(fragments(TEXT, INVALID["6.3.1"], 1)))
        return expect_close(peer, 1007)

    good, bad, rest = b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5", b"\xf4\x90\x80\x80", b"edited"

    @case("6.4.1 invalid UTF-8 in the middle fragment: refused before the last one comes")
    def _(peer: Peer) -> str:
        peer.send(frame(TEXT, good, fin=False) + frame(CONTINUATION, bad, fin=False))
        return expect_close(peer, 1007)

    @case("6.4.2 invalid UTF-8 cut inside the bad character")
    def _(peer: Peer) -> str:
        peer.send(frame(TEXT, good + b"\xf4", fin=False) + frame(CONTINUATION, b"\x90", fin=False))
        return expect_close(peer, 1007)

    @case("6.4.3 invalid UTF-8 in the middle of a frame that arrives in pieces")
    def _(peer: Peer) -> str:
        data = frame(TEXT, good + bad + rest)
        with contextlib.suppress(OSError):
            peer.send(data[: len(data) - len(rest)])
            peer.send(data[len(data) - len(rest) :])
        return expect_close(peer, 1007)

    for number, payload in VALID.items():

        @case(f"{number} valid UTF-8: {payload.hex(' ')[:35]}")
        def _(peer: Peer, payload=payload) -> str:
            peer.send(frame(TEXT, payload))
            return expect_error(peer)

    for number, payload in INVALID.items():

        @case(f"{number} invalid UTF-8: {payload.hex(' ')[:35]}")
        def _(peer: Peer, payload=payload) -> str:
            peer.send(frame(TEXT, payload))
            return expect_close(peer, 1007)


# 7 Closing


def close_cases() -> None:
    @case("7.1.1 a message, then close")
    def _(peer: Peer) -> str:
        peer.send(frame(TEXT, json_ping(40)) + frame(CLOSE, close_payload(1000)))
        return expect_answer_then_close(peer, 1000)

    @case("7.1.2 close twice")
    def _(peer: Peer) -> str:
        peer.send(frame(CLOSE, close_payload(1000)) * 2)
        return expect_close(peer, 1000)

    @case("7.1.3 a ping after close")
    def _(peer: Peer) -> str:
        peer.send(frame(CLOSE, close_payload(1000)) + frame(PING, b"too late"))
        return expect_close(peer, 1000) + ", no pong"

    @case("7.1.4 a message after close")
    def _(peer: Peer) -> str:
        peer.send(frame(CLOSE, close_payload(1000)) + frame(TEXT, json_ping(40)))
        return expect_close(peer, 1000) + ", no answer"

    @case("7.1.5 close between two fragments")
    def _(peer: Peer) -> str:
        peer.send(frame(TEXT, b"fragment", fin=False) + frame(CLOSE, close_payload(1000)) + frame(CONTINUATION, b"2"))
        return expect_close(peer, 1000)

    @case("7.1.6 a large message, then close")
    def _(peer: Peer) -> str:
        peer.send(frame(TEXT, json_ping(LIMIT)) + frame(CLOSE, close_payload(1000)) + frame(PING))
        return expect_answer_then_close(peer, 1000)

    @case("7.3.1 close without payload")
    def _(peer: Peer) -> str:
        peer.send(frame(CLOSE))
        return expect_close(peer, None, 1000)

    @case("7.3.2 close with one byte")
    def _(peer: Peer) -> str:
        peer.send(frame(CLOSE, b"a"))
        return expect_close(peer, 1002)

    @case("7.3.3 close with a code alone")
    def _(peer: Peer) -> str:
        peer.send(frame(CLOSE, close_payload(1000)))
        return expect_close(peer, 1000)

    @case("7.3.4 close with a reason")
    def _(peer: Peer) -> str:
        peer.send(frame(CLOSE, close_payload(1000, b"Hello World!")))
        return expect_close(peer, 1000)

    @case("7.3.5 close with a reason of 123 bytes, the longest")
    def _(peer: Peer) -> str:
        peer.send(frame(CLOSE, close_payload(1000, b"*" * 123)))
        return expect_close(peer, 1000)

    @case("7.3.6 close with a reason of 124 bytes")
    def _(peer: Peer) -> str:
        peer.send(frame(CLOSE, close_payload(1000, b"*" * 124)))
        return expect_close(peer, 1002)

    @case("7.5.1 close with a reason that is no UTF-8")
    def _(peer: Peer) -> str:
        peer.send(frame(CLOSE, close_payload(1000, INVALID["6.3.1"])))
        return expect_close(peer, 1007, 1002)

    for number, code in enumerate((1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999), 1):

        @case(f"7.7.{number} close code {code}")
        def _(peer: Peer, code=code) -> str:
            peer.send(frame(CLOSE, close_payload(code)))
            return expect_close(peer, code, 1000)

    for number, code in enumerate((0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999), 1):

        @case(f"7.9.{number} close code {code}, which nobody may send")
        def _(peer: Peer, code=code) -> str:
            peer.send(frame(CLOSE, close_payload(code)))
            return expect_close(peer, 1002)

    for number, code in enumerate((5000, 65535), 1):

        @case(f"7.13.{number} close code {code}, of which the RFC says nothing")
        def _(peer: Peer, code=code) -> str:
            peer.send(frame(CLOSE, close_payload(code)))
            return expect_close(peer, 1002, 1000, code)


# 9 Limits, scaled; 10 fragmentation


def limit_cases() -> None:
    sizes = (LIMIT // 64, LIMIT // 16, LIMIT // 4, LIMIT // 2, LIMIT)
    for number, size in enumerate(sizes, 1):

        @case(f"9.1.{number} a text message of {size} bytes")
        def _(peer: Peer, size=size) -> str:
            peer.send(frame(TEXT, json_ping(size)))
            return expect_json_pong(peer)

    @case(f"9.1.6 a text message of {LIMIT + 1} bytes, one too many")
    def _(peer: Peer) -> str:
        with contextlib.suppress(OSError):
            peer.send(frame(TEXT, json_ping(LIMIT + 1)))
        return expect_close(peer, 1009)

    for number, size in enumerate(sizes, 1):

        @case(f"9.2.{number} a binary message of {size} bytes")
        def _(peer: Peer, size=size) -> str:
            peer.send(frame(BINARY, b"*" * size))
            return expect_error(peer)

    @case("9.2.6 a binary message announced with 2^40 bytes: refused by its header")
    def _(peer: Peer) -> str:
        peer.send(bytes([0x80 | BINARY, 0x80 | 127]) + struct.pack(">Q", 1 << 40) + b"\0\0\0\0")
        return expect_close(peer, 1009)

    @case("9.2.7 a length with its highest bit set")
    def _(peer: Peer) -> str:
        peer.send(bytes([0x80 | BINARY, 0x80 | 127]) + struct.pack(">Q", 1 << 63) + b"\0\0\0\0")
        return expect_close(peer, 1002, 1009)

    for group, opcode in ((3, TEXT), (4, BINARY)):
        for number, size in enumerate((64, 256, 1024, 4096, LIMIT), 1):

            @case(f"9.{group}.{number} {LIMIT} bytes in fragments of {size}, opcode {opcode}")
            def _(peer: Peer, size=size, opcode=opcode) -> str:
                peer.send(b"".join(fragments(opcode, json_ping(LIMIT), size)))
                return expect_json_pong(peer) if opcode == TEXT else expect_error(peer)

    @case("9.3.6 fragments that together are one byte too many")
    def _(peer: Peer) -> str:
        with contextlib.suppress(OSError):
            peer.send(b"".join(fragments(TEXT, json_ping(LIMIT + 1), 1024)))
        return expect_close(peer, 1009)

    for group, opcode in ((5, TEXT), (6, BINARY)):
        for number, size in enumerate((64, 128, 256, 512, 1024, 2048), 1):

            @case(f"9.{group}.{number} {LIMIT} bytes in TCP segments of {size}, opcode {opcode}")
            def _(peer: Peer, size=size, opcode=opcode) -> str:
                peer.send_chopped(frame(opcode, json_ping(LIMIT)), size)
                return expect_json_pong(peer) if opcode == TEXT else expect_error(peer)

    for group, opcode in ((7, TEXT), (8, BINARY)):
        for number, size in enumerate((0, 16, 64, 256, 1024, 4096), 1):

            @case(f"9.{group}.{number} 50 round trips, messages of {max(size, 32) if opcode == TEXT else size} bytes")
            def _(peer: Peer, size=size, opcode=opcode) -> str:
                for number in range(50):
                    if opcode == TEXT:
                        peer.send(frame(TEXT, json_ping(max(size, 32), number)))
                        expect_json_pong(peer, number)
                    else:
                        peer.send(frame(BINARY, b"*" * size))
                        answer = peer.answer()
                        assert isinstance(answer, Received) and answer.opcode == TEXT, describe(answer)
                return "50 × `pong`" if opcode == TEXT else "50 × `error`"

    @case(f"10.1.1 {LIMIT} bytes in fragments of 1300, as a proxy may cut them")
    def _(peer: Peer) -> str:
        peer.send(b"".join(fragments(TEXT, json_ping(LIMIT), 1300)))
        return expect_json_pong(peer)


# Masking, and 12/13 compression


def other_cases() -> None:
    @case("mask: an unmasked frame from a client")
    def _(peer: Peer) -> str:
        peer.send(frame(TEXT, json_ping(40), mask=False))
        return expect_close(peer, 1002)

    @case(
        "12.1 permessage-deflate is offered and declined",
        ("Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits",),
    )
    def _(peer: Peer) -> str:
        assert "sec-websocket-extensions" not in peer.headers, peer.headers
        peer.send(frame(TEXT, json_ping(200)))
        return "no extension, " + expect_json_pong(peer)


for build in (
    framing_cases,
    ping_cases,
    reserved_bit_cases,
    opcode_cases,
    fragmentation_cases,
    utf8_cases,
    close_cases,
    limit_cases,
    other_cases,
):
    build()


def run_case(case: Case, port: int) -> tuple[bool, str]:
    try:
        with Peer(port, TARGET, headers=case.headers) as peer:
            return True, case.run(peer)
    except AssertionError as problem:
        return False, str(problem)
    except (OSError, ValueError) as problem:
        return False, f"{type(problem).__name__}: {problem}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("case", nargs="*", help="beginnings of case names; all if none is given")
    parser.add_argument("--port", type=int, help="of a running server; else one is started")
    parser.add_argument("--report", type=pathlib.Path)
    parser.add_argument("--table", type=pathlib.Path)
    arguments = parser.parse_args()

    names = [case.name for case in CASES]
    assert len(set(names)) == len(names), "two cases share a name"
    chosen = [case for case in CASES if not arguments.case or case.name.startswith(tuple(arguments.case))]
    results = []
    with contextlib.ExitStack() as stack:
        port = arguments.port or stack.enter_context(running_server("--seed", "7", "--log-level", "warning")).port
        for case in chosen:
            ok, answer = run_case(case, port)
            results.append({"name": case.name, "ok": ok, "answer": answer})
            if not ok:
                print(f"FAILED {case.name}: {answer}", flush=True)
    failed = sum(not result["ok"] for result in results)
    print(f"websocket: {len(results) - failed} of {len(results)} cases conform")
    if arguments.report:
        arguments.report.write_text(json.dumps(results, indent=1), encoding="utf-8")
    if arguments.table:
        rows = [f"| {result['name']} | {result['answer']} |" for result in results]
        arguments.table.write_text(
            "\n".join(["| case | what the peer gets back |", "|---|---|", *rows, ""]), encoding="utf-8"
        )
    return 1 if failed or not results else 0


if __name__ == "__main__":
    sys.exit(main())
