"""Which act stands: the database's rule is the one people read."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ileti.kvkk.rules import Stand, replaces
from ileti.kvkk.vocabulary import Act, Extent
from tests.kvkk.house import NOON

_ACTS = st.sampled_from([[Act.SHOWN, Act.READ], [Act.GIVEN, Act.WITHDRAWN]])


def _stands(acts: list[Act]) -> st.SearchStrategy[Stand]:
    return st.builds(Stand, st.sampled_from(acts), st.booleans(),
                     st.integers(0, 2).map(lambda n: NOON + timedelta(seconds=n)),
                     st.integers(1, 2), st.sampled_from(Extent))


_PAIRS = _ACTS.flatmap(lambda acts: st.tuples(_stands(acts), _stands(acts)))


@settings(max_examples=300, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pair=_PAIRS)
def test_the_database_decides_as_the_readable_rule_does(conn: Any, pair: tuple[Stand, Stand]
                                                        ) -> None:
    old, new = pair
    said = conn.execute(
        "select kvkk_replaces(%s::smallint, %s::smallint, %s, %s, %s::smallint, %s::smallint, "
        "%s::smallint, %s, %s, %s::smallint)",
        [value for one in pair for value in (int(one.act), int(one.verified), one.at, one.text,
                                             int(one.extent))]).fetchone()
    assert said == (replaces(old, new),)


def test_of_the_same_moment_the_withdrawal_stands() -> None:
    given_, withdrawn = (Stand(act, True, NOON, 1, Extent.UNKNOWN)
                         for act in (Act.GIVEN, Act.WITHDRAWN))
    assert replaces(given_, withdrawn)
    assert not replaces(withdrawn, given_)
