using Scanner.Dns;

namespace Scanner.Checks.TlsRpt;

/// <summary>
/// SMTP TLS reporting: where senders report failed TLS (RFC 8460). One TXT record at <c>_smtp._tls.</c>name, never inherited. Pure.
/// </summary>
public static class TlsRptClassifier
{
    /// <summary>The labels in front of the name that is asked (RFC 8460 §3).</summary>
    public const string Labels = "_smtp._tls";

    /// <summary>The TXT question for a name, or null when the name to ask would be longer than DNS allows: then the answer is
    /// <see cref="DnsStatus.NameTooLong"/> without asking.</summary>
    public static DnsQuestion? Question(string name) =>
        DomainName.TryPrefix(Labels, name, out string? owner) ? new DnsQuestion(owner, DnsRecordType.Txt) : null;

    /// <param name="answer">The TXT answer at <c>_smtp._tls.</c>name.</param>
    public static TlsRptResult Classify(DnsAnswer answer)
    {
        if (answer.Presence == Presence.Unknown) return new TlsRptResult { Status = TlsRptStatus.Unknown, Answer = answer };

        var texts = TxtRrset.Texts(answer);
        // RFC 8460 §3: of several records, those that do not begin with the literal "v=TLSRPTv1;" are discarded, and if the rest is
        // not exactly one, the domain does not implement TLSRPT. A lone record is judged by the grammar.
        if (texts.Count > 1) texts = [.. texts.Where(t => t.StartsWith(TlsRptRecordParser.Version + ";", StringComparison.Ordinal))];
        if (texts.Count > 1) return new TlsRptResult { Status = TlsRptStatus.Multiple, Answer = answer };
        if (texts.Count == 0 || TlsRptRecordParser.Parse(texts[0], out var record) == RecordMatch.NotThisType)
            return new TlsRptResult { Status = TlsRptStatus.Absent, Answer = answer };

        bool valid = record!.Error is null;
        return new TlsRptResult
        {
            Status = valid ? TlsRptStatus.Valid : TlsRptStatus.Invalid,
            Answer = answer,
            Error = record.Error,
            RuaMailto = valid ? record.Rua.Any(u => u.IsMailto) : null,
            RuaHttps = valid ? record.Rua.Any(u => u.IsHttps) : null,
            Raw = Evidence.Escape(texts[0]),
        };
    }
}
