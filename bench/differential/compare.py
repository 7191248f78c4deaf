"""Names and counts the disagreements: compare.py TEXTS OURS OTHERS (files of texts.py, Scanner.Fuzz verdicts and others.js, line by line).

Prints Markdown. Each disagreement goes to the first class below whose test it meets; one that meets none is printed to standard error, and the
exit code is 1. A class is one habit of the other program, with the sentence that judges it; where the standard leaves it open the class says so.
"""
import json
import re
import sys

BLANKS = " \t\n\r\x0b\x0c\xa0"


def matched_before(text, ours, theirs):
    """A valid term that matches the stranger stands before the one that we refuse: all, exists (all names have addresses), or prefix 0."""
    for term in text.split(" ")[1:]:
        if term == ours["term"]:
            return False
        if re.fullmatch(r"[-+~?]?(all|exists:.+|a(:.+)?/0(//\d+)?|mx(:.+)?/0(//\d+)?|ip4:[\d.]+/0)", term, re.I):
            return True
    return False


def problem(words):
    return lambda text, ours, theirs: words in (theirs["problem"] or "")


def refuses(words, pattern):
    """The other's permerror in these words about a name of this form."""
    return lambda text, ours, theirs: ours["verdict"] != "permerror" and (found := re.search(words + " (.*)$", theirs["problem"] or "", re.S)) and re.search(pattern, found[1], re.S)


def error(*words):
    return lambda text, ours, theirs: ours["error"] in words


def term(pattern, *errors):
    return lambda text, ours, theirs: (not errors or ours["error"] in errors) and re.search(pattern, ours["term"] or "", re.I | re.S)


def terms(pattern):
    return lambda text, ours, theirs: ours["syntax"] == "valid" and any(re.fullmatch(pattern, t, re.I) for t in text.split(" ")[1:])


def repeated(text, ours, theirs):
    names = [t.split("=")[0] for t in text.split(" ") if "=" in t]
    return ours["syntax"] == "valid" and len(names) != len(set(names))


MAILAUTH_SPF = [
    ("M1", "blanks before the version, or TAB or LF after it, are taken for a record", "§4.5: a record begins with the version section, which SP or the end ends. None", lambda t, o, m: o["verdict"] == "none"),
    ("M2", "`exp=` with a value that is no domain-spec passes", "§6.2, and §4.6: any syntax error is permerror", term("^exp=", "bad_domain_spec")),
    ("M3", "terms behind the one that matched are not read", "§4.6: the syntax of the whole record comes first", lambda t, o, m: o["syntax"] == "malformed" and matched_before(t, o, m)),
    ("M4", "`include/x`, `ip4/x`, `ptr/` pass", "§5.2, §5.5, §5.6: \":\" stands before the argument, and these take no prefix length", term("^[-+~?]?(include|exists|ptr|ip4|ip6)/", "missing_argument", "unexpected_argument")),
    ("M5", "`a/l::`, `mx/include:x`, `all//x`: what stands between the name and a later \":\" is lost", "§4.6.1, §5.1, §5.3, §5.4", term("^[-+~?]?(a|mx|all)/", "bad_cidr", "unexpected_argument")),
    ("M6", "a domain-spec that ends in text behind a macro, in a dot and nothing, or in no top label passes", "§7.1: domain-end", lambda t, o, m: o["error"] == "bad_domain_spec"),
    ("M7", "a modifier name with other characters, or none, passes", "§4.6.1, name", error("bad_modifier", "qualifier_on_modifier")),
    ("M8", "an address or prefix length that is none passes where the client is of the other family or a term before matched", "§4.6, §5.6", error("bad_ip4", "bad_ip6", "bad_cidr")),
    ("M9", "a redirect target in upper case is refused", "§4.3 and RFC 4343: names have no letter case", refuses("Invalid redirect target", r"[A-Z]")),
    ("M10", "a redirect target that ends in a macro is refused for what the macro comes to", "§7.1: a macro-expand may end a domain-spec, and is not looked at again; §4.8", lambda t, o, m: "Invalid redirect target" in (m["problem"] or "") and re.search(r"redirect=\S*(%[%_-]|%\{[^}]*\})( |$)", t, re.I)),
    ("M11", "an unknown modifier with an empty value is refused", "§4.6.1: a macro-string may be empty; §6: unrecognized modifiers MUST be ignored", problem("Empty modifier value")),
    ("M12", "a top label that begins with a digit is refused", "§7.1: toplabel = \\*alphanum ALPHA \\*alphanum", refuses("Invalid domain", r"\.[0-9][0-9A-Za-z-]*$")),
    ("M13", "a name that ends in a macro is refused for what the macro comes to", "§7.1, §4.8", lambda t, o, m: "Invalid domain" in (m["problem"] or "") and re.search(r"(%[%_-]|%\{[^}]*\})(/\S*)?( |$)", t)),
    ("M14", "a trailing dot after the name of an `a`, `mx` or `exists` is refused", "§7.3: trailing dots MUST be accepted", refuses("Invalid domain", r"\.$")),
    ("M15", "an empty label in the name of an `a`, `mx` or `include` is permerror", "§4.8 says that some do and others do not: open. Ours does not match, as the community suite allows", refuses("Invalid domain", r"\.\.|^\.")),
]

SPF_PARSE = [
    ("P1", "whatever begins with `v=spf1` is a record, also behind blanks", "§4.5", lambda t, o, m: o["syntax"] == "not_this_type"),
    ("P2", "octets outside %x21-7E pass, NBSP as a blank; TAB and LF separate terms", "§4.6.1, §7.1", error("non_ascii", "control_char")),
    ("P3", "`ip4:1`, `ip6:256` and their like pass", "§5.6, RFC 4291 §2.2", error("bad_ip4", "bad_ip6")),
    ("P4", "a single label, an address, `com~all` or two names in one pass as a name", "§7.1, toplabel", error("bad_domain_spec")),
    ("P5", "prefix lengths out of range, or none of digits, pass", "§5.6, §5.3, §5.4", error("bad_cidr")),
    ("P6", "a \"%\" that begins no macro passes", "§7.3", error("bad_macro")),
    ("P7", "a mechanism that ends like a known one passes (`ptrmx`, `+a+mx`, `x?all:mx`)", "§4.6.1", error("unknown_mechanism", "unexpected_argument", "missing_argument")),
    ("P8", "a qualifier before a modifier, or a modifier without name, passes", "§4.6.1", error("qualifier_on_modifier", "bad_modifier")),
    ("P9", "a modifier that repeats in another letter case passes", "§6: not more than once each; §12: names have no letter case", error("duplicate_modifier")),
    ("P10", "a modifier that repeats is refused, whatever its name", "§6: \"no matter where, or how often\"", repeated),
    ("P11", "an unknown modifier is refused", "§6: MUST be ignored", terms(r"[a-z][a-z0-9_.-]*=.*")),
    ("P12", "a prefix length behind a name is refused with macros, or the second length", "§5.3, §5.4", terms(r"[-+~?]?(a|mx)\S*/.*")),
    ("P13", "a name with a macro, an underscore or a top label of digits and letters is refused", "§7.1", terms(r"[-+~?]?(a|mx|include|exists|ptr):.*")),
]


def tags(verdict):
    return re.split(r" ?\b(?:p|sp|np|t|psd|adkim|aspf|fo|pct)=", verdict)


def squeezed(verdict):
    return re.sub(r"=[ \t\n\r\x0b\x0c\xa0\x00]*", "=", verdict)


def tag_names(text):
    return [t.split("=")[0].strip(BLANKS).lower() for t in text.split(";") if t.strip(BLANKS)]


def only_pct(text, ours, theirs):
    return ours["verdict"].rsplit("pct=", 1)[0].strip() == theirs["mailauth"].rsplit("pct=", 1)[0].strip()


MAILAUTH_DMARC = [
    ("D1", "blanks before the version pass", "§4.8: the version comes first; a near-miss here (`leading_space`)", lambda t, o, m: o["verdict"] == "none" and t[:1] in BLANKS + "\ufeff"),
    ("D2", "`v=dmarc1` passes", "§4.8: %s\"DMARC1\"", lambda t, o, m: o["verdict"] == "none" and not re.match("[vV]=DMARC1", t)),
    ("D3", "whatever stands behind `v=DMARC1` passes, up to the next \";\": `v=DMARC1 p=none`, `v=DMARC1,`", "§4.8: dmarc-sep", lambda t, o, m: o["verdict"] == "none"),
    ("D4", "blanks around the first \"=\" are refused", "§4.8: equals = \\*WSP \"=\" \\*WSP", lambda t, o, m: m["mailauth"] == "none" and not re.match("[vV]=DMARC1", t)),
    ("D5", "of a tag that repeats the last counts", "§4.8 and RFC 6376 §3.2 differ: open, our choice [J] is the first, and that contradicting policies void the record", lambda t, o, m: "duplicate_tag" in o["quirks"] or len(tag_names(t)) != len(set(tag_names(t)))),
    ("D6", "pct is what parseInt makes of it: `50x`, `110`, empty, none", "RFC 7489 §6.4: 1\\*3DIGIT, 0 to 100; RFC 9989 has no pct", only_pct),
    ("D7", "blanks behind \"=\" stay in the value", "§4.8: equals = \\*WSP \"=\" \\*WSP", lambda t, o, m: squeezed(o["verdict"]) == squeezed(m["mailauth"])),
    ("D8", "other blanks than SP and TAB are blanks: LF, NBSP", "§4.8: WSP", lambda t, o, m: re.search("[\n\r\x0b\x0c\xa0]", t)),
    ("D9", "D6 and D7 together", "as there", lambda t, o, m: re.search(r"= ", m["mailauth"]) and re.search("pct=(false|[0-9]+)$", m["mailauth"])),
]

MAILAUTH_RECORD = [
    ("S1", "blanks before the version pass", "§3.1; a near-miss here (`leading_space`)", lambda t, o, m: o["verdict"] == "none" and t[:1] in BLANKS),
    ("S2", "`v=stsv1`, `V=STSv1` pass", "§3.1: %s\"v=STSv1\"", lambda t, o, m: o["state"] == "absent" and not t.startswith("v=STSv1")),
    ("S3", "what stands between the version and the first \";\" is not read", "§3.1: field-delim", lambda t, o, m: o["verdict"] == "none" and not re.match("v=STSv1[ \t]*(;|$)", t)),
    ("S4", "`ID=` passes", "§3.1: %s\"id=\"", error("missing_id")),
    ("S5", "anything passes as an id: other characters, blanks inside, quotes, comments are cut out", "§3.1: 1\\*32(ALPHA / DIGIT)", error("bad_id")),
    ("S6", "ids over 32 characters pass", "§3.1", error("id_too_long")),
    ("S7", "blanks around \"=\" pass", "§3.1: no WSP there", error("space_around_eq")),
    ("S8", "empty fields pass (`;;`)", "§3.1", error("empty_field")),
    ("S9", "other fields are not looked at", "§3.1: sts-extension; a record that does not match the grammar is no policy", error("bad_field")),
    ("S10", "a second field `v` counts, and is refused", "§3.1: an extension like others", lambda t, o, m: m["mailauth"] == "none" and re.search(";[ \t]*[vV]=", t)),
    ("S11", "of ids that repeat the last counts, and `ID` is one", "§3.2: all but the first are ignored", lambda t, o, m: o["verdict"] != "none" and len(re.findall(r"(?i)[; \t]id=", t)) > 1),
    ("S12", "a quotation mark or a backslash in another field takes the \";\" behind it along, and the id is lost", "§3.1: %x21-3A / %x3C / %x3E-7E have no such meaning", lambda t, o, m: m["mailauth"] == "none" and re.search(r"""[\\"']""", t)),
]


def keys(text):
    return [line.split(":")[0] for line in text.split("\n") if ":" in line]


def loose(key):
    return key.replace("\u00ef\u00bb\u00bf", "").replace("\u00c2\u00a0", "").strip(BLANKS).lower()


MAILAUTH_POLICY = [
    ("Q1", "without mode the mode is none", "§3.2: required", lambda t, o, m: "missing_mode" in o["error"] and not any(loose(k) == "mode" for k in keys(t)) and o["verdict"] == "invalid"),
    ("Q2", "of a field that repeats the last counts", "§3.2: all but the first are ignored", lambda t, o, m: any(sum(loose(k) == name for k in keys(t)) > 1 for name in ("version", "mode", "max_age"))),
    ("Q3", "keys pass in other letter case, with blanks around, and behind a BOM", "§3.2: %s; no WSP before the colon. A BOM is no part of the key", lambda t, o, m: any(loose(k) != k and loose(k) in ("version", "mode", "max_age", "mx") for k in keys(t))),
    ("Q4", "`Enforce` passes", "§3.2: %s", lambda t, o, m: "bad_mode" in o["error"] and re.search(r"(?i)^mode:[ \t]*(enforce|testing|none)", t, re.M)),
    ("Q5", "max_age is what Number makes of it: empty, `0x10`, `1e3`, `.5`", "§3.2: 1\\*10(DIGIT)", lambda t, o, m: "bad_max_age" in o["error"]),
    ("Q6", "patterns are not looked at: `*.*.example`, `mx:`, names in UTF-8", "§3.2: [\"*.\"] Domain; §4.1", lambda t, o, m: "missing_mx" in o["error"] or "bad_mx" in o["quirks"]),
    ("Q7", "max_age over 31557600 is refused", "§3.2 names a maximum and no consequence: open, our choice [J] is usable with the quirk `max_age_over_limit`", lambda t, o, m: "max_age_over_limit" in o["quirks"]),
    ("Q8", "other blanks around values than SP and TAB are blanks: CR, NBSP, BOM", "§3.2: WSP", lambda t, o, m: re.search("[\r\x0b\x0c\x00]|\u00c2\u00a0|\u00ef\u00bb\u00bf", t)),
]

COMPARISONS = [
    ("spf", "mailauth", "SPF, RFC 7208: result of check_host()", MAILAUTH_SPF),
    ("spf", "spf-parse", "SPF, RFC 7208: valid or not", SPF_PARSE),
    ("dmarc", "mailauth", "DMARC, RFC 9989: is it a record, and what its tags say", MAILAUTH_DMARC),
    ("mta-sts", "mailauth", "MTA-STS record, RFC 8461: the id", MAILAUTH_RECORD),
    ("policy", "mailauth", "MTA-STS policy, RFC 8461: mode, max_age and patterns", MAILAUTH_POLICY),
]


def agree(other, ours, theirs):
    return (ours["syntax"] == "valid") == (theirs[other] == "valid") if other == "spf-parse" else ours["verdict"] == theirs[other]


rows = [[json.loads(line) for line in triple] for triple in zip(*(open(path, encoding="utf-8") for path in sys.argv[1:4]), strict=True)]
lost = 0
for kind, other, title, classes in COMPARISONS:
    mine = [row for row in rows if row[0]["kind"] == kind]
    published = mine[0][0]["origin"]
    total, agreed, counts = {}, {}, {}
    for text, ours, theirs in mine:
        origin = text["origin"]
        total[origin] = total.get(origin, 0) + 1
        if agree(other, ours, theirs):
            agreed[origin] = agreed.get(origin, 0) + 1
            continue
        name = next((c[0] for c in classes if c[3](text["text"], ours, theirs)), None)
        if name is None:
            lost += 1
            print(kind, other, repr(text["text"]), ours, theirs, file=sys.stderr)
        counts[name, origin] = counts.get((name, origin), 0) + 1
    print(f"\n### {other}: {title}\n")
    for origin in total:
        print(f"{origin}: {agreed.get(origin, 0):,} of {total[origin]:,} agree.")
    print(f"\n| class | {published} | mutated | judged |\n| --- | --- | --- | --- |")
    for name, what, judged, _ in classes:
        print(f"| {name} {what} | {counts.get((name, published), 0):,} | {counts.get((name, 'mutated'), 0):,} | {judged} |")
if lost:
    print(f"{lost} without a class", file=sys.stderr)
sys.exit(lost > 0)
