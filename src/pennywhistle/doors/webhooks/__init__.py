"""What payment providers tell us: `/webhooks/<gateway>/`."""
