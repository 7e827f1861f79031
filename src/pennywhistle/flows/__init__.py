"""One verb per file: the only place where the shop meets the adapters."""
