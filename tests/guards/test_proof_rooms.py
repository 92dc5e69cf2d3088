"""Whoever builds a proof bundle has every room's part: the factory knows them all (R-23)."""

from __future__ import annotations

import pkgutil
import subprocess
import sys

import ileti


def test_the_factory_registers_every_room_with_a_part_in_proofs() -> None:
    rooms = {one.name for one in pkgutil.walk_packages(ileti.__path__, "ileti.")
             if one.name.rpartition(".")[2] == "proof"}
    assert rooms >= {"ileti.iys.proof", "ileti.channels.proof", "ileti.capture.proof",
                     "ileti.imports.proof"}
    known = subprocess.run(
        [sys.executable, "-c", "import sys, ileti.factory; print(*sorted(sys.modules))"],
        check=True, capture_output=True, text=True).stdout.split()
    assert rooms <= set(known)
