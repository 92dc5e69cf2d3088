"""Forms about one's own account."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired, Length


class CodeForm(FlaskForm):
    """One code of the app, or a recovery code."""

    code = StringField(_l("Code"), [InputRequired(), Length(max=40)])


class PasswordAndCodeForm(CodeForm):
    """Both proofs, for switching the second step off."""

    password = PasswordField(_l("Password"), [InputRequired()])


class PasswordForm(FlaskForm):
    """The password alone."""

    password = PasswordField(_l("Password"), [InputRequired()])
