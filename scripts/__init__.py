"""Commands for those who work on the store itself."""
