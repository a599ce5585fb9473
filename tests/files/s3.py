"""A bucket of S3 for the tests: a real HTTP server on this machine that keeps bytes in memory and checks who asks."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

ACCESS = "KETNOITEST"


class Shelf(ThreadingHTTPServer):
    """What lies in the bucket, and what was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Asked)
        self.content: dict[str, bytes] = {}
        self.pieces: dict[str, dict[int, bytes]] = {}
        self.log: list[str] = []
        self.fails = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Asked(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Shelf

    def log_message(self, *_args: Any) -> None:
        """Nothing on the test's screen."""

    def _say(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if "Content_Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _may(self) -> str | None:
        """The key, when the request is signed with the right access key; refusals are answered here."""
        key = unquote(urlsplit(self.path).path).removeprefix("/try-bucket/")
        self.server.log.append(f"{self.command} {key}")
        length = int(self.headers.get("Content-Length") or 0)
        self.body = self.rfile.read(length) if length else b""
        if f"Credential={ACCESS}/" not in self.headers.get("Authorization", ""):
            self._say(403, b"<Error><Code>InvalidAccessKeyId</Code></Error>")
            return None
        if self.server.fails:
            self.server.fails -= 1
            self._say(500, b"<Error><Code>InternalError</Code></Error>")
            return None
        return key

    def do_PUT(self) -> None:
        key = self._may()
        if key is None:
            return
        query = parse_qs(urlsplit(self.path).query)
        if "partNumber" in query:
            self.server.pieces.setdefault(key, {})[int(query["partNumber"][0])] = self.body
        else:
            self.server.content[key] = self.body
        self._say(200, ETag='"x"')

    def do_POST(self) -> None:
        key = self._may()
        if key is None:
            return
        if urlsplit(self.path).query.startswith("delete"):
            gone = re.findall(r"<Key>([^<]+)</Key>", self.body.decode())
            for name in gone:
                self.server.content.pop(name, None)
            told = "".join(f"<Deleted><Key>{name}</Key></Deleted>" for name in gone)
            self._say(200, f"<DeleteResult>{told}</DeleteResult>".encode())
            return
        if urlsplit(self.path).query.startswith("uploads"):
            self._say(200, b"<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>")
            return
        parts = self.server.pieces.pop(key)
        self.server.content[key] = b"".join(parts[number] for number in sorted(parts))
        self._say(200, b"<CompleteMultipartUploadResult><ETag>x</ETag></CompleteMultipartUploadResult>")

    def do_GET(self) -> None:
        key = self._may()
        if key is None:
            return
        content = self.server.content.get(key)
        if content is None:
            self._say(404, b"<Error><Code>NoSuchKey</Code></Error>")
            return
        facts = {"ETag": '"x"', "Last_Modified": "Sun, 22 Nov 2026 05:00:00 GMT"}
        match = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if match is None:
            self._say(200, content, Content_Length=str(len(content)), **facts)
            return
        start, end = int(match[1]), int(match[2]) + 1 if match[2] else len(content)
        part = content[start:end]
        facts["Content_Range"] = f"bytes {start}-{start + len(part) - 1}/{len(content)}"
        self._say(206, part, Content_Length=str(len(part)), **facts)

    do_HEAD = do_GET


@contextmanager
def bucket_server() -> Iterator[Shelf]:
    server = Shelf()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
