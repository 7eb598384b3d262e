#!/usr/local/bin/python3
"""What apache/kafka does at its start: settings from KAFKA_ variables, format once, run."""

import os
import subprocess
from pathlib import Path

JAVA = ("/opt/java/bin/java", "-Xmx384m", "-XX:+UseSerialGC", "-cp", "/opt/kafka/libs/*")
SETTINGS = Path("/etc/kafka/server.properties")
NO_SETTINGS = {"KAFKA_HEAP_OPTS"}

settings = {
    name.removeprefix("KAFKA_").lower().replace("_", "."): value
    for name, value in os.environ.items()
    if name.startswith("KAFKA_") and name not in NO_SETTINGS
}
SETTINGS.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
if not (Path(settings["log.dirs"]) / "meta.properties").exists():
    tool = ("kafka.tools.StorageTool", "format", "-t", os.environ["CLUSTER_ID"])
    subprocess.run([*JAVA, *tool, "-c", str(SETTINGS)], check=True)  # noqa: S603 - our own command
os.execv(JAVA[0], [*JAVA, "kafka.Kafka", str(SETTINGS)])  # noqa: S606 - becomes the broker
