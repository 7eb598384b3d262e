"""Files are found by id and fetched from addresses that expire."""

import hashlib

import httpx
import pytest

from simulator import media
from simulator.media import MediaStore
from simulator.testing import FakeBusiness, Hands

ANA = "15550001111"
UPLOAD = "/v24.0/106540352242922/media"
PNG = b"\x89PNG picture"


async def photo_of_ana(client: httpx.AsyncClient, business: FakeBusiness) -> str:
    files = {"file": ("a.png", PNG, "image/png")}
    await client.post(f"/simulator/users/{ANA}/messages", files=files)
    [value] = await business.webhooks(1)
    return str(value["messages"][0]["image"]["id"])


async def test_a_persons_photo_is_looked_up_and_fetched(
    client: httpx.AsyncClient, graph: httpx.AsyncClient, business: FakeBusiness
) -> None:
    media_id = await photo_of_ana(client, business)
    found = (await graph.get(f"/v24.0/{media_id}")).json()

    fetched = await graph.get(found.pop("url"))

    assert found == {
        "messaging_product": "whatsapp",
        "mime_type": "image/png",
        "sha256": hashlib.sha256(PNG).hexdigest(),
        "file_size": len(PNG),
        "id": media_id,
    }
    assert fetched.content == PNG
    assert fetched.headers["content-type"] == "image/png"
    assert fetched.headers["content-length"] == str(len(PNG))


async def test_an_address_is_gone_after_five_minutes_and_a_fresh_one_works(
    client: httpx.AsyncClient, graph: httpx.AsyncClient, business: FakeBusiness, clock: Hands
) -> None:
    media_id = await photo_of_ana(client, business)
    old = (await graph.get(f"/v24.0/{media_id}")).json()["url"]
    clock.turn(299)
    in_time = await graph.get(old)
    clock.turn(1)
    too_late = await graph.get(old)
    fresh = (await graph.get(f"/v24.0/{media_id}")).json()["url"]

    assert (in_time.status_code, too_late.status_code) == (200, 404)
    assert (await graph.get(fresh)).status_code == 200


async def test_an_address_without_the_token_or_with_a_changed_query_gives_nothing(
    client: httpx.AsyncClient, graph: httpx.AsyncClient, business: FakeBusiness
) -> None:
    media_id = await photo_of_ana(client, business)
    url = (await graph.get(f"/v24.0/{media_id}")).json()["url"]

    assert (await client.get(url)).status_code == 401
    assert (await graph.get(url.replace("ext=", "ext=9"))).status_code == 404
    assert (await graph.get("/whatsapp_business/attachments/")).status_code == 404


async def test_a_lookup_names_the_number_it_belongs_to_or_fails(
    client: httpx.AsyncClient, graph: httpx.AsyncClient, business: FakeBusiness
) -> None:
    path = f"/v24.0/{await photo_of_ana(client, business)}"

    ours = await graph.get(path, params={"phone_number_id": "106540352242922"})
    other = await graph.get(path, params={"phone_number_id": "1"})
    nobody = await client.get(path)

    assert ours.status_code == 200
    assert other.json()["error"]["code"] == 33
    assert nobody.json()["error"]["code"] == 190


async def test_expired_media_is_unknown_by_id_and_by_address(
    client: httpx.AsyncClient, graph: httpx.AsyncClient, business: FakeBusiness
) -> None:
    media_id = await photo_of_ana(client, business)
    url = (await graph.get(f"/v24.0/{media_id}")).json()["url"]
    await client.put("/simulator/faults", json={"media_expired": True})

    lookup = await graph.get(f"/v24.0/{media_id}")

    assert lookup.status_code == 400
    assert lookup.json()["error"]["code"] == 33
    assert (await graph.get(url)).status_code == 404


async def test_an_uploaded_file_can_be_sent_and_deleted(
    client: httpx.AsyncClient, graph: httpx.AsyncClient
) -> None:
    text = {"type": "text", "text": {"body": "hi"}}
    await client.post(f"/simulator/users/{ANA}/messages", json=text)
    form = {"messaging_product": "whatsapp", "type": "image/png"}
    uploaded = await graph.post(UPLOAD, data=form, files={"file": ("a.png", PNG)})
    media_id = uploaded.json()["id"]
    message = {"messaging_product": "whatsapp", "to": ANA, "type": "image"}
    sent = await graph.post(
        "/v24.0/106540352242922/messages", json={**message, "image": {"id": media_id}}
    )
    deleted = await graph.delete(f"/v24.0/{media_id}")

    assert sent.status_code == 200
    assert deleted.json() == {"success": True}
    assert (await graph.get(f"/v24.0/{media_id}")).status_code == 400


@pytest.mark.parametrize(
    ("form", "file", "code"),
    [
        ({"messaging_product": "whatsapp"}, ("a.exe", b"MZ", "application/x-msdownload"), 100),
        ({}, ("a.png", b"png", "image/png"), 100),
        ({"messaging_product": "whatsapp"}, ("a.webp", b"0" * 512_001, "image/webp"), 131053),
    ],
    ids=["type", "product", "size"],
)
async def test_an_upload_beyond_metas_table_is_refused(
    graph: httpx.AsyncClient, form: dict[str, str], file: tuple[str, bytes, str], code: int
) -> None:
    answer = await graph.post(UPLOAD, data=form, files={"file": file})

    assert answer.json()["error"]["code"] == code


def test_the_oldest_files_are_forgotten_when_memory_is_full() -> None:
    store = MediaStore(Hands(), ttl_s=300, most_bytes=10)

    kept = [store.keep(b"0" * 4, "image/png") for _ in range(3)]

    assert store.find(kept[0].id) is None
    assert store.find(kept[2].id) is kept[2]
    assert store.held_bytes == 8


def test_each_kind_of_upload_has_metas_largest_size() -> None:
    most = dict(media.OUTBOUND.values())

    assert most == {
        "audio": 16 * 2**20,
        "document": 100 * 2**20,
        "image": 5 * 2**20,
        "sticker": 500 * 2**10,
        "video": 16 * 2**20,
    }
