"""The `pennywhistle` command."""
