"""What becomes of a file and of a reply, as the services that tried would tell."""

from domain import commands, events


def outcome_of_file(file: events.FileUploaded, what: str) -> commands.Command:
    ids = {"contact_id": file.contact_id, "session_id": file.session_id, "file_id": file.file_id}
    if what == "rejected":
        return commands.RecordFileRejected(**ids, reason="too-large")
    return commands.RecordFileStored(
        **ids, bucket="files", key="a", size=1, mime_type="image/jpeg", sha256="0" * 64
    )


def outcome_of_reply(reply: events.ReplyRequested, what: str) -> commands.Command:
    ids = {
        "contact_id": reply.contact_id,
        "session_id": reply.session_id,
        "reply_id": reply.reply_id,
    }
    if what == "failed":
        return commands.RecordReplyFailed(**ids, reason="refused", code=131050)
    return commands.RecordReplySent(
        **ids, personal=commands.Acceptance(wamid=f"wamid.of.{reply.reply_id}")
    )
