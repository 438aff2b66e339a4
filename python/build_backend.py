# SPDX-License-Identifier: Apache-2.0
"""Builds the wheel with cmake: the few hooks of PEP 517 that pip calls. The version is that of CMakeLists.txt."""

import base64
import hashlib
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / f"wheel-{sys.implementation.cache_tag}"
# Files of a wheel carry this time, so that the same sources make the same wheel.
TIME = (2020, 1, 1, 0, 0, 0)


def version():
    text = (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")
    return re.search(r"project\(crossbook VERSION (\S+)", text).group(1)


def run(*command):
    done = subprocess.run(command, cwd=ROOT)
    if done.returncode != 0:
        raise SystemExit(f"crossbook could not be built: {' '.join(command)}\n"
                         "The libraries that it needs are Debian packages: ./dev setup installs them.")


def build_package():
    """The folder of the importable package."""
    settings = {"CROSSBOOK_TESTS": "OFF", "CROSSBOOK_BENCHES": "OFF", "CROSSBOOK_APPS": "OFF", "CROSSBOOK_PYTHON": "ON",
                "Python_EXECUTABLE": sys.executable}
    if shutil.which("ccache") is None:
        settings["CMAKE_CXX_COMPILER_LAUNCHER"] = ""
    if shutil.which("g++-12") is None:
        settings["CMAKE_CXX_COMPILER"] = os.environ.get("CXX", "c++")
    run("cmake", "--preset", "release", "-B", str(BUILD), *(f"-D{name}={value}" for name, value in settings.items()))
    run("cmake", "--build", str(BUILD), "--target", "crossbook_python", "--parallel", str(os.cpu_count() or 1))
    package = BUILD / "python" / "crossbook"
    if not any(package.glob("_core.*.so")):
        raise SystemExit("crossbook was built without its Python module: python3-dev and pybind11-dev are missing")
    return package


def metadata():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = ["Metadata-Version: 2.1", f"Name: {project['name']}", f"Version: {version()}",
             f"Summary: {project['description']}", "License: Apache-2.0",
             f"Requires-Python: {project['requires-python']}"]
    for extra, packages in project["optional-dependencies"].items():
        lines.append(f"Provides-Extra: {extra}")
        lines += [f"Requires-Dist: {package} ; extra == '{extra}'" for package in packages]
    readme = ROOT / project["readme"]
    lines += ["Description-Content-Type: text/markdown", "", readme.read_text(encoding="utf-8")]
    return "\n".join(lines)


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    package = build_package()
    python = f"cp{sys.version_info.major}{sys.version_info.minor}"
    platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
    tag = f"{python}-{python}-{platform}"
    info = f"crossbook-{version()}.dist-info"
    files = {f"crossbook/{path.name}": path.read_bytes() for path in sorted(package.iterdir()) if path.is_file()}
    files[f"{info}/LICENSE"] = (ROOT / "LICENSE").read_bytes()
    files[f"{info}/METADATA"] = metadata().encode()
    files[f"{info}/WHEEL"] = f"Wheel-Version: 1.0\nGenerator: crossbook\nRoot-Is-Purelib: false\nTag: {tag}\n".encode()
    records = []
    for name, content in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        records.append(f"{name},sha256={digest},{len(content)}")
    files[f"{info}/RECORD"] = ("\n".join([*records, f"{info}/RECORD,,"]) + "\n").encode()
    wheel = f"crossbook-{version()}-{tag}.whl"
    with zipfile.ZipFile(Path(wheel_directory) / wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o755 if name.endswith(".so") else 0o644) << 16
            archive.writestr(entry, content)
    return wheel


def build_sdist(sdist_directory, config_settings=None):
    """What git knows, as it stands."""
    name = f"crossbook-{version()}"
    target = Path(sdist_directory) / f"{name}.tar.gz"
    run("git", "archive", "--format=tar.gz", f"--prefix={name}/", "-o", str(target), "HEAD")
    return target.name
