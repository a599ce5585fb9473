"""Deal flow: an investor's pipelines with their cards, and decks that a startup shows to whom it names."""
