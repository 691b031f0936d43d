"""The site, the decks, the copies for a class, and the map of the course: ``python -m book.NAME``."""

import tools  # noqa: F401  before nbformat, which it makes quick to import
