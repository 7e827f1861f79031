"""Card gateways, each behind the same three words: charge, find, and the event they answer with."""
