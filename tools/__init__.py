"""Scripts that run the notebooks, measure, and make stored data: ``python -m tools.NAME``, most of them by ``make``."""

import sys

# nbformat imports jsonschema, and that a parser of addresses beyond ASCII, whose grammar takes two seconds to build.
# No schema of a notebook or of JupyterLab has such an address, and jsonschema goes on where the parser is missing.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
