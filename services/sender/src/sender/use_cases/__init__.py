"""Sending what was asked for: at the platform's pace, and never twice."""
