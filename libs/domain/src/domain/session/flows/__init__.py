"""Conversations as data: the model, its checks, the answers and the book of flows."""
