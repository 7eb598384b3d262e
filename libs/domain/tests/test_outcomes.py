from collections.abc import Mapping
from itertools import permutations
from typing import Any

import pytest

from domain import commands, events
from domain.messages import (
    Conversation,
    InboundMedia,
    InboundUnsupported,
    PlatformError,
    Pricing,
)
from domain.session import InvalidFlow
from domain.session.testing import ANA, NOON, NUMBER, Given, Spoken

PHOTO = InboundMedia(type="image", media_id="1", mime_type="image/jpeg", sha256="aGFzaA==")


def reply_of(spoken: Spoken) -> events.ReplyRequested:
    return next(e for e in spoken.happened if isinstance(e, events.ReplyRequested))


def ids(request: events.ReplyRequested) -> Mapping[str, Any]:
    return {
        "contact_id": request.contact_id,
        "session_id": request.session_id,
        "reply_id": request.reply_id,
    }


def sent(
    spoken: Spoken, request: events.ReplyRequested, wamid: str = "wamid.out", **told: Any
) -> Spoken:
    acceptance = commands.Acceptance(wamid=wamid, wa_id=ANA)
    command = commands.RecordReplySent.model_validate(
        {**ids(request), "personal": acceptance, **told}
    )
    return spoken.asked(command, id_of=(str(request.reply_id),))


def status(
    spoken: Spoken,
    request: events.ReplyRequested | None,
    value: str,
    wamid: str = "wamid.out",
    *,
    errors: tuple[PlatformError, ...] | None = None,
    **told: Any,
) -> Spoken:
    command = commands.RecordDeliveryStatus(
        phone_number_id=NUMBER,
        status=value,
        at=NOON,
        reply_id=request.reply_id if request else None,
        personal=commands.StatusSubject(wamid=wamid, recipient=ANA, errors=errors),
        **told,
    )
    return spoken.asked(command, id_of=(wamid, value))


def test_a_reply_is_sent_then_delivered_then_read(nobody: Spoken) -> None:
    spoken = nobody.hears("hi")
    request = reply_of(spoken)
    accepted = sent(spoken, request)
    delivered = status(accepted, request, "delivered")
    read = status(delivered, request, "read")

    assert [*accepted.types, *delivered.types, *read.types] == [
        "reply.sent.v1",
        "reply.delivered.v1",
        "reply.read.v1",
    ]


def test_that_the_template_for_a_closed_window_went_out_instead_is_told(nobody: Spoken) -> None:
    spoken = nobody.hears("hi")
    request = reply_of(spoken)
    (itself,) = sent(spoken, request).happened
    (instead,) = sent(spoken, request, fallback=True).happened

    assert isinstance(itself, events.ReplySent)
    assert itself.fallback is None
    assert isinstance(instead, events.ReplySent)
    assert instead.fallback is True


def test_a_status_before_our_own_answer_counts_and_the_answer_adds_nothing(
    nobody: Spoken,
) -> None:
    spoken = nobody.hears("hi")
    request = reply_of(spoken)
    early = status(spoken, request, "delivered")

    assert early.types == ["reply.delivered.v1"]
    assert sent(early, request).happened == ()


def test_a_voice_message_that_was_played_never_goes_back(nobody: Spoken) -> None:
    spoken = nobody.hears("hi")
    request = reply_of(spoken)
    played = status(status(spoken, request, "read"), request, "played")

    assert played.types == ["reply.played.v1"]
    for late in ("sent", "failed", "delivered", "read", "played"):
        assert status(played, request, late).happened == ()


ORDERS = list(permutations(("sent", "delivered", "read", "played")))


@pytest.mark.parametrize("order", ORDERS, ids="-".join)
def test_statuses_in_any_order_only_move_on(nobody: Spoken, order: tuple[str, ...]) -> None:
    spoken = nobody.hears("hi")
    request = reply_of(spoken)
    told = []
    for value in order:
        spoken = status(spoken, request, value)
        told += [one.removeprefix("reply.").removesuffix(".v1") for one in spoken.types]

    ranks = [("sent", "delivered", "read", "played").index(one) for one in told]
    assert ranks == sorted(set(ranks))
    assert told[-1] == "played"


def test_a_status_tells_what_the_message_costs(nobody: Spoken) -> None:
    spoken = nobody.hears("hi")
    request = reply_of(spoken)
    price = Pricing(model="PMP", type="regular", category="service")
    free = Conversation(id="c-1", origin="referral_conversion")

    told: list[events.Event] = []
    for value in ("sent", "delivered", "read", "played"):
        spoken = status(spoken, request, value, pricing=price, conversation=free)
        told += spoken.happened

    sent_event = told[0]
    assert [getattr(one, "pricing", None) for one in told] == [price] * 4
    assert isinstance(sent_event, events.ReplySent)
    assert sent_event.conversation == free


def test_a_failure_tells_whatsapps_own_words(nobody: Spoken) -> None:
    spoken = nobody.hears("hi")
    errors = (PlatformError(code=131026, title="Undeliverable", details="old client"),)

    (failed,) = status(spoken, reply_of(spoken), "failed", code=131026, errors=errors).happened

    assert isinstance(failed, events.ReplyFailed)
    assert failed.code == 131026
    assert failed.personal == events.Failure(errors=errors)


def test_a_refusal_because_the_person_stopped_marketing_is_an_opt_out(nobody: Spoken) -> None:
    spoken = nobody.hears("hi")
    request = reply_of(spoken)
    told_later = status(spoken, request, "failed", code=131050)
    told_at_once = spoken.asked(
        commands.RecordReplyFailed.model_validate(
            {**ids(request), "code": 131050, "reason": "refused"}
        )
    )

    for refused in (told_later, told_at_once):
        assert refused.types == ["reply.failed.v1", "contact.opted-out.v1"]
        assert refused.person.contact.opted_out


@pytest.mark.parametrize("late", ["sent", "delivered", "failed"])
def test_a_reply_that_was_read_never_goes_back(nobody: Spoken, late: str) -> None:
    spoken = nobody.hears("hi")
    request = reply_of(spoken)
    read = status(spoken, request, "read")

    assert status(read, request, late).happened == ()


def test_a_status_without_our_id_finds_its_reply_by_the_wamid(nobody: Spoken) -> None:
    spoken = nobody.hears("hi")
    accepted = sent(spoken, reply_of(spoken))

    assert status(accepted, None, "delivered").types == ["reply.delivered.v1"]


def test_a_status_of_a_message_that_is_not_ours_decides_nothing(nobody: Spoken) -> None:
    spoken = nobody.hears("hi")

    assert status(spoken, None, "delivered", wamid="wamid.theirs").happened == ()
    assert status(nobody, None, "read").happened == ()


def test_an_odd_status_decides_nothing(nobody: Spoken) -> None:
    spoken = nobody.hears("hi")

    assert status(spoken, reply_of(spoken), "warning").happened == ()


def test_a_refused_reply_fails_once(nobody: Spoken) -> None:
    spoken = nobody.hears("hi")
    request = reply_of(spoken)
    command = commands.RecordReplyFailed.model_validate(
        {**ids(request), "code": 131047, "reason": "window-closed"}
    )
    failed = spoken.asked(command)

    assert failed.types == ["reply.failed.v1"]
    assert status(failed, request, "failed").happened == ()


def test_the_outcome_of_the_last_reply_is_recorded_after_the_session_ended(
    nobody: Spoken,
) -> None:
    spoken = nobody.hears("hours")

    assert spoken.types[-1] == "session.completed.v1"
    assert sent(spoken, reply_of(spoken)).types == ["reply.sent.v1"]


def with_file(nobody: Spoken) -> tuple[Spoken, events.FileUploaded]:
    return given_file(nobody.hears("hi").hears("Rex").hears("dog"))


def given_file(asked: Spoken) -> tuple[Spoken, events.FileUploaded]:
    spoken = asked.hears(PHOTO)
    uploaded = next(e for e in spoken.happened if isinstance(e, events.FileUploaded))
    return spoken, uploaded


def kept(file: events.FileUploaded) -> commands.RecordFileStored:
    return commands.RecordFileStored(
        contact_id=file.contact_id,
        session_id=file.session_id,
        file_id=file.file_id,
        bucket="files",
        key="a/b.jpg",
        size=1,
        mime_type="image/jpeg",
        sha256="00",
    )


def test_a_stored_file_is_recorded_once(nobody: Spoken) -> None:
    spoken, file = with_file(nobody)
    stored = spoken.asked(kept(file))

    assert stored.types == ["file.stored.v1"]
    assert stored.asked(kept(file)).happened == ()


def test_a_file_that_was_still_on_its_way_when_its_person_was_erased_is_told_to_nobody(
    nobody: Spoken,
) -> None:
    spoken, file = with_file(nobody)
    erased = spoken.asked(commands.EraseContact(contact_id=file.contact_id))
    stored = erased.asked(kept(file))

    (rejected,) = stored.happened
    assert isinstance(rejected, events.FileRejected)
    assert rejected.reason == "contact-erased"
    assert stored.asked(kept(file)).happened == ()


def refused(spoken: Spoken, file: events.FileUploaded, reason: str) -> Spoken:
    command = commands.RecordFileRejected(
        contact_id=file.contact_id,
        session_id=file.session_id,
        file_id=file.file_id,
        reason=reason,
    )
    return spoken.asked(command)


def test_a_file_that_cannot_be_kept_is_asked_for_again(nobody: Spoken) -> None:
    spoken, file = with_file(nobody)
    rejected = refused(spoken, file, "media-expired")

    assert rejected.types == ["file.rejected.v1", "reply.requested.v1"]
    assert rejected.words == "I could not fetch your file in time. Please send it again."
    assert "answer.rejected.v1" in rejected.hears("done").types


def test_whoever_sent_too_large_a_file_reads_what_the_question_takes() -> None:
    flow = """
name: pet
title: A pet
triggers: {default: true}
steps:
  - id: photo
    ask: A photo?
    files: {kinds: [image], max: 2, max_mb: 1}
    wrong: A photo of at most one megabyte, please.
  - {id: end, complete: {outcome: known}}
"""
    spoken, file = given_file(Given({"pet.yaml": flow}).nobody().hears("hi"))

    assert file.max_bytes == 1024 * 1024
    assert refused(spoken, file, "too-large").words == "A photo of at most one megabyte, please."


PET = """
name: pet
title: A pet
languages: [LANGUAGE]
triggers: {default: true}
steps:
  - id: photo
    ask: A photo, please.
    files: {kinds: [image], max: 2, max_pixels: 1000, strip_location: true, keep: 90d}
  - {id: end, complete: {outcome: known}}
"""
OWN_WORDS = "file_failed: Not kept.\nfile_rejected: {malware: That one is ill.}\n"


def asked_in(language: str, own_words: str = "") -> tuple[Spoken, events.FileUploaded]:
    flow = PET.replace("LANGUAGE", language) + own_words
    return given_file(Given({"pet.yaml": flow}).nobody().hears("hi"))


@pytest.mark.parametrize(
    ("reason", "language", "words"),
    [
        ("malware", "en", "I did not keep that file, because it may be harmful."),
        ("malware", "de", "Ich habe diese Datei nicht gespeichert"),
        ("out-of-the-future", "de", "Ich konnte eine deiner Dateien nicht speichern."),
    ],
)
def test_without_words_of_the_flow_a_person_reads_the_reason_in_their_language(
    reason: str, language: str, words: str
) -> None:
    assert (refused(*asked_in(language), reason).words or "").startswith(words)


@pytest.mark.parametrize(
    ("reason", "words"), [("malware", "That one is ill."), ("wrong-type", "Not kept.")]
)
def test_a_flows_own_words_about_a_file_come_first(reason: str, words: str) -> None:
    assert refused(*asked_in("en", OWN_WORDS), reason).words == words


@pytest.mark.parametrize(
    ("own", "words"),
    [
        (OWN_WORDS, "Not kept."),
        ("file_rejected: {media-lost: Lost.}\nfile_failed: Not kept.\n", "Lost."),
    ],
)
def test_a_flows_own_words_count_for_a_file_that_never_came_too(own: str, words: str) -> None:
    asked = Given({"pet.yaml": PET.replace("LANGUAGE", "en") + own}).nobody().hears("hi")

    lost = asked.hears(InboundUnsupported(code=131052))

    assert (lost.words or "").startswith(f"{words}\n\n")


def test_a_flow_in_a_language_that_we_do_not_know_has_to_say_it_itself() -> None:
    with pytest.raises(InvalidFlow, match="file_failed"):
        asked_in("nl, en")


def test_words_for_a_reason_that_nobody_gives_are_a_mistake() -> None:
    with pytest.raises(InvalidFlow, match="is no reason"):
        asked_in("en", "file_rejected: {too-big: No.}")


def test_how_a_file_is_to_be_kept_goes_with_it() -> None:
    _, file = asked_in("en")

    assert (file.keep_days, file.max_pixels, file.strip_location) == (90, 1000, True)


def test_what_the_crm_was_told_is_recorded(nobody: Spoken) -> None:
    spoken = nobody.hears("hi")
    request = reply_of(spoken)
    told = {
        "contact_id": request.contact_id,
        "session_id": request.session_id,
        "event_id": request.reply_id,
        "crm": "webhook",
    }
    notified = commands.RecordCrm.model_validate({**told, "outcome": "notified"})
    rejected = commands.RecordCrm.model_validate({**told, "outcome": "rejected", "reason": "gone"})

    assert spoken.asked(notified).types == ["crm.notified.v1"]
    assert spoken.asked(rejected).types == ["crm.rejected.v1"]
