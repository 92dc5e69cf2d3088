"""The role table reads as it is meant: who may not do what."""

from __future__ import annotations

import pytest

from ileti.tenancy import roles
from ileti.tenancy.accounts import Giver, may_grant
from ileti.tenancy.roles import GRANTS, PERMISSIONS, ROLES, Level
from ileti.tenancy.scope import EVERYTHING


def test_every_role_has_a_title_in_both_languages_and_a_column() -> None:
    assert set(GRANTS) == {role.key for role in ROLES}
    assert all(role.tr and role.en and role.levels for role in ROLES)
    assert all(granted <= set(PERMISSIONS) for granted in GRANTS.values())


def test_the_platform_admin_has_every_permission() -> None:
    assert GRANTS["platform_admin"] == set(PERMISSIONS)


@pytest.mark.parametrize("role", ["dealer_manager", "dealer_user", "marketer", "report_viewer"])
def test_dealers_and_marketers_never_open_an_address(role: str) -> None:
    assert "consent:reveal" not in GRANTS[role]


def test_a_report_viewer_changes_nothing() -> None:
    actions = {permission.partition(":")[2] for permission in GRANTS["report_viewer"]}
    assert actions == {"read"}


def test_only_the_platform_admin_stands_above_all_providers() -> None:
    above = [role.key for role in ROLES if Level.INSTALLATION in role.levels]
    assert above == ["platform_admin"]


def test_a_permission_becomes_flask_appbuilders_pair() -> None:
    assert roles.split("consent:reveal") == ("can_reveal", "consent")


def may(role: str, wanted: str, *, held: frozenset[str] | None = None) -> bool:
    giver = Giver(GRANTS[role] if held is None else held, role, EVERYTHING)
    return may_grant(giver, roles.BY_KEY[wanted])


def test_nobody_grants_more_than_they_have() -> None:
    assert may("brand_manager", "dealer_manager")
    assert not may("brand_manager", "provider_admin")
    assert not may("brand_manager", "compliance_officer")
    assert not may("dealer_manager", "brand_manager")


def test_only_a_platform_admin_makes_another() -> None:
    everything = frozenset(PERMISSIONS)
    assert may("platform_admin", "platform_admin")
    assert not may("provider_admin", "platform_admin", held=everything)
