"""What the desk goes by, and where what it cannot read is told."""
