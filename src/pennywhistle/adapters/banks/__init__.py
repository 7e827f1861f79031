"""What banks send."""
