"""Meta's answers about media, and the source that asks it."""

import hashlib
from collections.abc import AsyncIterator, Callable

import httpx
from pydantic import SecretStr

from domain.ports.files import MediaSource
from file_manager.adapters.whatsapp_media import GraphApi, WhatsAppMedia

PHOTO = b"\xff\xd8\xff\xe0 a photo"
TOKEN = "a-secret-token"
LINK = "https://lookaside.fbsbx.com/whatsapp?mid=1"

Answer = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]


class Meta:
    """Answers requests from a list per path, the last answer again and again."""

    def __init__(self, look_ups: list[Answer], downloads: list[Answer]) -> None:
        self._answers = {"graph.facebook.com": look_ups, "lookaside.fbsbx.com": downloads}
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answers = self._answers[request.url.host]
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            raise answer
        return unread(answer if isinstance(answer, httpx.Response) else answer(request))

    @property
    def hosts(self) -> list[str]:
        return [request.url.host for request in self.requests]


def unread(answer: httpx.Response) -> httpx.Response:
    """Give an answer as a network does: its bytes are still to come, and come once."""
    if not answer.is_stream_consumed:
        return answer

    async def arriving() -> AsyncIterator[bytes]:
        yield answer.content

    return httpx.Response(answer.status_code, headers=answer.headers, content=arriving())


def source(
    meta: Meta, transfer_seconds: float = 60.0, look_up_seconds: float = 60.0
) -> WhatsAppMedia:
    graph = GraphApi(
        url="https://graph.facebook.com/",
        version="v24.0",
        token=SecretStr(TOKEN),
        transfer_seconds=transfer_seconds,
        look_up_seconds=look_up_seconds,
    )
    return WhatsAppMedia(httpx.AsyncClient(transport=httpx.MockTransport(meta)), graph)


def link(**changes: object) -> httpx.Response:
    told = {
        "messaging_product": "whatsapp",
        "url": LINK,
        "mime_type": "image/jpeg",
        "sha256": hashlib.sha256(PHOTO).hexdigest(),
        "file_size": len(PHOTO),
        "id": "media-1",
    }
    return httpx.Response(200, json={**told, **changes})


def refusal(status: int, code: int) -> httpx.Response:
    return httpx.Response(status, json={"error": {"message": "no", "code": code}})


def photo(request: httpx.Request) -> httpx.Response:
    begin = int(request.headers.get("range", "bytes=0-")[6:-1])

    async def arriving() -> AsyncIterator[bytes]:
        yield PHOTO[begin : begin + 5]
        yield PHOTO[begin + 5 :]

    part = {"content-range": f"bytes {begin}-{len(PHOTO) - 1}/{len(PHOTO)}"}
    return httpx.Response(206 if begin else 200, headers=part if begin else {}, content=arriving())


async def read(media: MediaSource, media_id: str = "media-1", link: str | None = None) -> bytes:
    async with media.open(media_id, phone_number_id="1060", link=link) as opened:
        return b"".join([piece async for piece in opened.content])
