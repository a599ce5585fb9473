"""A small HTTP/1.1 client that keeps connections open, so that the measuring costs little beside the measured."""

import asyncio
import time
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

import msgspec


class Request(msgspec.Struct, frozen=True):
    """One request; `expect` are the status codes that count as answered well."""

    method: str
    path: str
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    expect: tuple[int, ...] = (200,)


class Timing(msgspec.Struct, frozen=True):
    """What a run of requests took. Seconds; `rate` in requests per second."""

    count: int
    errors: int
    seconds: float
    p50: float
    p95: float
    p99: float

    @property
    def rate(self) -> float:
        return self.count / self.seconds if self.seconds else 0.0


async def fire(origin: str, requests: Sequence[Request] | Callable[[int], Request], count: int, at_once: int) -> Timing:
    """Send `count` requests, `at_once` at a time, each connection sending its next when it has its answer."""
    parts = urlsplit(origin)
    numbers = iter(range(count))
    took: list[float] = []
    errors = 0

    async def one_connection() -> None:
        nonlocal errors
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        try:
            for number in numbers:
                request = requests(number) if callable(requests) else requests[number % len(requests)]
                begun = time.perf_counter()
                writer.write(_bytes(request, parts.netloc))
                status = await _read(reader)
                took.append(time.perf_counter() - begun)
                errors += status not in request.expect
        finally:
            writer.close()

    begun = time.perf_counter()
    await asyncio.gather(*(one_connection() for _n in range(at_once)))
    return timing(took, errors, time.perf_counter() - begun)


def timing(took: list[float], errors: int, seconds: float) -> Timing:
    """Order statistics of single times."""
    took = sorted(took) or [0.0]

    def at(share: float) -> float:
        return took[min(len(took) - 1, int(share * len(took)))]

    return Timing(len(took), errors, seconds, at(0.5), at(0.95), at(0.99))


def _bytes(request: Request, host: str) -> bytes:
    lines = [f"{request.method} {request.path} HTTP/1.1", f"Host: {host}", "Accept-Language: vi"]
    lines += [f"{name}: {value}" for name, value in request.headers]
    if request.body or request.method != "GET":
        lines.append(f"Content-Length: {len(request.body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + request.body


async def _read(reader: asyncio.StreamReader) -> int:
    """Read one answer to its end; the status."""
    head = await reader.readuntil(b"\r\n\r\n")
    status = int(head[9:12])
    lower = head.lower()
    if b"transfer-encoding: chunked" in lower:
        while size := int(await reader.readline(), 16):
            await reader.readexactly(size + 2)
        await reader.readline()
    elif b"content-length:" in lower:
        length = int(lower.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
        await reader.readexactly(length)
    return status
