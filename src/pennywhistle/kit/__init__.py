"""Words that every floor shares: money, territory, clock, ids. Standard library only."""
