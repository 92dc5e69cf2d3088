"""The collector of a web process: what was loaded at the start is not walked again."""

from __future__ import annotations

import json
import subprocess
import sys

LOOK = """
import gc, json
from ileti.core.memory import spare_collections
kept = [[n] for n in range(1000)]
spare_collections()
walked = {id(one) for one in gc.get_objects()}
kept[0].append(kept)  # a cycle made afterwards is still found
ring = []; ring.append(ring); del ring
print(json.dumps([sum(id(one) in walked for one in kept), gc.get_threshold()[0], gc.collect()]))
"""


def test_what_lives_at_the_start_is_left_out_and_later_cycles_are_still_freed() -> None:
    done = subprocess.run([sys.executable, "-c", LOOK], capture_output=True, text=True, check=True)
    walked, threshold, freed = json.loads(done.stdout)
    assert walked == 0
    assert threshold > 700
    assert freed >= 1
