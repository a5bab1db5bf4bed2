"""The viewer as an ASGI application."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clickwright.errors import ClickwrightError, ConfigError, DamagedFileError, UnknownNameError, require
from clickwright.trajectories.viewer import live, pictures, replays
from clickwright.trajectories.viewer.api import GETS, POSTS, Params
from clickwright.trajectories.viewer.guard import Guard
from clickwright.trajectories.viewer.source import Decode, Metrics, ReadOnlyError, Settings, Source, as_json
from clickwright.trajectories.viewer.watch import Watch

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

MAX_BODY_BYTES = 256 * 1024
STATUS = {ReadOnlyError: 403, UnknownNameError: 404, DamagedFileError: 500}
"""Of an error that is not simply a bad request."""
KINDS = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}


def create_app(
    run: str | Path,
    *,
    token: str,
    author: str,
    decode: Decode | None = None,
    metrics: Metrics | None = None,
    read_only: bool = False,
    blind: bool = False,
) -> Starlette:
    """The viewer of a run.

    Args:
        run: Run directory.
        token: What the first address must carry; a request without it is refused.
        author: Who labels, until the page says otherwise.
        decode: Token ids to one piece of text each.
        metrics: Reads the lines of the run's metrics.
        read_only: Refuse to store labels.
        blind: Hide outcomes, rewards and other people's labels.

    Raises:
        MissingExtraError: Starlette is not installed.
        UnknownNameError: There is no such run.
        DamagedFileError: Its store cannot be read.
    """
    require("starlette", extra="view")
    from starlette.applications import Starlette
    from starlette.concurrency import run_in_threadpool
    from starlette.middleware import Middleware
    from starlette.responses import Response, StreamingResponse
    from starlette.routing import Route

    settings = Settings(author=author, read_only=read_only, blind=blind, decode=decode, metrics=metrics)
    source = Source(run, settings)
    watch = Watch(source.folder)

    def answer(work: Callable[[], Any]) -> Response:
        try:
            return Response(as_json(work()), media_type="application/json", headers={"cache-control": "no-store"})
        except (ClickwrightError, OSError) as error:
            status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 400)
            status = 500 if isinstance(error, OSError) and not isinstance(error, ClickwrightError) else status
            return Response(as_json({"error": str(error)}), status_code=status, media_type="application/json")

    def get(request: Request) -> Response:
        handler = GETS.get(request.path_params["name"])
        if handler is None:
            return answer(lambda: _unknown(request.path_params["name"]))
        return answer(lambda: handler(source, Params(request.query_params)))

    async def post(request: Request) -> Response:
        handler = POSTS.get(request.path_params["name"])
        if handler is None:
            return answer(lambda: _unknown(request.path_params["name"]))
        try:
            data = await _body(request)
        except ConfigError as error:
            complaint = str(error)
            return answer(lambda: _refuse(complaint))
        return await run_in_threadpool(answer, lambda: handler(source, data))

    def png(work: Callable[[], bytes], *, cache: str) -> Response:
        found: list[bytes] = []
        failed = answer(lambda: found.append(work()))
        return Response(found[0], media_type="image/png", headers={"cache-control": cache}) if found else failed

    def picture(request: Request) -> Response:
        sha256, small = request.path_params["sha256"], request.query_params.get("size") == "small"
        return png(lambda: _png(source, sha256, small=small), cache="private, max-age=31536000")

    def replay_picture(request: Request) -> Response:
        name = request.query_params.get("id", "")
        return png(lambda: replays.replay_picture(source.replays, name), cache="no-store")

    async def events(request: Request) -> Response:
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        return StreamingResponse(live.stream(source, watch), media_type="text/event-stream", headers=headers)

    def static(request: Request) -> Response:
        name = request.path_params.get("path") or "index.html"
        body = _static().get(name)
        if body is None:
            return Response("no such page", status_code=404, media_type="text/plain")
        kind = KINDS[Path(name).suffix]
        return Response(body, media_type=kind, headers={"cache-control": "no-cache"})

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with watch:
            yield
        source.close()

    routes = [
        Route("/", static),
        Route("/static/{path:path}", static),
        Route("/api/live", events),
        Route("/api/frames/{sha256}", picture),
        Route("/api/replay/picture", replay_picture),
        Route("/api/{name}", get, methods=["GET"]),
        Route("/api/{name}", post, methods=["POST"]),
    ]
    app = Starlette(routes=routes, middleware=[Middleware(Guard, token=token)], lifespan=lifespan)
    app.state.watch = watch
    return app


def _unknown(name: str) -> None:
    raise UnknownNameError("address", f"/api/{name}", allowed=[f"/api/{known}" for known in (*GETS, *POSTS)])


def _refuse(complaint: str) -> None:
    raise ConfigError(complaint)


def _png(source: Source, sha256: str, *, small: bool) -> bytes:
    return pictures.thumbnail(source, sha256) if small else pictures.frame(source, sha256).png


async def _body(request: Request) -> object:
    """The JSON that was sent.

    Raises:
        ConfigError: It is too large, or none.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise ConfigError("JSON is expected (content-type: application/json)")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise ConfigError(f"more than {MAX_BODY_BYTES} bytes were sent")
    try:
        return json.loads(bytes(body))
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"what was sent is not JSON: {error}") from None


def _static() -> dict[str, bytes]:
    """The files of the page by their path."""
    found: dict[str, bytes] = {}
    waiting = [("", files("clickwright.trajectories.viewer").joinpath("static"))]
    while waiting:
        prefix, folder = waiting.pop()
        for entry in folder.iterdir():
            if entry.is_dir():
                waiting.append((f"{prefix}{entry.name}/", entry))
            elif Path(entry.name).suffix in KINDS:
                found[f"{prefix}{entry.name}"] = entry.read_bytes()
    return found
