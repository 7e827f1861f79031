"""Papers that are printed or kept as files."""
