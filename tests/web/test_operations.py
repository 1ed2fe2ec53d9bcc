"""What the command line can have done, the API can: compared by what each of them calls."""

import ast
from pathlib import Path

import dialerd

ROOT = Path(dialerd.__file__).parent
OTHERWISE = {
    "dnc.scope_name": "an entry has its campaign",
    "dnc.unheard": "a request hears of no progress",
    "here.here": "what runs on this machine, for the words of `dialerd status`",
    "imports.finish": "the version says how its import ended",
    "imports.host": "imports.start_import: nobody waits in the request for its end",
    "people.show": "among the users",
    "rejected.write_rejects": "rejected rows are answered as JSON and as CSV",
    "schema.prepare": "the server does that when it starts",
    "trials.begin": "trials.ask: an engine makes the call",
    "trials.end": "an engine does that",
    "trials.in_words": "the trial says it in fields",
    "workers.yield_to_others": "a server does not stand back",
}
"""What only the command line calls, and why the API has it all the same or has no use for it."""


def called(folder):
    """The functions of dialerd.service that the modules of this folder name, as module.function."""
    found = set()
    for path in folder.rglob("*.py"):
        modules, functions = {}, {}
        tree = list(ast.walk(ast.parse(path.read_text())))
        for node in tree:
            if isinstance(node, ast.ImportFrom) and node.module == "dialerd.service":
                modules |= {name.asname or name.name: name.name for name in node.names}
            elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("dialerd.service."):
                module = node.module.removeprefix("dialerd.service.")
                functions |= {name.asname or name.name: f"{module}.{name.name}" for name in node.names}
        for node in tree:
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
                found.add(f"{modules[node.value.id]}.{node.attr}")
            elif isinstance(node, ast.Name) and node.id in functions:
                found.add(functions[node.id])
    return found & operations()


def operations():
    """Every public function of dialerd.service."""
    return {
        f"{path.stem}.{node.name}"
        for path in (ROOT / "service").glob("*.py")
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
    }


def test_the_api_can_do_all_that_the_command_line_can():
    shell, api = called(ROOT / "cli"), called(ROOT / "web" / "api")
    assert len(api) > 70
    assert shell - api == set(OTHERWISE)
