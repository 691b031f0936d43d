"""The site, the decks, the copies for a class, and the map of the course: ``python -m book.NAME``."""
