"""What Benchmarks/run, plot and readme share of a results file: which one is the newest, which rows stand for it, and its tables."""
import os
import re
import sys

# A picture has no room for more jobs of one benchmark.
MANY = 8


def newest(folder, asker):
    """The path of the newest results that are not quick ones; ends the program without any."""
    names = [name for name in (os.listdir(folder) if os.path.isdir(folder) else [])
             if re.match(r"\d{4}-\d\d-\d\d", name) and name.endswith(".json") and "-quick" not in name]
    if not names:
        print(f"{asker}: there are no results yet; make bench, or Benchmarks/run --quick and name its file", file=sys.stderr)
        sys.exit(3)
    return os.path.join(folder, max(names, key=lambda name: os.path.getmtime(os.path.join(folder, name))))


def by_benchmark(rows):
    groups = {}
    for row in rows:
        groups.setdefault(row["benchmark"], []).append(row)
    return groups


def overview(rows, many=MANY):
    """The rows that stand for all, in their order: of a benchmark with more than `many` its worst, middle and best."""
    chosen = []
    for own in by_benchmark(rows).values():
        compared = sorted((row for row in own if row.get("ratio")), key=lambda row: row["ratio"])
        if len(own) <= many or len(compared) < 3:
            chosen += own
            continue
        typical = [compared[0], compared[len(compared) // 2], compared[-1]]
        chosen += [row | {"job": f"{row['job']} ({word} of {len(compared)})"}
                   for row, word in zip(typical, ("worst", "middle", "best"))]
    return chosen


def origin(results):
    """The machine, the versions and the moment, in one sentence."""
    machine = results["machine"]
    return (f"{machine['cpu']}, {machine['cores']} cores, {machine['memory_mb']:,} MB, {machine['system']}, Linux "
            f"{machine['kernel']}; " + ", ".join(f"{name} {version}" for name, version in results["versions"].items())
            + f"; {results['date']}")


def shown(value):
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def table(rows):
    lines = ["| job | Weir | beside it | ratio | command |", "| --- | --- | --- | --- | --- |"]
    last = None
    for row in rows:
        command = "" if row["command"] == last else f"`{row['command']}`"
        last = row["command"]
        if row["status"] == "failed":
            lines.append(f"| {row['job']} | **failed**: {row['message'].replace('|', '/')} | | | {command} |")
            continue
        beside = f"{row['peer_name']}: {shown(row['peer'])} {row['unit']}" if "peer" in row else ""
        aims = " and ".join(f"{'×' if name == 'ratio_at_least' else ''}{shown(value)}" for name, value in row.get("aims", {}).items())
        missed = f", misses {aims}" if row.get("missed") else ""
        ratio = f"{row['ratio']:.2f}" if row.get("ratio") is not None else ""
        lines.append(f"| {row['job']} | {shown(row['ours'])} {row['unit']}{missed} | {beside} | {ratio} | {command} |")
    return "\n".join(lines)


def curves_table(curves):
    lines = ["| how it grows | points | exponent |", "| --- | --- | --- |"]
    for curve in curves:
        points = ", ".join(f"{shown(x)}: {shown(y)}" for x, y in curve["points"])
        slope = "" if curve["exponent"] is None else f"{curve['exponent']:.2f}"
        lines.append(f"| {curve['job']}, {curve['unit']} by {curve['x']} | {points} | {slope} |")
    return "\n".join(lines)
