"""The token and the request for a file go to Meta's own hosts, and nowhere else."""

import httpx
import pytest

from domain.ports.files import MediaUntrusted
from meta_media import LINK, PHOTO, Meta, link, photo, read, source

UNREADABLE = [
    "http://xn--a/",
    "https://xn--a/",
    "http://[broken",
    "http://[::1",
    "https://\uff41\u3002com/",
]


@pytest.mark.parametrize(
    "url",
    [
        "https://elsewhere.example/",
        "http://lookaside.fbsbx.com/",
        "https://lookaside.fbsbx.com.elsewhere.example/",
        "https://lookaside.fbsbx.com@elsewhere.example/",
        "http://graph.facebook.com/",
        "https://graph.facebook.com:8443/",
        "https://lookaside.fbsbx.com:8443/",
        "file:///etc/passwd",
        "/relative",
    ],
)
async def test_the_token_is_sent_to_no_other_host_by_link_or_redirect(url: str) -> None:
    by_link = Meta([link(url=url)], [photo])
    by_redirect = Meta([link()], [httpx.Response(302, headers={"location": url})])

    for meta in (by_link, by_redirect):
        with pytest.raises(MediaUntrusted):
            await read(source(meta))

    assert by_link.hosts == ["graph.facebook.com"]
    assert set(by_redirect.hosts) == {"graph.facebook.com", "lookaside.fbsbx.com"}


async def test_a_redirect_on_metas_own_hosts_is_followed() -> None:
    meta = Meta([link()], [httpx.Response(302, headers={"location": LINK + "&again=1"}), photo])

    assert await read(source(meta)) == PHOTO


async def test_redirects_without_end_are_given_up() -> None:
    meta = Meta([link()], [httpx.Response(302, headers={"location": LINK})])

    with pytest.raises(MediaUntrusted):
        await read(source(meta))


@pytest.mark.parametrize("url", UNREADABLE)
async def test_a_link_that_nobody_can_read_is_not_followed(url: str) -> None:
    by_link = Meta([link(url=url)], [photo])
    by_redirect = Meta([link()], [httpx.Response(302, headers={b"location": url.encode()})])

    for meta in (by_link, by_redirect):
        with pytest.raises(MediaUntrusted):
            await read(source(meta))
