"""What is counted for Prometheus. Labels are route templates and topics, never addresses or names of people."""

import os

from prometheus_client import REGISTRY as _REGISTRY
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, multiprocess

REQUESTS = Counter("http_requests", "Requests answered", ("method", "route", "status"))
SECONDS = Histogram(
    "http_request_seconds",
    "Time to answer",
    ("method", "route"),
    buckets=(0.005, 0.01, 0.02, 0.04, 0.06, 0.1, 0.2, 0.5, 1, 2, 5),
)
JOBS = Counter("jobs", "Pieces of outbox work, by how they ended", ("topic", "end"))
LIMITED = Counter("limits_reached", "Requests refused by a limit", ("scope",))
LIMITER_DOWN = Counter("limiter_fallbacks", "Limits counted in the process because Valkey did not answer")
OUTBOX = Gauge("outbox_rows", "Outbox rows, as the database has them", ("state",), multiprocess_mode="mostrecent")
MAIL_ROWS = Gauge(
    "mail_rows", "Mails of the last day, as the database has them", ("state",), multiprocess_mode="mostrecent"
)
MAILS = Counter("mails", "Mails, by how their delivery ended", ("end",))


def exposition() -> bytes:
    """All figures in Prometheus' text format; of all processes where PROMETHEUS_MULTIPROC_DIR is set."""
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)
        return generate_latest(registry)
    return generate_latest(_REGISTRY)
