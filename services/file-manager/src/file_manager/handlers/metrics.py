"""What file-manager tells of itself."""

from prometheus_client import Counter, Gauge

FILES = Counter("file_manager_files", "What became of the files people sent", ("outcome", "reason"))
STORED_BYTES = Counter("file_manager_stored_bytes", "Size of the files stored")
DUPLICATES = Counter(
    "file_manager_duplicates", "Files of which the person had sent the same bytes before"
)
DELETED = Counter(
    "file_manager_deleted_files",
    "Files deleted in every version: their days were over (`ended`), the person erased (`erased`)",
    ("why",),
)
ABORTED = Counter("file_manager_aborted_uploads", "Uploads that nobody ended, older than a day")
TIDIED_AT = Gauge(
    "file_manager_tidied_timestamp_seconds", "When this instance last tidied the bucket"
)
LINKS = Counter("file_manager_links", "Who asked for a file, by what was answered", ("status",))
