"""Where entries are kept: Kafka, or memory."""
