"""The second pass over a well-shaped file: what it means on the given flavors, and what of it can't be meant."""

from __future__ import annotations

from collections.abc import Sequence

from oracle.errors import UsageError
from oracle.flavor import Flavor
from oracle.load import checks, defects, program, start
from oracle.load.context import Context, given
from oracle.load.problems import Problems
from oracle.load.yamlpos import Node
from oracle.scenario import Scenario, selects


def understand(root: Node, flavors: Sequence[Flavor], name: str, problems: Problems) -> Scenario | None:
    """The scenario that a document describes, or None if there are problems."""
    if not flavors:
        raise UsageError("a scenario is read for the flavors it may run on, and there are none; install one")
    context = Context(problems, flavors)
    only = context.selectors(root.entries.get("only"), flavors, "this installation")
    context.running = [flavor for flavor in flavors if selects(only, flavor.id)] or list(flavors)
    title = given(root, "title").strip()
    if "\n" in title or not title:
        problems.add(root.entries["title"], "`title` is one line of text; longer explanations belong into `why`")
    machine = start.machine(context, root.entries.get("machine"))
    processes = start.processes(context, root.entries.get("processes"))
    steps = program.steps(context, root.entries["steps"])
    agree = checks.agree(context, root.entries.get("agree"), steps)
    defect, standard = defects.defect(context, root, steps), defects.standard(context, root, steps)
    if problems.found:
        return None
    why, topic = given(root, "why").strip(), given(root, "topic")
    return Scenario(name, title, why, topic, steps, machine, processes, only, agree, defect, standard, problems.file)
