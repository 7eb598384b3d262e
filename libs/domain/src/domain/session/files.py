"""Files that people send, as facts of the session."""

from domain import commands, events
from domain.messages import InboundMedia
from domain.session.flows.answers import largest_file
from domain.session.flows.questions import Files
from domain.session.speaking import Voice
from domain.values import file_id


def uploaded(
    voice: Voice,
    step: str,
    command: commands.ReceiveMessage,
    media: InboundMedia,
    asked: Files | None = None,
) -> events.FileUploaded:
    """Return the fact that the person sent a file, and how it is to be kept where it was asked."""
    return events.FileUploaded(
        contact_id=voice.contact_id,
        session_id=voice.session.session_id,
        phone_number_id=command.phone_number_id,
        message_id=command.message_id,
        file_id=file_id(command.message_id, 0),
        step=step,
        kind=media.type,
        media_id=media.media_id,
        media_url=media.url,
        mime_type=media.mime_type,
        sha256=media.sha256,
        max_bytes=asked and largest_file(asked),
        max_pixels=asked and asked.max_pixels,
        strip_location=(asked and asked.strip_location) or None,
        keep_days=asked and asked.keep,
        personal=events.FileDetails(file_name=media.file_name, caption=media.caption),
    )
