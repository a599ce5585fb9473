"""One search over everything that has a page, and what is built on it: suggestions, saved searches, feeds, the map."""
