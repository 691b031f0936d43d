"""Scripts that run the notebooks and measure: ``python -m tools.NAME``; the Makefile names each."""
