"""Pictures: Pillow, which reads hostile files only within named limits."""
