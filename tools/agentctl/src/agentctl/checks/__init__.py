"""What the doctor looks at. Each check asks, judges, and says how to mend what it found."""
