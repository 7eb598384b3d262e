"""Everything is killed, stopped and cut while people talk; then the invariants are checked."""
