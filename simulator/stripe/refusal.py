"""An answer that refuses, as Stripe words it."""


class Refusal(Exception):
    """A request that is not done. ``status`` is HTTP's, ``kind`` and ``code`` are Stripe's."""

    def __init__(
        self, status: int, message: str, kind: str = "invalid_request_error", code: str = "", param: str = ""
    ) -> None:
        super().__init__(message)
        self.status = status
        # Stripe doesn't say whether a request above the rate should be tried again, and its library doesn't try.
        self.headers = {"Retry-After": "1", "Stripe-Rate-Limited-Reason": "global-rate"} if status == 429 else {}
        told = {"type": kind, "message": message, "code": code, "param": param}
        self.body = {"error": {name: text for name, text in told.items() if text}}


def missing(what: str, id_: str, status: int = 404) -> Refusal:
    """There is no such object."""
    return Refusal(status, f"No such {what}: '{id_}'", code="resource_missing", param="id")
