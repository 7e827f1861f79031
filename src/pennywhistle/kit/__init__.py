"""Words that every floor shares: money, territory, clock, ids, lines. Standard library only."""
