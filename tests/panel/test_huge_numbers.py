"""A number no table can hold names nothing: every address with a number is asked for three."""

from __future__ import annotations

import re
from typing import Any

import pytest
from werkzeug.routing import IntegerConverter

from tests.panel.people import sign_in, token_of, user_with


@pytest.mark.parametrize("huge", [2**31 + 5, 2**63 + 5, 10**25])
def test_a_number_beyond_every_table_is_a_page_that_is_not_there(
        app: Any, place: Any, huge: int) -> None:
    admin = sign_in(app, user_with(app, "provider_admin", place))
    token, broken, asked = token_of(admin), [], 0
    for rule in app.url_map.iter_rules():
        if not rule.arguments or not all(
                type(one) is IntegerConverter for one in rule._converters.values()):
            continue
        path = re.sub(r"<int:[^>]+>", str(huge), rule.rule)
        for method in sorted(rule.methods & {"GET", "POST"}):
            answer = admin.open(path, method=method, data={"csrf_token": token}
                                if method == "POST" else None)
            asked += 1
            if answer.status_code >= 500:
                broken.append(f"{method} {rule.rule} {answer.status_code}")
    assert broken == []
    assert asked > 50
