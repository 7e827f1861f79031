"""A kind of import contract that import-linter does not bring: the standard library, nothing else."""

from __future__ import annotations

import sys

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class StandardLibraryContract(Contract):
    """`module` and all below it import only one another and Python's standard library."""

    type_name = "standard_library"

    module = fields.ModuleField()

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Every import that leaves the package must be one of `sys.stdlib_module_names`."""
        root: str = self.module.name  # type: ignore[attr-defined]
        output.verbose_print(verbose, f"Looking at all that {root} imports")
        strangers = [
            (importer, imported)
            for importer in sorted({root, *graph.find_descendants(root)})
            for imported in sorted(graph.find_modules_directly_imported_by(importer))
            if imported != root
            and not imported.startswith(f"{root}.")
            and imported.partition(".")[0] not in sys.stdlib_module_names
        ]
        return ContractCheck(kept=not strangers, metadata={"strangers": strangers})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Name each import that is not allowed."""
        strangers: list[tuple[str, str]] = check.metadata["strangers"]
        for importer, imported in strangers:
            output.print_error(f"{importer} imports {imported}")
