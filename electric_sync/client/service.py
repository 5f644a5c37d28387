"""The service at one address: sends requests, tells answers from failures, keeps the secret."""

from __future__ import annotations

import inspect
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

import httpx

from electric_sync.client.errors import BadAnswer, Refused, Unavailable
from electric_sync.client.events import EventReader

CONNECT_SECONDS = 10.0
LARGEST_BODY = 256 * 1024 * 1024
"""Bytes. Electric answers in pieces of 10 MiB, and one row is always in one piece."""
LARGEST_REASON = 2_000
"""Characters of a refusal that are worth showing."""
EVENTS_SILENCE = 45.0
"""Seconds without a byte after which an event stream is given up; Electric sends a comment
every 21."""
TEMPORARY = frozenset({408, 425, 429})
"""Refusals that mean "not now"; so does everything from 500 on."""

Headers = Mapping[str, str] | Callable[[], Mapping[str, str] | Awaitable[Mapping[str, str]]]
"""Fixed headers, or a function (also an async one) that is asked before each request."""

_TEXT = "application/json"
_EVENTS = "text/event-stream"


class PrivateURL(httpx.URL):
    """An address that shows only where it leads: httpx writes addresses into its log."""

    def __str__(self) -> str:
        return f"{self.scheme}://{self.netloc.decode('ascii')}{self.path}"

    def __repr__(self) -> str:
        return f"PrivateURL('{self}')"


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer: 200 and 204 with messages, 409 without."""

    status: int
    headers: httpx.Headers
    body: Any

    @property
    def is_conflict(self) -> bool:
        """Whether the shape asked for is not there any more."""
        return self.status == httpx.codes.CONFLICT


class Events:
    """An answer that goes on: server-sent events, each one message."""

    def __init__(self, response: httpx.Response, service: Service) -> None:
        self.headers = response.headers
        self._response = response
        self._service = service
        self._portions: AsyncIterator[bytes] = response.aiter_bytes()
        self._reader = EventReader()

    async def next(self) -> list[Any] | None:
        """The messages that have come whole since; None when the service has ended the answer.

        After any exception, also a cancellation, it is closed.

        Raises:
            Unavailable: the connection was cut, or is silent.
            BadAnswer: that is no JSON.
        """
        try:
            with self._service.failures():
                async for portion in self._portions:
                    if events := self._reader.feed(portion):
                        return [json.loads(event) for event in events]
            return None
        except ValueError as error:
            await self.close()
            raise BadAnswer(f"{self._service} sent an event that is no JSON.") from error
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Hang up."""
        await self._response.aclose()


class Service:
    """Electric, or whatever speaks its protocol, at one address."""

    def __init__(
        self,
        url: str,
        *,
        client: httpx.AsyncClient,
        secret: str | None,
        headers: Headers | None,
        silence: float,
    ) -> None:
        self._url = httpx.URL(url)
        self._client = client
        self._secret = secret
        self._headers = headers or {}
        self._silence = silence
        given = self._url.params
        self._private = tuple(
            filter(None, (secret, self._url.password, given.get("secret"), given.get("api_secret")))
        )

    def __str__(self) -> str:
        url = self._url.copy_with(userinfo=b"")
        return str(PrivateURL(url))

    __repr__ = __str__

    async def ask(self, query: Mapping[str, str], *, body: object = None) -> Answer:
        """The whole answer to a request, a POST if there is a body.

        Raises:
            Unavailable, Refused, BadAnswer: there is none.
        """
        with self.failures():
            response = await self._send(query, accept=_TEXT, silence=self._silence, body=body)
            return await self._whole(response)

    async def listen(self, query: Mapping[str, str]) -> Answer | Events:
        """Events, or a whole answer if the service has no events for us.

        Raises:
            Unavailable, Refused, BadAnswer: there is neither.
        """
        with self.failures():
            response = await self._send(
                query, accept=_EVENTS, silence=min(self._silence, EVENTS_SILENCE)
            )
            if response.status_code == httpx.codes.OK and response.headers.get(
                "content-type", ""
            ).startswith(_EVENTS):
                return Events(response, self)
            return await self._whole(response)

    @contextmanager
    def failures(self) -> Iterator[None]:
        """Turn httpx's exceptions into ours."""
        try:
            yield
        except httpx.LocalProtocolError:
            # Its message would show the header.
            raise ValueError("A header holds what no header may hold, a line end maybe.") from None
        except httpx.PoolTimeout as error:
            raise Unavailable(
                "The httpx client has no connection left. Each live stream keeps one: give the "
                "client larger limits, or each stream a client of its own."
            ) from error
        except httpx.RequestError as error:
            said = f": {error}" if str(error) else ""
            raise Unavailable(
                f"{self} gave no whole answer ({type(error).__name__}{self._clean(said)})."
            ) from error

    async def _send(
        self, query: Mapping[str, str], *, accept: str, silence: float, body: object = None
    ) -> httpx.Response:
        headers = self._headers() if callable(self._headers) else self._headers
        own = await headers if inspect.isawaitable(headers) else headers
        asked = {"accept": accept} if accept == _TEXT else {"accept": accept, **_UNCOMPRESSED}
        request = self._client.build_request(
            "GET" if body is None else "POST",
            self._url,
            headers={**asked, **own},
            json=body,
            timeout=httpx.Timeout(silence, connect=min(CONNECT_SECONDS, silence)),
        )
        secret = {} if self._secret is None else {"secret": self._secret}
        # Sorted, so that a cache sees the same address for the same question.
        asked_for = dict(sorted({**query, **secret}.items()))
        request.url = PrivateURL(request.url.copy_merge_params(asked_for))
        return await self._client.send(request, stream=True, follow_redirects=False)

    async def _whole(self, response: httpx.Response) -> Answer:
        try:
            content = bytearray()
            async for portion in response.aiter_bytes():
                content += portion
                if len(content) > LARGEST_BODY:
                    raise BadAnswer(f"{self} answered with more than {LARGEST_BODY} bytes.")
        finally:
            await response.aclose()
        status = response.status_code
        if status == httpx.codes.OK:
            return Answer(status, response.headers, self._decoded(response, content))
        if status in (httpx.codes.NO_CONTENT, httpx.codes.CONFLICT):
            return Answer(status, response.headers, [])
        raise self._refusal(response, bytes(content))

    def _decoded(self, response: httpx.Response, content: bytearray) -> Any:
        if "electric-handle" not in response.headers:
            raise BadAnswer(
                f"What answers at {self} does not speak Electric's protocol: there is no header "
                "electric-handle. The address ends with /v1/shape; a proxy before it must pass "
                "on all electric-… headers."
            )
        try:
            return json.loads(content)
        except ValueError as error:
            # Without a length or chunks, an end that came too early is seen only here.
            raise Unavailable(f"{self} gave an answer that is cut short.") from error

    def _refusal(self, response: httpx.Response, content: bytes) -> Refused | Unavailable:
        status = response.status_code
        said = self._clean(content.decode(errors="replace"))
        reason, errors = _reason(said.strip(), response.reason_phrase)
        if status in TEMPORARY or status >= httpx.codes.INTERNAL_SERVER_ERROR:
            return Unavailable(
                f"{self} cannot answer now ({status}): {reason}",
                retry_after=_seconds(response.headers.get("retry-after")),
            )
        if response.has_redirect_location:
            reason = f"it has moved to {self._elsewhere(response)}; use that address"
        return Refused(
            f"{self} refused ({status}): {reason}", status=status, reason=reason, errors=errors
        )

    def _elsewhere(self, response: httpx.Response) -> PrivateURL | str:
        try:
            return PrivateURL(self._url.join(response.headers["location"]))
        except httpx.InvalidURL:
            return "an address that is none"

    def _clean(self, text: str) -> str:
        """Without the secret, should somebody have repeated it to us."""
        for secret in self._private:
            text = text.replace(secret, "…").replace(quote(secret, safe=""), "…")
        return text


_UNCOMPRESSED = {"accept-encoding": "identity"}
"""A compressor would hold events back until it has enough of them."""


def _reason(text: str, otherwise: str) -> tuple[str, Mapping[str, object]]:
    """What the service says in a refusal: in words, and by parameter."""
    try:
        body = json.loads(text)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        return (text[:LARGEST_REASON] or otherwise), {}
    found = (body.get(name) for name in ("message", "error", "detail", "title"))
    reason = str(next(filter(None, found), otherwise))
    errors = body.get("errors") or {}
    if isinstance(errors, dict) and errors:
        reason += ": " + "; ".join(f"{name}: {_flat(said)}" for name, said in errors.items())
    if details := body.get("details"):
        reason += f": {details}"
    return reason[:LARGEST_REASON], errors if isinstance(errors, dict) else {}


def _flat(said: object) -> str:
    if isinstance(said, dict):
        return ", ".join(f"{name}: {_flat(each)}" for name, each in said.items())
    if isinstance(said, list):
        return ", ".join(map(_flat, said))
    return str(said)


def _seconds(retry_after: str | None) -> float:
    """A ``retry-after`` header, in seconds or as a date; 0 if there is none to be understood."""
    if retry_after is None:
        return 0.0
    if retry_after.strip().isdecimal():
        return float(retry_after)
    try:
        return max(0.0, parsedate_to_datetime(retry_after).timestamp() - time.time())
    except ValueError:
        return 0.0
