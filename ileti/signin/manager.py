"""The security manager with this house's own way in."""

from __future__ import annotations

from typing import Any

from ileti.core import orm
from ileti.signin import demo as _demo  # noqa: F401 (shows its mails on the demo page)
from ileti.signin.forgotviews import Forgotten
from ileti.signin.keyviews import PasskeyEntry
from ileti.signin.outside import OutsideEntry
from ileti.signin.pages import SecondStep, SignIn
from ileti.signin.welcome import Welcome
from ileti.tenancy.security import IletiSecurityManager


class HouseSecurityManager(IletiSecurityManager):
    """Signing in by :mod:`ileti.signin`; what one may do then is tenancy's."""

    authdbview = SignIn

    def register_views(self) -> None:
        """Sign-in, second step, invitations and forgotten passwords, all open to strangers."""
        super().register_views()
        self.appbuilder.add_view_no_menu(SecondStep)
        self.appbuilder.add_view_no_menu(PasskeyEntry)
        self.appbuilder.add_view_no_menu(OutsideEntry)
        self.appbuilder.add_view_no_menu(Welcome)
        self.appbuilder.add_view_no_menu(Forgotten)

    def update_user_auth_stat(self, user: Any, success: bool = True) -> None:
        """A right password alone is no sign-in yet: that is counted where the session opens
        (:mod:`ileti.signin.entry`)."""
        if not success:
            super().update_user_auth_stat(user, success)
            orm.db.session.commit()
