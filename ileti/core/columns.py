"""Column types shared by all features, so that encryption at rest is declared, not remembered."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, UserDefinedType

from ileti.core.secrets import secrets

# What the application's role may do in a table stands in the table's comment, from which
# grant_application_rights() reads it.
PROOF = "proof: the application only adds rows"
READ = "read: set-up writes, the application reads"


class XID8(UserDefinedType):
    """PostgreSQL's 64-bit transaction id, the sealer's order."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        """The type's name in DDL."""
        return "xid8"


class EncryptedText(TypeDecorator[str]):
    """Text kept as ``key number.base64(AES-GCM)``, bound to its purpose."""

    impl = Text
    cache_ok = True

    def __init__(self, purpose: str) -> None:
        self.purpose = purpose
        super().__init__()

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """Encrypt on the way in."""
        return secrets().keyring.encrypt_text(value, self.purpose) if value else value

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """Decrypt on the way out."""
        return secrets().keyring.decrypt_text(value, self.purpose) if value else value
