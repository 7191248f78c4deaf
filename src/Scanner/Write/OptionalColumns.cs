using Scanner.Checks;
using Scanner.Checks.Bimi;
using Scanner.Checks.Dane;
using Scanner.Checks.Dkim;
using Scanner.Resolve;

namespace Scanner.Write;

/// <summary>The columns of the checks that a run asks for only when told to, and the evidence: part of <see cref="ResultSchema"/>.</summary>
internal static class OptionalColumns
{
    public static Column[] Others()
    {
        var c = new ColumnsOf(ColumnGroup.Others);
        return
        [
            c.Word<DkimEnt>("dkim_ent", "is there anything below _domainkey (classification.md 8.1)", r => r.Result.Dkim?.Ent),
            c.Word<DkimPresence>("dkim_presence", "DKIM as far as DNS tells; a lower bound, selectors cannot be listed (RFC 6376 §3.6.2.1)", r => r.Result.Dkim?.Presence),
            c.List("dkim_selectors", "selectors of the list that hold something or could not be asked", r => r.Result.Dkim?.Keys.Select(k => k.Selector), repeats: true),
            c.WordList<DkimKeyState>("dkim_key", "the key of each, in the order of dkim_selectors (RFC 6376 §3.6.1, RFC 8301)", r => r.Result.Dkim?.Keys.Select(k => k.State)),
            c.List("dkim_key_types", "type and bits of each key, as rsa-2048 or ed25519-256; - when not known", r => r.Result.Dkim?.Keys.Select(KeyType), repeats: true),
            c.List("dkim_cnames", "where the CNAME of each selector leads, mostly the signing provider; - without one", r => r.Result.Dkim?.Keys.Select(k => k.Cname ?? "-"), repeats: true),
            c.Int("dkim_selectors_asked", "selectors asked for", r => r.Result.Dkim?.SelectorsAsked),
            c.Word<DaneStatus>("dane_status", "TLSA for the MX hosts: published, not checked against port 25 (RFC 7672); unknown unless the resolver validates and is trusted",
                r => r.Result.Dane?.Status),
            c.List("dane_hosts", "the hosts looked at, by preference", r => Dane(r)?.Hosts.Select(h => h.Host), repeats: true),
            c.WordList<DaneHostStatus>("dane_host_status", "what each has, in the order of dane_hosts", r => Dane(r)?.Hosts.Select(h => h.Status)),
            c.List("dane_tlsa", "TLSA records found: host, usage, selector, matching type, data in hexadecimal",
                r => Dane(r)?.Hosts.SelectMany(h => h.Tlsa.Select(t => $"{h.Host} {t}")), repeats: true),
            c.Word<BimiStatus>("bimi_status", "the BIMI record, own or of the organizational domain (an Internet-Draft)", r => r.Result.Bimi?.Status),
            c.Word<BimiError>("bimi_error", "why it is invalid", r => r.Result.Bimi?.Error),
            c.Text("bimi_source_name", "the name whose record it is", r => r.Result.Bimi?.SourceName),
            c.Bool("bimi_effective", "a logo, and a DMARC policy under which receivers may show it", r => r.Result.Bimi?.Effective),
            c.Text("bimi_raw", "the record, escaped; null when there is not exactly one", r => r.Result.Bimi?.Raw),
            c.Bool("wildcard_txt", "a TXT wildcard made a record of _dmarc, _mta-sts or _smtp._tls (RFC 4592); null when unknown", r => r.Result.Wildcard?.Records is { } made ? made.Count > 0 : null),
            c.List("wildcard_records", "the checks whose record a wildcard made", r => r.Result.Wildcard?.Records, repeats: true),
        ];

        static DaneResult? Dane(Row r) => r.Result.Dane is { Untrusted: false } dane ? dane : null;

        static string KeyType(DkimKey key) => key.Type is { } type ? $"{type.Word()}{(key.Bits is { } bits ? $"-{bits}" : "")}" : "-";
    }

    /// <summary>All answers of the row, so that it can be classified anew, by us or by others. The form is that of <see cref="AnswerText"/>.</summary>
    public static Column[] Evidence()
    {
        var c = new ColumnsOf(ColumnGroup.Evidence);
        return
        [
            c.Written("evidence_own", "every DNS answer about this name only: first line name, type, status and flags, then one record a line in master file form",
                r => Asked(r)?.Own, static (answer, text) => AnswerText.Write(answer, text, withTries: true)),
            c.Written("evidence_shared", "the same for names that many rows share: includes, ancestors, mail hosts, report hosts",
                r => Asked(r)?.Shared, static (answer, text) => AnswerText.Write(answer, text), repeats: true),
        ];

        static NameEvidence? Asked(Row r) => r.Result.Evidence is { IsEmpty: false } evidence ? evidence : null;
    }
}
