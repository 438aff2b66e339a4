# SPDX-License-Identifier: Apache-2.0
"""The wheel that the build backend makes of a built package installs without network, and imports."""

import importlib.util
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import crossbook
from conftest import ROOT


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    spec = importlib.util.spec_from_file_location("build_backend", ROOT / "python" / "build_backend.py")
    backend = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(backend)
    backend.build_package = lambda: Path(crossbook.__file__).parent
    folder = tmp_path_factory.mktemp("wheel")
    return folder / backend.build_wheel(str(folder))


def test_the_wheel_holds_the_package_and_says_what_it_is(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        about = archive.read(f"crossbook-{crossbook.__version__}.dist-info/METADATA").decode()
    for name in ("crossbook/__init__.py", "crossbook/py.typed", "crossbook/_core.pyi"):
        assert name in names
    assert sum(name.startswith("crossbook/_core.cpython") for name in names) == 1
    assert f"Version: {crossbook.__version__}" in about and "Requires-Python: >=3.11" in about
    assert not any("__pycache__" in name for name in names)


def test_the_wheel_installs_without_network_and_imports(wheel, tmp_path):
    environment = tmp_path / "venv"
    made = subprocess.run([sys.executable, "-m", "venv", "--system-site-packages", environment], capture_output=True)
    if made.returncode != 0:
        pytest.skip("python3-venv is missing")
    python = environment / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "-q", "--no-index", "--no-deps", wheel], check=True)
    code = "import crossbook; print(crossbook.__file__, crossbook.FeeLatencyCalibrator().get_all_calibrations())"
    out = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path,
                         env={"PATH": "/usr/bin:/bin"}).stdout
    assert str(environment) in out and "{'fees': {}, 'latency': {}}" in out
