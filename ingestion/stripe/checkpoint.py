"""How far each list of an account is loaded, as ``raw_stripe.checkpoints`` tells."""

from dataclasses import dataclass
from datetime import UTC, datetime

from headwater.contracts.stripe_row import CheckpointRow
from headwater.warehouse.client import Warehouse
from ingestion.stripe.account import Account

POSITIONS = """
SELECT
    object,
    toUnixTimestamp(argMax(window_end, (finished_at, loaded_at))) AS newest,
    argMax(cursor, (finished_at, loaded_at)) AS last_cursor,
    toUnixTimestamp(maxIf(window_end, NOT match(cursor, '^[0-9]+$'))) AS complete,
    toUnixTimestamp(argMax(checkpoints.asked_at, (finished_at, loaded_at))) AS asked_at
FROM raw_stripe.checkpoints
WHERE org_id = {org_id:String}
    AND site_id = {site_id:String}
    AND livemode = {livemode:Bool}
    AND finished_at >= fromUnixTimestamp64Milli({connected_at:Int64}, 'UTC')
GROUP BY object
"""


@dataclass(frozen=True, slots=True)
class Position:
    """How far one list is loaded. Times are Unix seconds of creation, as Stripe counts them."""

    newest: int = 0
    """The newest object that is loaded; 0 when there is none."""
    complete: int = 0
    """Everything up to here is loaded."""
    resume_at: int | None = None
    """A list that was not read to its end goes on here, back in time; None when it was."""
    known: frozenset[str] = frozenset()
    """Ids that a look a little further back than ``newest`` finds again."""
    asked_at: int = 0
    """What there was then is loaded, once the list is read to its end; never before ``newest``."""


def fetch_positions(warehouse: Warehouse, account: Account) -> dict[str, Position]:
    """The position of each list, by table; a list that was never read has none. Raises WarehouseError."""
    parameters = {
        "org_id": account.org_id,
        "site_id": account.site_id,
        "livemode": account.livemode,
        "connected_at": int(account.connected_at.timestamp() * 1000),
    }
    positions = {}
    for table, newest, cursor, complete, asked_at in warehouse.query(POSITIONS, parameters)[1]:
        resume_at = int(cursor) if cursor.isdigit() else None
        known = frozenset() if cursor.isdigit() else frozenset(cursor.split())
        positions[table] = Position(newest, complete, resume_at, known, asked_at)
    return positions


def build_checkpoint(account: Account, table: str, position: Position, rows: int) -> CheckpointRow:
    """The row that says so."""
    cursor = " ".join(sorted(position.known)) if position.resume_at is None else str(position.resume_at)
    return CheckpointRow(
        org_id=account.org_id,
        site_id=account.site_id,
        livemode=account.livemode,
        object=table,
        window_end=datetime.fromtimestamp(position.newest, UTC),
        cursor=cursor,
        finished_at=datetime.now(UTC),
        asked_at=datetime.fromtimestamp(position.asked_at, UTC),
        rows=rows,
    )
