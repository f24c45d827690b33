"""What operators watch. Labels are route templates, statuses and codes: never an id of a person, message or key."""

from __future__ import annotations

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.multiprocess import MultiProcessCollector

MEDIA_TYPE = CONTENT_TYPE_LATEST.encode()

# Seconds; a ranking takes a few milliseconds, so the buckets start well below one.
_BUCKETS = (0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class Metrics:
    """Counters and histograms of one process; exposition adds up all workers where they share a folder."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        labels = ("method", "route", "status")
        self._requests = Counter("pushrank_requests", "HTTP requests.", labels, registry=self.registry)
        self._seconds = Histogram(
            "pushrank_request_seconds",
            "Seconds from the first byte of a request to the last of its answer.",
            ("method", "route"),
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self._decisions = Counter(
            "pushrank_decisions", "Decisions by mode and outcome.", ("mode", "outcome"), registry=self.registry
        )
        self._starved = Counter(
            "pushrank_starved_rankings",
            "Rankings for users who had heard nothing for long, by mode and outcome.",
            ("mode", "outcome"),
            registry=self.registry,
        )
        self._exclusions = Counter(
            "pushrank_exclusions", "Candidates removed by a constraint.", ("code",), registry=self.registry
        )
        self._events = Counter("pushrank_events", "Events by what became of them.", ("result",), registry=self.registry)
        self._degraded = Gauge(
            "pushrank_degraded",
            "1 while no usable model is served.",
            registry=self.registry,
            multiprocess_mode="max",
        )
        self._loads = Counter(
            "pushrank_champion_loads", "Champions that were taken or refused.", ("result",), registry=self.registry
        )

        self._broken_rules = Counter(
            "pushrank_broken_rules",
            "Writes that a rule allowed and the store's own constraints refused: always a fault of pushrank.",
            ("route",),
            registry=self.registry,
        )

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(method, route).observe(seconds)

    def decision(self, mode: str, outcome: str, exclusions: Mapping[str, int], *, starved: bool = False) -> None:
        """Count one decision; `outcome` is `slate` or the code of the silence."""
        self._decisions.labels(mode, outcome).inc()
        if starved:
            self._starved.labels(mode, outcome).inc()
        for code, count in exclusions.items():
            self._exclusions.labels(code).inc(count)

    def events(self, accepted: int, duplicates: int, rejected: int) -> None:
        """Count the events of one request."""
        for result, count in (("accepted", accepted), ("duplicate", duplicates), ("rejected", rejected)):
            if count:
                self._events.labels(result).inc(count)

    def broken_rule(self, route: str) -> None:
        """Count a write that the store refused although a rule had allowed it."""
        self._broken_rules.labels(route).inc()

    def champion(self, result: str) -> None:
        """Count a champion that was `taken` or `refused`."""
        self._loads.labels(result).inc()

    def degraded(self, degraded: bool) -> None:  # noqa: FBT001 (a state to show, not a switch)
        """Say whether rankings come without a model."""
        self._degraded.set(1 if degraded else 0)

    def exposition(self, shared: str | None) -> bytes:
        """Write the text that Prometheus reads; `shared` is the folder in which several workers keep their figures."""
        if shared is None:
            return generate_latest(self.registry)
        together = CollectorRegistry()
        MultiProcessCollector(together, path=shared)  # type: ignore[no-untyped-call]
        return generate_latest(together)
