"""Every script, and every worker of the tests, reads notebooks without two seconds for a parser that it never uses."""

import subprocess
import sys

import pytest
from conftest import ROOT


@pytest.mark.parametrize("first", ["tools.options", "book.course"])
def test_a_script_builds_no_grammar(first):
    code = f"import {first}, nbformat, sys; sys.exit('lark' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_nor_does_a_worker_of_the_tests(pytestconfig):
    if not pytestconfig.pluginmanager.hasplugin("tools.nbval_kernel"):
        pytest.skip("without the options of pyproject.toml, another plugin has read nbformat first")
    assert "lark" not in sys.modules
