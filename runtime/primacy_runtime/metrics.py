"""Metrics for Prometheus, read from the agent when somebody asks for them.

Contract: nothing here changes anything, and the port answers from threads of its own, a
few at a time, so that a slow scrape delays no step. It needs the package
prometheus_client.

Source: seed, "Monitoring".
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from socketserver import TCPServer, ThreadingMixIn
from typing import Any, Final
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from prometheus_client import CollectorRegistry, make_wsgi_app
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from primacy import Role
from primacy_runtime.counters import BOUNDS_S, Counters
from primacy_runtime.health import Health
from primacy_runtime.settings import Address

MOST_SCRAPES: Final = 16
"""How many may be answered at a time."""
LONGEST_PAUSE_S: Final = 5.0
"""How long a scraper may say nothing, or take nothing."""
POLL_S: Final = 0.1
"""How soon the port is closed when it shall be."""

Request = socket.socket | tuple[bytes, socket.socket]
Caller = Any  # as socketserver types it: an address of any family


class Metrics(Collector):
    """The metrics of one agent. Each carries its mesh and its id as labels."""

    def __init__(self, health: Callable[[], Health], counts: Counters) -> None:
        self._health, self._counts = health, counts

    def collect(self) -> Iterator[Metric]:
        """Read everything once."""
        health = self._health()
        yield from self._gauges(health)
        yield from self._counters(health)
        yield self._disk(health)

    def _gauges(self, health: Health) -> Iterator[Metric]:
        running = health.status == "running"
        for name, told, value in (
            ("up", "whether the agent runs", running),
            ("term", "the current term", health.term),
            ("has_leader", "whether a leader is known", health.leader != ""),
            ("fencing_token", "the token, 0 unless it leads", health.token),
            ("last_index", "the end of the log", health.last_index),
            ("commit_index", "up to here the log is committed", health.commit_index),
            (
                "commit_lag_entries",
                "entries of the log that are not known to be committed",
                health.last_index - health.commit_index,
            ),
            ("log_start", "the log begins behind this entry", health.log_start),
            ("snapshot_index", "up to here the snapshot is", health.snapshot_index),
            ("snapshot_bytes", "how long the snapshot is", health.snapshot_bytes),
            ("electors", "agents that may vote", len(health.electors)),
            ("workers", "members that do not vote", len(health.workers)),
            ("roll_index", "the entry that set the members", health.roll_index),
            (
                "roll_committed",
                "whether the last change of the members is committed",
                health.is_roll_committed,
            ),
            ("connected_peers", "peers that can be sent to", len(health.connected)),
            ("alive_agents", "agents taken to be alive", len(health.alive)),
            ("cut_off", "whether no quorum answered", health.is_cut_off),
        ):
            labels, values = _who(health)
            gauge = GaugeMetricFamily(f"primacy_{name}", told, labels=labels)
            gauge.add_metric(values, float(value))
            yield gauge
        labels, values = _who(health)
        roles = GaugeMetricFamily(
            "primacy_role", "1 for the role it has", labels=[*labels, "role"]
        )
        for role in Role:
            roles.add_metric([*values, role.value], float(role.value == health.role))
        yield roles

    def _counters(self, health: Health) -> Iterator[Metric]:
        counts = self._counts
        labels, values = _who(health)
        for name, told, value in (
            ("elections_started", "candidacies", counts.elections_started),
            ("elections_won", "candidacies won", counts.elections_won),
            (
                "partitions_suspected",
                "times that no quorum answered",
                counts.partitions_suspected,
            ),
            ("packets_sent", "packets sent", counts.packets_sent),
            ("packets_received", "packets taken", counts.packets_received),
            ("packets_dropped", "packets left out", counts.packets_dropped),
            ("snapshots_taken", "snapshots taken", counts.snapshots_taken),
            ("snapshots_sent", "snapshots sent", counts.snapshots_sent),
            (
                "snapshots_installed",
                "snapshots of others installed",
                counts.snapshots_installed,
            ),
        ):
            counter = CounterMetricFamily(f"primacy_{name}", told, labels=labels)
            counter.add_metric(values, value)
            yield counter
        for name, told, label, kinds in (
            ("rejected", "refused connections and packets", "kind", counts.rejected),
            ("requests", "requests of clients", "outcome", counts.requests),
        ):
            family = CounterMetricFamily(
                f"primacy_{name}", told, labels=[*labels, label]
            )
            for kind, count in tuple(kinds.items()):
                family.add_metric([*values, kind], count)
            yield family

    def _disk(self, health: Health) -> Metric:
        labels, values = _who(health)
        family = HistogramMetricFamily(
            "primacy_persist_seconds", "how long the disk took", labels=labels
        )
        total, buckets = 0, []
        for bound, count in zip(
            (*BOUNDS_S, "+Inf"), self._counts.disk.buckets, strict=True
        ):
            total += count
            buckets.append((str(bound), float(total)))
        family.add_metric(values, buckets, self._counts.disk.total_s)
        return family


def _who(health: Health) -> tuple[list[str], list[str]]:
    return ["mesh", "agent"], [health.mesh, health.agent]


class _Answer(WSGIRequestHandler):
    """One scrape. A slow scraper is dropped."""

    timeout = LONGEST_PAUSE_S

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name
        """Log nothing: scrapes come all the time."""


class _Server(ThreadingMixIn, WSGIServer):
    """A thread for each scrape, a few at a time, and none when it is closed."""

    daemon_threads = False  # so that closing waits for them

    def __init__(self, where: Address) -> None:
        found = socket.getaddrinfo(
            where.host, where.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        self.address_family, place = found[0][0], found[0][4]
        self._scrapes: set[object] = set()
        super().__init__((str(place[0]), int(place[1])), _Answer)

    def server_bind(self) -> None:
        """Bind; ask nobody for the name of the host, for that may take long."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]  # type: ignore[assignment]  # typed for any family
        self.setup_environ()

    def process_request(self, request: Request, client_address: Caller) -> None:
        """Answer in a thread, or send away whom there is none for."""
        if len(self._scrapes) >= MOST_SCRAPES:
            super().shutdown_request(request)
            return
        self._scrapes.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Request) -> None:
        """End a scrape."""
        self._scrapes.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Request, client_address: Caller) -> None:
        """Say nothing: the scraper was slow, or went away."""

    def server_close(self) -> None:
        """Close the port, end all scrapes, and wait for their threads."""
        for scrape in tuple(self._scrapes):
            if isinstance(scrape, socket.socket):
                with suppress(OSError):  # it ended just now
                    scrape.shutdown(socket.SHUT_RDWR)
        super().server_close()


class Port:
    """An open port for Prometheus."""

    def __init__(self, server: _Server) -> None:
        self._server = server
        self._thread = threading.Thread(
            target=partial(server.serve_forever, poll_interval=POLL_S), daemon=True
        )
        self._thread.start()

    @property
    def number(self) -> int:
        """Tell which port it is."""
        return int(self._server.server_port)

    async def close(self) -> None:
        """Close the port; nothing of it is left, neither sockets nor threads."""
        await asyncio.to_thread(self._end)

    def _end(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def serve(where: Address, metrics: Metrics) -> Port:
    """Answer scrapes at an address."""
    registry = CollectorRegistry()
    registry.register(metrics)
    server = _Server(where)
    server.set_app(make_wsgi_app(registry))
    return Port(server)
