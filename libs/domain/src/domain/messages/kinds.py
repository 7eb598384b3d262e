"""Which types of messages WhatsApp treats in a way of their own."""

WINDOWLESS = frozenset({"template", "read_receipt"})
"""Types that WhatsApp takes outside the 24-hour window too (Meta, send-messages)."""

WINDOWLESS_INBOUND = frozenset({"system", "edit", "revoke"})
"""Types that come in without being a message: they open no 24-hour window."""

REPEATABLE = frozenset({"reaction", "read_receipt"})
"""Types of which a second call changes nothing: an unknown outcome needs no waiting."""

UNCOUNTED = frozenset({"read_receipt"})
"""Types that are no messages to the person, so that no limit of messages counts them."""
