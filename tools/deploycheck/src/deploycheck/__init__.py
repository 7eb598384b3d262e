"""Checks of what a platform team deploys, with the very tools that it would use."""
