"""What the services need from outside, as Protocols, and how each may fail."""
