"""Neither secrets nor what people write reach the logs."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import structlog

from ingress.__main__ import main
from ingress.adapters.memory_command_log import MemoryCommandLog

Make = Callable[..., Any]
Post = Callable[..., Awaitable[int]]

COMPLETE = {
    "INGRESS_APP_SECRET": "hush-hush",
    "INGRESS_VERIFY_TOKEN": "psst",
    "INGRESS_PHONE_NUMBER_IDS": '["106540352242922"]',
    "INGRESS_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9",
}


async def test_logs_name_places_but_no_person_and_no_secret(
    post: Post, log: MemoryCommandLog, webhook: Make, text: Make
) -> None:
    personal = text("wamid.PRIVATE", "my secret story")
    broken = {**personal, "text": {"body": ["my secret story"]}}
    contacts = [{"wa_id": "15551234567", "profile": {"name": "Ana Private"}}]
    body = webhook(messages=[personal, broken], contacts=contacts)

    with structlog.testing.capture_logs() as lines:
        await post(body)
        await post(body, "sha256=" + "0" * 64)
        log.reason = "Kafka does not answer"
        await post(body)

    told = repr(lines)
    assert [line["event"] for line in lines] == [
        "webhook parked",
        "webhook without a valid signature refused",
        "webhook not kept, to be repeated",
    ]
    for private in ("PRIVATE", "secret story", "15551234567", "Ana", "the-app-secret"):
        assert private not in told


@pytest.mark.parametrize(
    ("missing", "value"),
    [
        ("INGRESS_APP_SECRET", None),
        ("INGRESS_APP_SECRET", ""),
        ("INGRESS_APP_SECRET", "   "),
        ("INGRESS_FURTHER_APP_SECRETS", '["hush-hush", ""]'),
        ("INGRESS_FURTHER_APP_SECRETS", "hush-hush"),
        ("INGRESS_VERIFY_TOKEN", ""),
        ("INGRESS_PHONE_NUMBER_IDS", None),
        ("INGRESS_PHONE_NUMBER_IDS", "[]"),
        ("INGRESS_PHONE_NUMBER_IDS", "106540352242922, x"),
        ("INGRESS_KAFKA_BOOTSTRAP_SERVERS", None),
        ("INGRESS_LOG_LEVEL", "loud"),
        ("INGRESS_PORT", "65536"),
    ],
)
def test_without_a_usable_setting_ingress_refuses_to_start(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    missing: str,
    value: str | None,
) -> None:
    for name, text in {**COMPLETE, missing: value}.items():
        if text is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, text)

    with pytest.raises(SystemExit) as ended:
        main()

    told = "".join(capsys.readouterr())
    assert ended.value.code == 2
    assert len(told.splitlines()) == 1
    assert missing in told
    assert "hush-hush" not in told
