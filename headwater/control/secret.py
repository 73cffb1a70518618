"""Encryption of secrets that belong to others, such as a customer's key to Stripe."""

from typing import TYPE_CHECKING

from headwater.control.errors import SecretKeyMissing
from headwater.settings import SecretSettings

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet

_MAKE_ONE = "make one with `headwater stripe secret-key` and set HEADWATER_SECRET_KEY to it, for every process"


class SecretBox:
    """Encrypts with the first key of HEADWATER_SECRET_KEY and decrypts with any of them.

    To change keys, put the new one in front; `StripeConnection`s are encrypted anew when they are saved again.
    """

    def __init__(self, settings: SecretSettings) -> None:
        """Raises SecretKeyMissing when there is no key, or one that is none."""
        self._keys = _open_keys(settings.secret_key.get_secret_value())

    def encrypt(self, secret: str) -> bytes:
        """The secret as a token that only the key opens."""
        return self._keys.encrypt(secret.encode())

    def decrypt(self, token: bytes) -> str:
        """The secret of a token. Raises SecretKeyMissing when none of the keys made it."""
        from cryptography.fernet import InvalidToken

        try:
            return self._keys.decrypt(token).decode()
        except InvalidToken:
            raise SecretKeyMissing(
                "HEADWATER_SECRET_KEY is not the key that this was encrypted with; add the former one after a comma"
            ) from None


def make_secret_key() -> str:
    """A new key for HEADWATER_SECRET_KEY."""
    from cryptography.fernet import Fernet

    return Fernet.generate_key().decode()


def _open_keys(text: str) -> "MultiFernet":
    from cryptography.fernet import Fernet, MultiFernet

    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise SecretKeyMissing(f"HEADWATER_SECRET_KEY is not set: {_MAKE_ONE}")
    try:
        return MultiFernet([Fernet(name) for name in names])
    except ValueError:
        raise SecretKeyMissing(f"HEADWATER_SECRET_KEY is not a key: {_MAKE_ONE}") from None
