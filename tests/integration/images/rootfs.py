"""The script docker/rootfs.py as a module; a package `docker` would hide an installed Docker SDK."""

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

PATH = Path(__file__).parents[3] / "docker" / "rootfs.py"


def _loaded() -> Any:
    spec = spec_from_file_location("rootfs", PATH)
    assert spec
    assert spec.loader
    module = module_from_spec(spec)
    # Where its dataclasses look for their module.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


rootfs = _loaded()
