"""What answers in the pages of the site: the figures that move, each where its notebook shows it, and the calculator.

Module and data stand in the page, since a browser that reads the site from the file system loads no module of a file.
"""

import re
from base64 import b64encode
from html import escape

from nbformat import NotebookNode
from nbformat.v4 import new_output

from helpers.moving import data_of, described, module, picture

SHOWN = re.compile(r'^moving\("(\w+)"\)$', re.M)
LIVE = """<div id="moving-{name}">{instead}</div>
<script type="module">
{module}
const el = document.getElementById("moving-{name}");
render({{ model: {{ data: {data} }}, el }});
</script>"""
RAW = "``````{{raw}} html\n{}\n``````\n"
# In a noscript, so that where scripts run nobody sees it flash, nor loads it twice.
STILL = """<noscript><img alt="{alt}" src="data:image/png;base64,{png}">
<p>This figure moves where scripts run.</p></noscript>"""
CALCULATOR = """# Diagnose your own counts

Paste how many samples each class has, or the labels themselves, or a table from a CSV file. The page says what class
weights will do to your training, gives the weights and a learning rate for them, and the code. It computes what
`helpers.diagnosis.diagnose` computes, in your browser: **nothing that you paste leaves this page.** The notebook
named beside each sentence shows where it comes from, and [notebook 10](../notebooks/10_verdict.ipynb) puts them
together.

"""


def live(name: str, instead: str, data: str) -> str:
    """A module as HTML: what stands there where no script runs, and the script that replaces it."""
    own = module(name)
    if "</script" in own:
        raise ValueError(f"the module {name} holds the end of a script element, which would end it on a page")
    return LIVE.format(name=name, instead=instead, module=own, data=data)


def calculator() -> str:
    """The page on which readers diagnose their own counts."""
    words = "This page computes where scripts run. Elsewhere: python -m helpers.diagnosis counts.csv, in the course."
    return CALCULATOR + RAW.format(live("calculator", f"<p>{words}</p>", "null"))


def still(name: str) -> str:
    """What stands in for a figure where no script runs."""
    return STILL.format(alt=escape(described(name)), png=b64encode(picture(name).read_bytes()).decode())


def with_figures(notebook: NotebookNode) -> NotebookNode:
    """Let the figures of a notebook move on its page, in place, and return it: a page has no kernel and no widget."""
    for cell in notebook.cells:
        if cell.cell_type == "code" and (shown := SHOWN.search(cell.source)):
            name = shown[1]
            cell.outputs = [new_output("display_data", {"text/html": live(name, still(name), data_of(name))})]
    return notebook
