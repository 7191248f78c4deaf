"""Texts for the differential: texts.py VECTORS [COUNT [SEED]] prints one JSON object a line, {"kind", "origin", "text"}, one char per octet.

Per kind the published texts (origin "real" for SPF, the 5,000 names of records/mx-spf-5000.jsonl; "vector" for the others: nobody published
real DMARC records or policies that could be used here) and COUNT mutated from them (50,000). Edits are drawn by Python's generator from SEED:
one to three of: delete, insert or replace a character by a piece of the grammar, repeat, move or join parts, turn the case of a part, insert
two pieces as a part, cut off, turn one delimiter into another.
"""
import json
import pathlib
import random
import sys

vectors = pathlib.Path(sys.argv[1])
count = int(sys.argv[2]) if len(sys.argv) > 2 else 50_000
seed = int(sys.argv[3]) if len(sys.argv) > 3 else 20261126

ODD = ["\t", "\n", "\u00c2\u00a0", "\u00e2\u0080\u0093", "\u00ff", "\0", "\"", "\\"]
SPF = ["v=spf1", "a", "mx", "ptr", "all", "include", "exists", "ip4", "ip6", "redirect=", "exp=", "x=", "-", "~", "?", "+", ":", "/", "//", ".", "=", "%", "%{d}",
       "%{i}", "%{ir}.%{v}", "%{l1r-}", "%{h", "%%", "%_", "%-", "/24", "/33", "/0", "//64", "//129", "192.0.2.1", "1.2.3", "2001:db8::1", "::", "example.com",
       "com", "a.b.", "_spf", "1", "x", " ", "  "]
DMARC = ["v=DMARC1", "p=", "sp=", "np=", "t=", "psd=", "adkim=", "aspf=", "fo=", "rua=", "ruf=", "pct=", "rf=afrf", "ri=86400", "none", "quarantine", "reject", "NONE", "y", "n",
         "r", "s", "0:1:d:s", "50", "101", "0", "mailto:a@example.com", "https://example.com/", "!10m", ",", ";", ";;", "=", " ", " = ", "x=y", "a_b=c", "1", "DMARC2"]
STS = ["v=STSv1", "STSv1", "STSv2", "id=", "ID=", "id = ", "20240101T000000", "a-b", "01234567890123456789012345678901", "x=y", "x-y.z_1=a", ";", ";;", "=", " ", "; ", " ;", "(c)", "'", "1"]
POLICY = ["version:", "version: STSv1", "STSv1", "STSv2", "mode:", "mode: ", "enforce", "testing", "none", "Enforce", "max_age:", "max_age: ", "604800", "0", "31557601", "9999999999",
          "0x10", "1e3", "7d", "mx:", "mx: ", "*.", "mail.example.com", "a.b.", "*", "x: y", ":", " ", "\r", "\r\n", "\n", "\n\n", "\u00ef\u00bb\u00bf", "MX: ", "-", "_a"]


def lines(path):
    return [json.loads(line) for line in (vectors / path).read_text(encoding="utf-8").splitlines()]


def octets(text):
    return text.encode("utf-8").decode("latin-1")


def mutate(rng, text, pieces, blank, delimiters):
    pieces = pieces + ODD
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        at = rng.randrange(len(text) + 1)
        parts = text.split(blank)
        place = rng.randrange(len(parts))
        edit = rng.randrange(9)
        if edit == 0:
            text = text[:at] + text[at + 1:]
        elif edit == 1:
            text = text[:at] + rng.choice(pieces) + text[at:]
        elif edit == 2:
            text = text[:at] + rng.choice(pieces) + text[at + 1:]
        elif edit == 3:
            part = parts.pop(place)
            for _ in range(rng.choice([1, 2])):
                parts.insert(rng.randrange(len(parts) + 1), part)
            text = blank.join(parts)
        elif edit == 4 and len(parts) > 1:
            place = max(place, 1)
            parts[place - 1:place + 1] = [parts[place - 1] + parts[place]]
            text = blank.join(parts)
        elif edit == 5:
            parts[place] = parts[place].swapcase()
            text = blank.join(parts)
        elif edit == 6:
            parts.insert(place, rng.choice(pieces) + rng.choice(pieces))
            text = blank.join(parts)
        elif edit == 7:
            text = text[:at]
        elif edit == 8:
            marks = [i for i, c in enumerate(text) if c in delimiters]
            if marks:
                at = rng.choice(marks)
                text = text[:at] + rng.choice(delimiters) + text[at + 1:]
    return text


KINDS = [
    ("spf", "real", [octets(r["spf"]) for r in lines("records/mx-spf-5000.jsonl") if r["spf"]], SPF, " ", ":/.= "),
    ("dmarc", "vector", [octets(r["input"]) for r in lines("dmarc/records.jsonl")], DMARC, ";", ";=:, "),
    ("mta-sts", "vector", [octets(r["input"]) for r in lines("mtasts/records.jsonl") if isinstance(r["input"], str)], STS, ";", ";= "),
    ("policy", "vector", [octets(r["input"]) for r in lines("mtasts/policies.jsonl")], POLICY, "\n", ":\n\r. "),
]
for kind, origin, texts, pieces, blank, delimiters in KINDS:
    rng = random.Random(f"{seed} {kind}")
    for text in texts:
        print(json.dumps({"kind": kind, "origin": origin, "text": text}))
    # An empty text and one that is hardly begun say nothing.
    good = [text for text in texts if len(text) > 8]
    for _ in range(count):
        print(json.dumps({"kind": kind, "origin": "mutated", "text": mutate(rng, rng.choice(good), pieces, blank, delimiters)}))
