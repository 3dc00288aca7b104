"""What came of many cases, as tables."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from statistics import median
from typing import Any


def summary(outcomes: Sequence[dict[str, Any]]) -> str:
    """A table of the kinds, and the faults, each with how often it was found and the first numbers."""
    lines = [
        "| kind | cases | exit 0 | exit 2 | faults | median s | most s | most MB |",
        "|---|---|---|---|---|---|---|---|",
    ]
    kinds = list(dict.fromkeys(facts["kind"] for facts in outcomes))
    for kind in [*kinds, "all"]:
        these = [facts for facts in outcomes if kind in (facts["kind"], "all")]
        codes = Counter(facts["code"] for facts in these if not facts["faults"])
        faulty = sum(bool(facts["faults"]) for facts in these)
        seconds, megabytes = [facts["seconds"] for facts in these], max(facts["megabytes"] for facts in these)
        cells = [len(these), codes[0], codes[2], faulty, f"{median(seconds):.2f}", f"{max(seconds):.1f}", megabytes]
        lines.append(f"| {kind.replace('_', ' ')} | {' | '.join(map(str, cells))} |")
    found = defaultdict(list)
    for facts in outcomes:
        for fault in facts["faults"]:
            found[facts["kind"], fault].append(facts["number"])
    for (kind, fault), numbers in sorted(found.items(), key=lambda item: (item[0][0], -len(item[1]))):
        lines.append(f"{len(numbers):5} {kind}: {fault} (seeds {', '.join(map(str, sorted(numbers)[:3]))})")
    return "\n".join(lines)
