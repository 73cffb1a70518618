"""Webhooks: events sent to an endpoint, signed as Stripe signs them."""

import hashlib
import hmac
import json
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from random import Random

from simulator.stripe.account import Account, Object

_ANSWER_SECONDS = 20


@dataclass
class Endpoint:
    """Where events go. Those that are not answered with 2xx wait for the next delivery."""

    url: str
    secret: str
    """Begins with whsec_."""
    kinds: tuple[str, ...] = ("*",)
    """Types of events, or their beginnings with a star, as in ``invoice.*``."""
    waiting: list[Object] = field(default_factory=list)

    def listen(self, account: Account) -> None:
        """Take every new event of the account."""
        account.listeners.append(lambda event: self.waiting.append(event) if self.wants(event["type"]) else None)

    def wants(self, type_: str) -> bool:
        """Whether events of a type go here."""
        return any(kind == type_ or (kind.endswith("*") and type_.startswith(kind[:-1])) for kind in self.kinds)

    def deliver(self, *, shuffled: Random | None = None, times: int = 1, without: int = 0) -> int:
        """Send what waits, each event ``times`` times. Returns how many were taken.

        ``shuffled``: in any order. ``without``: every so many-th event is never sent, as if the endpoint had been away
        for too long.
        """
        events = [event for number, event in enumerate(self.waiting, 1) if not without or number % without]
        if shuffled:
            shuffled.shuffle(events)
        self.waiting = []
        taken = 0
        for event in events:
            answers = [self._send(event) for _ in range(times)]
            taken += any(answers)
            if not any(answers):
                self.waiting.append(event)
        return taken

    def _send(self, event: Object) -> bool:
        body = json.dumps(event).encode()
        headers = {"Content-Type": "application/json", "Stripe-Signature": sign(body, self.secret, int(time.time()))}
        try:
            request = urllib.request.Request(self.url, body, headers)
            with urllib.request.urlopen(request, timeout=_ANSWER_SECONDS) as answer:
                return 200 <= int(answer.status) < 300
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            return False


def sign(body: bytes, secret: str, at: int) -> str:
    """The header ``Stripe-Signature`` of a body that is sent at ``at``, in Unix seconds."""
    signature = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={signature}"
