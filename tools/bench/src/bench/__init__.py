"""Measures ratios: the service against loops and peers that are written as well as can be."""
