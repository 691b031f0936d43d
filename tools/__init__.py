"""Scripts that run the notebooks and measure: ``python -m tools.NAME``; the Makefile names each."""

import sys

# nbformat imports jsonschema, and that a parser of addresses beyond ASCII, whose grammar takes two seconds to build.
# No schema of a notebook or of JupyterLab has such an address, and jsonschema goes on where the parser is missing.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
