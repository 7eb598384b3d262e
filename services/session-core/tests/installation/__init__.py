"""What tests of session-core share: installations, real processes, wires that break, a model."""

import pytest

# Whoever reads a failed check wants to see both sides, as in a test.
pytest.register_assert_rewrite("installation.identities")
