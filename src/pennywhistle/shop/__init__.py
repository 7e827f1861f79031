"""The rules and the tables of the shop. No network, no files, no encoder."""
