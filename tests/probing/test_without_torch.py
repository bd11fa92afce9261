"""Without PyTorch everything else works, and the probe says what is missing."""

import subprocess
import sys

import pytest

from initviz import InputError, UpdateRatios

CODE = """
import sys
sys.modules["torch"] = None  # as if it were not installed
import initviz
try:
    initviz.probe(None, None)
except initviz.InputError as error:
    print(error)
"""


def test_the_probe_asks_for_pytorch() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    assert done.stdout == "probe looks into PyTorch modules: install PyTorch first (pip install torch).\n"


def test_importing_initviz_imports_no_framework() -> None:
    code = "import sys, initviz; print('torch' in sys.modules, 'plotly' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False False\n"


def test_ratios_of_what_is_no_module() -> None:
    with pytest.raises(InputError, match="not a int"):
        UpdateRatios(3)
