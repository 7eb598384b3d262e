"""The WhatsApp Cloud API, its stand-ins, and the ledger in Kafka."""
