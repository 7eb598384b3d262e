"""The same transcripts against a running system, through the simulator and Kafka."""
