"""Reads the reports of run-mutation.sh: mutation-report.py RESULTS [NAME].

With a name: writes NAME.survivors and prints its score. Without: a Markdown table over all the reports in RESULTS. The score is
(killed + timeout) / (killed + timeout + survived + no coverage): mutants that did not compile or repeat another one are left out.
"""
import json
import pathlib
import sys

results = pathlib.Path(sys.argv[1])
STATES = ["Killed", "Timeout", "Survived", "NoCoverage", "CompileError"]


def mutants(name):
    for path, file in sorted(json.loads((results / f"{name}.json").read_text())["files"].items()):
        lines = file["source"].splitlines()
        for mutant in file["mutants"]:
            if mutant["status"] in STATES and "mutate filter" not in mutant.get("statusReason", ""):
                yield path.split("Scanner.Checks/")[-1], lines, mutant


def score(count):
    killed = count["Killed"] + count["Timeout"]
    tested = killed + count["Survived"] + count["NoCoverage"]
    return tested, f"{100 * killed / tested:.1f}" if tested else "-"


def counted(name):
    """Counts of each folder in one report."""
    folders = {}
    for path, _, mutant in mutants(name):
        folders.setdefault(path.split("/")[0], dict.fromkeys(STATES, 0))[mutant["status"]] += 1
    return folders


if len(sys.argv) > 2:
    name = sys.argv[2]
    survivors = []
    for path, lines, mutant in mutants(name):
        if mutant["status"] not in ("Survived", "NoCoverage"):
            continue
        start, end = mutant["location"]["start"], mutant["location"]["end"]
        text = lines[start["line"] - 1]
        original = text[start["column"] - 1 : end["column"] - 1] if start["line"] == end["line"] else text[start["column"] - 1 :] + " …"
        survivors.append(f"{path}:{start['line']}\t{mutant['status']}\t{original.strip()}\t=>\t{' '.join(mutant['replacement'].split())[:200]}")
    (results / f"{name}.survivors").write_text("".join(s + "\n" for s in survivors))
    for folder, count in counted(name).items():
        if score(count)[0]:
            print(f"{folder}: {score(count)[0]} tested, {score(count)[1]} %")
else:
    total, folders = dict.fromkeys(STATES, 0), {}
    for report in sorted(results.glob("*.json"), key=lambda r: r.stat().st_mtime):
        for name, count in counted(report.stem).items():
            if not score(count)[0]:
                continue
            folder = folders.setdefault(name, dict.fromkeys(STATES, 0))
            for state, n in count.items():
                folder[state] += n
                total[state] += n
    print("| folder | mutants tested | killed | timed out | survived | no test | not compiled | score |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for name, count in [*sorted(folders.items()), ("**all**", total)]:
        tested, percent = score(count)
        print(f"| {name} | {tested} | {count['Killed']} | {count['Timeout']} | {count['Survived']} | {count['NoCoverage']} | {count['CompileError']} | {percent} % |")
