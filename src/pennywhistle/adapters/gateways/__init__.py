"""Gateways, ways to take money, each behind the same words: see `interface.py`."""
