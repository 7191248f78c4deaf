namespace Scanner.Checks.TlsRpt;

/// <summary>One TLS reporting policy.</summary>
public sealed record TlsRptRecord
{
    /// <summary>The first fault, in the order of the text; null for a valid record.</summary>
    public TlsRptError? Error { get; init; }

    /// <summary>The addresses of all rua fields, in order.</summary>
    public IReadOnlyList<ReportUri> Rua { get; init; } = [];
}

/// <summary>
/// Reads one TXT text as a TLS reporting policy (RFC 8460 §3; classification.md 7). Pure. Text has one char per octet.
/// <code>
/// tlsrpt-record    = tlsrpt-version 1*(field-delim tlsrpt-field) [field-delim]
/// tlsrpt-version   = %s"v=TLSRPTv1"                field-delim = *WSP ";" *WSP
/// tlsrpt-rua       = %s"rua=" tlsrpt-uri *(*WSP "," *WSP tlsrpt-uri)
/// tlsrpt-extension = tlsrpt-ext-name "=" tlsrpt-ext-value
/// tlsrpt-ext-name  = (ALPHA / DIGIT) *31(ALPHA / DIGIT / "_" / "-" / ".")
/// tlsrpt-ext-value = 1*(%x21-3A / %x3C / %x3E-7E)
/// </code>
/// </summary>
public static class TlsRptRecordParser
{
    /// <summary>Case-sensitive, the "v" included, and no blank inside.</summary>
    public const string Version = "v=TLSRPTv1";

    private const string Wsp = " \t";

    /// <param name="record">Null only for <see cref="RecordMatch.NotThisType"/>.</param>
    public static RecordMatch Parse(string text, out TlsRptRecord? record)
    {
        record = null;
        if (!text.StartsWith(Version, StringComparison.Ordinal)) return RecordMatch.NotThisType;
        // "v=TLSRPTv10" and "v=TLSRPTv1," are other versions, as for MTA-STS. classification.md 6.1
        if (text.Length > Version.Length && text[Version.Length] is not (' ' or '\t' or ';')) return RecordMatch.NotThisType;

        var rua = new List<ReportUri>();
        bool hasRua = false, first = true;
        TlsRptError? error = null;
        var whole = text.AsSpan();
        foreach (var range in whole.Split(';'))
        {
            if (first)
            {
                // Something other than blanks between the version and the first ";".
                if (whole[range].Trim(Wsp).Length > Version.Length) error = TlsRptError.BadField;
                first = false;
                continue;
            }
            bool last = range.End.GetOffset(whole.Length) == whole.Length;
            var field = whole[range].TrimStart(Wsp);
            // One delimiter may close the record; two in a row enclose an empty field, which the grammar does not have.
            if (last && field.IsEmpty) break;
            // A blank before ";" belongs to the delimiter; one at the very end belongs to nothing.
            if (!last) field = field.TrimEnd(Wsp);
            if (field.StartsWith("rua=", StringComparison.Ordinal))
            {
                // The grammar allows several rua fields; a sender may use any address of the record. RFC 8460 §3
                hasRua = true;
                error ??= ReadUris(field["rua=".Length..], rua);
            }
            else if (!IsExtension(field))
            {
                error ??= TlsRptError.BadField;
            }
        }
        if (!hasRua) error ??= TlsRptError.MissingRua;
        record = new TlsRptRecord { Error = error, Rua = rua };
        return error is null ? RecordMatch.Valid : RecordMatch.Malformed;
    }

    /// <summary>RFC 8460 §3: a comma list of URIs in which "," "!" ";" are encoded; mailto and https are the two schemes.</summary>
    private static TlsRptError? ReadUris(ReadOnlySpan<char> list, List<ReportUri> uris)
    {
        TlsRptError? error = null;
        foreach (var range in list.Split(','))
        {
            // Blanks may stand around a comma only: not after "rua=", not after the last address.
            var element = list[range];
            if (range.Start.Value > 0) element = element.TrimStart(Wsp);
            if (range.End.GetOffset(list.Length) < list.Length) element = element.TrimEnd(Wsp);
            if (!ReportUri.TryParse(element, out var uri)) error ??= TlsRptError.BadUri;
            else if (!uri.IsMailto && !uri.IsHttps) error ??= TlsRptError.BadScheme;
            else uris.Add(uri);
        }
        return error;
    }

    private static bool IsExtension(ReadOnlySpan<char> field)
    {
        int equals = field.IndexOf('=');
        if (equals is < 1 or > 32 || equals == field.Length - 1 || !char.IsAsciiLetterOrDigit(field[0])) return false;
        foreach (char c in field[..equals])
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('_' or '-' or '.')) return false;
        foreach (char c in field[(equals + 1)..])
            if (c is < '!' or > '~' or '=') return false;
        return true;
    }
}
