using Scanner.Checks.Spf;

namespace Scanner.Cli.Explain;

/// <summary>For each finding the rule behind it, what it means for mail, and what its owner can do.</summary>
internal static class SpfAdvice
{
    /// <summary>Which rule gave the class.</summary>
    public static string Rule(SpfResult spf) => spf.Status switch
    {
        SpfStatus.Unknown => "a lookup that fails is a temperror and says nothing about the record (RFC 7208 §4.4)",
        SpfStatus.None => "no TXT record here begins with \"v=spf1\" and then a blank or the end (RFC 7208 §4.5)",
        SpfStatus.PermerrorMultipleRecords => "more than one SPF record is a permanent error, not \"take the first\" (RFC 7208 §3.2, §4.5)",
        SpfStatus.PermerrorSyntax => "one bad term anywhere, even after all, spoils the whole record (RFC 7208 §4.6)",
        SpfStatus.PermerrorLookupLimit => "more than ten terms that look something up, all records together (RFC 7208 §4.6.4)",
        SpfStatus.PermerrorRedirectMissing => "a redirect to a name without SPF record is a permanent error (RFC 7208 §6.1)",
        SpfStatus.PermerrorIncludeMissing => "an include of a name without SPF record is a permanent error (RFC 7208 §5.2)",
        SpfStatus.PermerrorNested => "a permanent error in an included record is one here (RFC 7208 §5.2)",
        SpfStatus.PermerrorMxLimit => "an mx term may meet ten MX records and no more (RFC 7208 §4.6.4, §5.4)",
        SpfStatus.PermerrorVoidLimit => "more than two terms look up something that does not exist (RFC 7208 §4.6.4, a SHOULD)",
        SpfStatus.Temperror => "a lookup below the record failed (RFC 7208 §5, §5.2)",
        _ when spf.Permissive is { } open && open != SpfPermissive.None => "a term before the end matches everyone with \"+\" (RFC 7208 §4.6.2, §5)",
        _ => (spf.All, spf.EffectiveAll) switch
        {
            (SpfAll.Redirect, SpfEffectiveAll.Dynamic) => "the redirect depends on the message: not guessed (RFC 7208 §6.1, §7.2)",
            (SpfAll.Redirect, null) => "the redirect was not followed",
            (SpfAll.Redirect, _) => $"the result is that of {string.Join(" -> ", spf.RedirectChain)} (RFC 7208 §6.1)",
            (SpfAll.Missing, _) => "neither all nor redirect: neutral by default (RFC 7208 §4.7)",
            _ => "the first all decides for whoever nothing else matches (RFC 7208 §5.1)",
        },
    };

    public static string Meaning(SpfResult spf) => spf.Class switch
    {
        SpfClass.None => "receivers learn nothing from SPF about who may send mail from this name",
        SpfClass.Unknown when spf.Status == SpfStatus.Temperror => "there is a record, but what it comes to could not be seen this time",
        SpfClass.Unknown => "not known: there may be a record or none",
        SpfClass.Invalid => "receivers that look get an error instead of an answer (permerror), and many then treat the name as if it had no SPF",
        SpfClass.Fail when spf.NoMail == true => "this name sends no mail at all, and says so",
        SpfClass.Fail => "mail from servers that are not listed may be refused",
        SpfClass.Softfail => "mail from servers that are not listed is suspect, but not refused for that alone",
        SpfClass.Neutral => "says nothing about servers that are not listed: as good as no record against forgers",
        SpfClass.Pass => "everyone may send as this name, forgers too",
        _ => "each message gets an answer of its own",
    };

    /// <summary>Null when there is nothing to do.</summary>
    public static string? Next(SpfResult spf) => spf.Status switch
    {
        SpfStatus.Unknown or SpfStatus.Temperror => "try again later; if it stays, ask who runs the name servers",
        SpfStatus.None when spf.NearMiss is { } miss => $"mend the record: {OfNearMiss(miss)}",
        SpfStatus.None => "publish a TXT record here: \"v=spf1 -all\" if the name sends no mail, otherwise its servers and then ~all or -all (RFC 7208 §10.1)",
        SpfStatus.PermerrorMultipleRecords => "put the terms of all of them into one record and delete the others",
        SpfStatus.PermerrorSyntax => spf.SyntaxError is { } error ? OfSyntaxError(error) : null,
        SpfStatus.PermerrorLookupLimit when spf.Errors.Contains("loop") => "take out the include or redirect that leads back",
        SpfStatus.PermerrorLookupLimit => "take out includes of senders no longer used, and mx and a terms whose addresses could stand there as ip4 and ip6",
        SpfStatus.PermerrorRedirectMissing or SpfStatus.PermerrorIncludeMissing => "correct or take out the name that has no record",
        SpfStatus.PermerrorNested => "tell whoever publishes the included record, or take the include out until it is mended",
        SpfStatus.PermerrorMxLimit => "name the hosts by ip4 and ip6 instead of mx",
        SpfStatus.PermerrorVoidLimit => "take out the names that do not exist any more",
        _ => spf.Class switch
        {
            SpfClass.Pass => "take out the term that lets everyone in, and end in ~all or -all",
            SpfClass.Neutral => "end in ~all, watch the DMARC reports, then -all",
            SpfClass.Softfail => "fine under an enforcing DMARC policy; without one, -all once every sender is listed",
            _ => null,
        },
    };

    /// <summary>What a word of the error list is about, where the word alone does not say it.</summary>
    public static string OfError(string word) => word switch
    {
        "loop" => ": a record leads back to itself (ended by the limit, RFC 7208 §4.6.4)",
        "nested_syntax" => ": a syntax error in a record further down",
        "nested_multiple_records" => ": more than one SPF record at a name further down",
        "nested_include_missing" => ": an include further down finds no record",
        "nested_redirect_missing" => ": a redirect further down finds no record",
        "nested_mx_limit" => ": an mx further down meets more than ten MX records",
        _ => "",
    };

    private static string OfNearMiss(SpfNearMiss miss) => miss switch
    {
        SpfNearMiss.LeadingSpace => "blanks stand before v=spf1",
        SpfNearMiss.Quoted => "the quotation marks are part of the text; only the zone file wants them",
        SpfNearMiss.VersionDelimiter => "after v=spf1 comes one blank, nothing else",
        SpfNearMiss.VersionTypo => "it begins with exactly v=spf1",
        SpfNearMiss.SenderId => "spf2.0 is Sender ID, which nobody uses; it begins with v=spf1",
        _ => "a character that only looks like ASCII stands in or before v=spf1",
    };

    private static string OfSyntaxError(SpfSyntaxError error) => error switch
    {
        SpfSyntaxError.UnknownMechanism => "mechanisms are all, include, a, mx, ptr, ip4, ip6 and exists, with one blank between terms (RFC 7208 §4.6.1)",
        SpfSyntaxError.BadIp4 => "ip4: takes four numbers of 0 to 255 without leading zeros, as in ip4:192.0.2.0/24; IPv6 goes with ip6: (RFC 7208 §5.6)",
        SpfSyntaxError.BadIp6 => "ip6: takes an IPv6 address, as in ip6:2001:db8::/32 (RFC 7208 §5.6)",
        SpfSyntaxError.BadCidr => "the prefix is /0 to /32 for IPv4, /0 to /128 for IPv6, and //n for IPv6 after a and mx (RFC 7208 §5.6)",
        SpfSyntaxError.BadDomainSpec => "a full domain name stands there, with a dot in it; for addresses use ip4: or ip6: (RFC 7208 §7.1)",
        SpfSyntaxError.MissingArgument => "something has to stand after the \":\" or \"=\", without a blank before it (RFC 7208 §5, §6)",
        SpfSyntaxError.UnexpectedArgument => "this mechanism takes no such argument (RFC 7208 §5.1, §5.5)",
        SpfSyntaxError.BadMacro => "a percent sign begins %{letter}, %%, %_ or %- (RFC 7208 §7.3)",
        SpfSyntaxError.DuplicateModifier => "redirect and exp may stand once each (RFC 7208 §6)",
        SpfSyntaxError.BadModifier => "a modifier's name begins with a letter (RFC 7208 §4.6.1)",
        SpfSyntaxError.QualifierOnModifier => "modifiers take no + - ~ or ? before them (RFC 7208 §4.6.1)",
        SpfSyntaxError.NonAscii => "type it anew: a dash, quote or blank is not plain ASCII (RFC 7208 §3.1)",
        SpfSyntaxError.ControlChar => "a TAB or line end stands in the record; only blanks separate terms (RFC 7208 §4.6.1)",
        _ => "two strings are joined with nothing between: put the blank inside one of them (RFC 7208 §3.3)",
    };
}
