"""Pennywhistle: a self-hosted store for DRM-free music, sold for pennies and provable to the penny."""

__version__ = "0.1.0"
