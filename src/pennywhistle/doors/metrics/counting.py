"""Counts what another application answers, from outside: statuses, bytes, and what broke off."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pennywhistle.flows.measures import Count, get_measures

_SERVER_ERROR = 500


def counted(app: ASGIApp) -> ASGIApp:
    """`app`, whose answers are counted as deliveries."""

    async def counting(scope: Scope, receive: Receive, send: Send) -> None:
        answer = _Answer()

        async def send_and_note(message: Message) -> None:
            await send(message)
            answer.note(message)

        try:
            await app(scope, receive, send_and_note)
        finally:
            if scope["type"] == "http":
                answer.count()

    return counting


@dataclass(slots=True)
class _Answer:
    """One answer, as far as it was sent. No status: the server tells of an error in its place."""

    status: int = _SERVER_ERROR
    has_begun: bool = False
    is_whole: bool = False
    size_bytes: int = 0
    promised_bytes: int | None = None

    def note(self, message: Message) -> None:
        """A message of ours was taken by the server."""
        if message["type"] == "http.response.body":
            self.size_bytes += len(message.get("body", b""))
            # A listener who was promised a length leaves with the last byte, before we say it was.
            has_all = self.promised_bytes is not None and self.size_bytes >= self.promised_bytes
            self.is_whole = has_all or not message.get("more_body", False)
        elif message["type"] == "http.response.start":
            self.status, self.has_begun = message["status"], True
            lengths = [value for name, value in message["headers"] if name == b"content-length"]
            self.promised_bytes = int(lengths[0]) if lengths else None
        elif message["type"] == "http.response.pathsend":
            # From here on the server sends the file by itself.
            self.size_bytes, self.is_whole = self.promised_bytes or 0, True

    def count(self) -> None:
        """Nothing more comes."""
        measures = get_measures()
        measures.count_answer(status=self.status)
        measures.count(Count.DELIVERED_BYTES, self.size_bytes)
        if self.has_begun and not self.is_whole:
            measures.count(Count.DELIVERIES_BROKEN_OFF)
