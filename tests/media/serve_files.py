#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Serves a folder on 127.0.0.1, well and badly: serve_files.py FOLDER. Prints its port and runs until killed.

/NAME          the file, whole or the part asked for
/flaky/NAME    as /NAME, but the first answer breaks off half-way
/hang/NAME     the beginning, then nothing more
/moved/NAME    a redirection to /NAME
/growing.m3u8  three segments of list.m3u8, one more each time it is asked for, then its end
"""

import http.server
import pathlib
import socketserver
import sys
import threading

folder = pathlib.Path(sys.argv[1])
seen: dict[str, int] = {}
lock = threading.Lock()


def count(path: str) -> int:
    with lock:
        seen[path] = seen.get(path, 0) + 1
        return seen[path]


def growing() -> bytes:
    lines = (folder / "list.m3u8").read_text().splitlines()
    head = [line for line in lines if line.startswith("#EXT") and not line.startswith(("#EXTINF", "#EXT-X-ENDLIST"))]
    entries = [pair for pair in zip(lines, lines[1:]) if pair[0].startswith("#EXTINF")]
    shown = entries[:2 + count("growing")]
    text = [line for line in head if "PLAYLIST-TYPE" not in line] + [line for pair in shown for line in pair]
    return "\n".join(text + (["#EXT-X-ENDLIST"] if len(shown) == len(entries) else []) + [""]).encode()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        words = self.path.strip("/").split("/")
        manner, name = words if len(words) == 2 else ("", words[0])
        if manner == "moved":
            self.send_response(302)
            self.send_header("Location", f"/{name}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        if name == "growing.m3u8":
            body = growing()
        elif (folder / name).is_file():
            body = (folder / name).read_bytes()
        else:
            self.send_error(404)
            return
        start = 0
        asked = self.headers.get("Range", "")
        if asked.startswith("bytes=") and asked[6:].split("-")[0].isdigit():
            start = int(asked[6:].split("-")[0])
        self.send_response(206 if asked else 200)
        if asked:
            self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(len(body) - start))
        self.end_headers()
        body = body[start:]
        if manner == "flaky" and count(self.path) == 1:
            self.wfile.write(body[:len(body) // 2])
            self.close_connection = True
        elif manner == "hang":
            self.wfile.write(body[:len(body) // 2])
            self.wfile.flush()
            self.rfile.read(1)  # until the other side gives up
            self.close_connection = True
        else:
            self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass  # a reader that leaves early is part of the tests


server = Server(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
