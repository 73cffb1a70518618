"""Tables that come with a request, as files of a form."""

from collections.abc import AsyncIterator

from headwater.warehouse.embedded.engine import quote_name
from headwater.warehouse.embedded.error import QueryError
from headwater.warehouse.embedded.executor import Executor
from headwater.warehouse.embedded.form import Part, read_form
from headwater.warehouse.embedded.native_block import split_types
from headwater.warehouse.embedded.pipe import Insertion
from headwater.warehouse.embedded.request import Request, checked_format
from headwater.warehouse.embedded.rows import load_rows
from headwater.warehouse.embedded.statement import Insert
from headwater.warehouse.embedded.workspace import Workspace

_LARGEST_FIELD = 64 * 1024 * 1024


async def load_form(executor: Executor, workspace: Workspace, request: Request, pieces: AsyncIterator[bytes]) -> None:
    """Take the fields of a form into the request and its files into temporary tables. Raises QueryError."""
    parts = _Parts(read_form(request.content_type, pieces))
    while part := await parts.next():
        take = _load_file if part.is_file else _take_field
        await take(executor, workspace, request, part.name, parts.content())


class _Parts:
    """Parts and their contents, told apart."""

    def __init__(self, stream: AsyncIterator[Part | bytes]) -> None:
        self._stream = stream
        self._part: Part | None = None

    async def next(self) -> Part | None:
        """The next part, past what is left of the current one."""
        async for item in self.content():
            del item
        part, self._part = self._part, None
        return part

    async def content(self) -> AsyncIterator[bytes]:
        """What is left of the current part."""
        while self._part is None:
            item = await anext(self._stream, None)
            if item is None:
                return
            if isinstance(item, Part):
                self._part = item
            else:
                yield item


async def _take_field(
    executor: Executor, workspace: Workspace, request: Request, name: str, content: AsyncIterator[bytes]
) -> None:
    value = b""
    async for piece in content:
        value += piece
        if len(value) > _LARGEST_FIELD:
            raise QueryError.named(229, "QUERY_IS_TOO_LARGE", f"The form field {name} is larger than 64 MiB")
    text = value.decode("utf-8", "surrogateescape")
    request.add(name, text)
    if name in request.settings:
        await executor.call(workspace.apply, name, text)


async def _load_file(
    executor: Executor, workspace: Workspace, request: Request, name: str, content: AsyncIterator[bytes]
) -> None:
    structure = request.external.get(f"{name}_structure", "")
    if not structure:
        types = request.external.get(f"{name}_types", "")
        if not types:
            text = f"Neither {name}_structure nor {name}_types is given for external table {name}"
            raise QueryError.named(36, "BAD_ARGUMENTS", text)
        structure = ", ".join(f"_{number} {kind}" for number, kind in enumerate(split_types(types), 1))
    await executor.call(workspace.create_table, name, structure)
    input_format = request.external.get(f"{name}_format", "TabSeparated")
    sql = f"INSERT INTO {quote_name(name)}".encode("utf-8", "surrogateescape")
    insert = Insert(sql, input_format, 0, len(sql))
    target = await executor.call(Insertion, workspace, insert, checked_format(input_format), {})
    await load_rows(executor, target, content)
