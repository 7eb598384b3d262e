"""Which spans and metrics there are, and a receiver that writes spans to a file."""
