"""Messages of the DDEX standards."""
