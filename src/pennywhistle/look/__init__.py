"""The look: templates environment, tokens, components. It draws, and knows nothing of the shop."""
