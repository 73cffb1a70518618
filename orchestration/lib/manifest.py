"""dbt's manifest: made when the project changed, read otherwise.

Parsing takes seconds, and a code location is loaded by every process of Dagster and for every run.

<dbt_dir>/projects/<digest>/manifest.json   the manifest of the project as it was with this digest
                           /target/         dbt's own folder for it: what it compiled, and its partial parse

A project that changed is parsed afresh and in a folder of its own: dbt's partial parse, given another state of the
project, was seen to keep a unit test that had changed.
"""

import hashlib
import importlib.metadata
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from headwater.file_lock import file_lock
from headwater.settings import HomeSettings, WarehouseSettings
from orchestration.lib.dbt import PROJECT, dbt_environment, run_dbt

_PACKAGES = ("dbt-core", "dbt-clickhouse")
_KEPT = 3
_PARSE_SECONDS = 120.0

Manifest = dict[str, Any]


class ParseFailed(Exception):
    """dbt cannot read the project. The message carries what dbt said."""


def project_digest(project: Path = PROJECT) -> str:
    """Hash of every file of the project and of dbt's versions."""
    digest = hashlib.sha256()
    for package in _PACKAGES:
        digest.update(f"{package}={importlib.metadata.version(package)}\n".encode())
    for path in sorted(_files(project)):
        digest.update(f"{path.relative_to(project)}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def prepare_manifest(home: HomeSettings, warehouse: WarehouseSettings) -> Path:
    """The path of the project's manifest, parsed if the project changed. Its folder is named by the digest.

    No warehouse needs to answer. Raises ParseFailed, or LockBusy when another process parses for two minutes.
    """
    folder = home.dbt_dir / "projects" / project_digest()
    path = folder / "manifest.json"
    if path.exists():
        return path
    with file_lock(home.dbt_dir / "parse.lock", "parsing the dbt project", _PARSE_SECONDS):
        if not path.exists():
            _parse({**dbt_environment(warehouse, home), "DBT_TARGET_PATH": str(folder / "target")})
            _keep(folder / "target" / "manifest.json", path)
            _prune(folder.parent)
    return path


def find_parsed(home: HomeSettings) -> Path | None:
    """dbt's partial parse of the project as it is, if this home has read it: to read it again takes 7 s."""
    path = home.dbt_dir / "projects" / project_digest() / "target" / "partial_parse.msgpack"
    return path if path.exists() else None


@dataclass(frozen=True, slots=True)
class Project:
    """The dbt project as it was when it was read. Equal digests have equal manifests."""

    digest: str
    manifest: Manifest
    target: Path
    """dbt's folder for it. No other state of the project is ever parsed or built there."""


def read_project(home: HomeSettings, warehouse: WarehouseSettings) -> Project:
    """The project's manifest, with every test attached to a model. Raises what `prepare_manifest` raises."""
    path = prepare_manifest(home, warehouse)
    manifest: Manifest = orjson.loads(path.read_bytes())
    _attach_tests(manifest)
    return Project(path.parent.name, manifest, path.with_name("target"))


def _attach_tests(manifest: Manifest) -> None:
    """Attach every test of several models to the one of them that is built last.

    dbt runs such a test when its last model is there, and what comes after that model is what a failure must stop.
    """
    depths: dict[str, int] = {}
    for node in manifest["nodes"].values():
        if node["resource_type"] == "test" and not node.get("attached_node"):
            node["attached_node"] = max(
                node["depends_on"]["nodes"], key=lambda parent: (_depth(manifest, parent, depths), parent)
            )
            node["config"]["meta"] = {"dagster": {"ref": _reference(manifest, node["attached_node"])}}


def _depth(manifest: Manifest, unique_id: str, known: dict[str, int]) -> int:
    if unique_id not in known:
        parents = manifest["parent_map"].get(unique_id, [])
        known[unique_id] = 1 + max((_depth(manifest, parent, known) for parent in parents), default=0)
    return known[unique_id]


def _reference(manifest: Manifest, unique_id: str) -> dict[str, Any]:
    node = manifest["nodes"][unique_id]
    return {"name": node["name"], "package": node["package_name"], "version": node.get("version")}


def _files(project: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(project):
        folders[:] = [name for name in folders if name not in {"target", "logs", "dbt_packages", ".git"}]
        for name in names:
            if Path(name).suffix in {".sql", ".yml", ".yaml", ".md", ".csv", ".py"}:
                yield Path(folder) / name


def _parse(environment: dict[str, str]) -> None:
    said = []
    events = run_dbt(["parse", "--no-partial-parse"], environment)
    while True:
        try:
            event = next(events)
        except StopIteration as end:
            code = end.value
            break
        if event["info"]["level"] == "error" or event["info"]["name"] == "Text":
            said.append(event["info"]["msg"])
    if code:
        raise ParseFailed("dbt cannot read the project: " + ("\n".join(said) or f"exit code {code}"))


def _keep(made: Path, path: Path) -> None:
    """Whole or not at all: another process may look for it at any moment, and dbt writes its own again and again."""
    part = path.with_suffix(".part")
    shutil.copyfile(made, part)
    part.replace(path)


def _prune(projects: Path) -> None:
    for old in sorted(projects.iterdir(), key=lambda one: one.stat().st_mtime)[:-_KEPT]:
        shutil.rmtree(old, ignore_errors=True)
