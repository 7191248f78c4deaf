using Scanner.Dns;

namespace Scanner.Checks.Spf;

/// <summary>
/// Text to <see cref="SpfRecord"/> by the collected ABNF of RFC 7208 §12, which is normative over the prose, and in which quoted
/// literals are case-insensitive. The whole record is checked, also what stands after <c>all</c> (§4.6); the first bad term gives the
/// sub-cause.
/// </summary>
public static class SpfRecordParser
{
    private const string Version = "v=spf1";

    /// <summary>A bad term longer than this is no two terms that lost their blank.</summary>
    private const int MaxJoinedTerm = 600;

    /// <param name="record">Not null exactly for <see cref="RecordMatch.Valid"/>.</param>
    /// <param name="error">Not null exactly for <see cref="RecordMatch.Malformed"/>.</param>
    public static RecordMatch Parse(TxtRecord txt, out SpfRecord? record, out SpfSyntaxError? error)
    {
        if (txt.Strings.Count <= 1) return Parse(txt.Text, [], out record, out error);
        var joins = new int[txt.Strings.Count - 1];
        int offset = 0;
        for (int i = 0; i < joins.Length; i++) joins[i] = offset += txt.Strings[i].Length;
        return Parse(txt.Text, joins, out record, out error);
    }

    /// <param name="text">The joined record, one char per octet.</param>
    /// <param name="joins">Offsets where one character-string ends and the next begins, ascending (RFC 7208 §3.3).
    /// They decide nothing but whether a syntax error is called <see cref="SpfSyntaxError.SplitBoundary"/>.</param>
    /// <param name="record">Not null exactly for <see cref="RecordMatch.Valid"/>.</param>
    /// <param name="error">Not null exactly for <see cref="RecordMatch.Malformed"/>.</param>
    public static RecordMatch Parse(string text, ReadOnlySpan<int> joins, out SpfRecord? record, out SpfSyntaxError? error) =>
        Parse(text, joins, out record, out error, out _);

    /// <summary>The first term that the grammar refuses, for a person to look at; null when there is none.</summary>
    public static string? BadTerm(string text)
    {
        Parse(text, [], out _, out _, out var badTerm);
        return badTerm.Length == 0 ? null : text.Substring(badTerm.Start, badTerm.Length);
    }

    private static RecordMatch Parse(string text, ReadOnlySpan<int> joins, out SpfRecord? record, out SpfSyntaxError? error, out (int Start, int Length) badTerm)
    {
        record = null;
        error = null;
        badTerm = default;
        if (!HasVersion(text)) return RecordMatch.NotThisType;
        var terms = new SpfTerm[CountTerms(text)];
        int count = 0;
        bool redirect = false, exp = false;
        for (int start = Version.Length; TryNextTerm(text, ref start, out int end); start = end)
        {
            error = ParseTerm(text, start, end - start, out var term);
            // RFC 7208 §6: redirect and exp MUST NOT appear more than once each. Other modifiers may.
            if (term is SpfModifier modifier
                && (modifier.IsRedirect && Repeats(ref redirect) || modifier.IsExp && Repeats(ref exp)))
            {
                error = SpfSyntaxError.DuplicateModifier;
            }
            if (error is not null)
            {
                badTerm = (start, end - start);
                if (LostItsBlank(text, start, end, joins)) error = SpfSyntaxError.SplitBoundary;
                return RecordMatch.Malformed;
            }
            terms[count++] = term!;
        }
        record = new SpfRecord(terms);
        return RecordMatch.Valid;
    }

    /// <summary>RFC 7208 §4.6.1: 1*SP before each term, *SP at the end.</summary>
    /// <param name="start">Behind the term before; becomes the first character of the next one.</param>
    private static bool TryNextTerm(string text, ref int start, out int end)
    {
        while (start < text.Length && text[start] == ' ') start++;
        end = start < text.Length ? text.IndexOf(' ', start) : -1;
        if (end < 0) end = text.Length;
        return start < text.Length;
    }

    private static int CountTerms(string text)
    {
        int count = 0;
        for (int start = Version.Length; TryNextTerm(text, ref start, out int end); start = end) count++;
        return count;
    }

    /// <summary>RFC 7208 §4.5: begins with the version section, ended by SP or the end. Without regard to case: §12.</summary>
    public static bool HasVersion(string text) =>
        text.StartsWith(Version, StringComparison.OrdinalIgnoreCase) && (text.Length == Version.Length || text[Version.Length] == ' ');

    private static bool Repeats(ref bool seen)
    {
        bool before = seen;
        seen = true;
        return before;
    }

    /// <summary>The bad term straddles the join of two character-strings, and each half by itself would be legal: the publisher believed
    /// that strings are joined with a blank (RFC 7208 §3.3).</summary>
    private static bool LostItsBlank(string text, int start, int end, ReadOnlySpan<int> joins)
    {
        if (end - start > MaxJoinedTerm) return false;
        int last = start;
        foreach (int join in joins)
        {
            // Empty strings put many joins in one place.
            if (join <= last) continue;
            last = join;
            if (join >= end) break;
            if (ParseTerm(text, start, join - start, out _) is null && ParseTerm(text, join, end - join, out _) is null) return true;
        }
        return false;
    }

    private static SpfSyntaxError? ParseTerm(string record, int start, int length, out SpfTerm? term)
    {
        var text = record.AsSpan(start, length);
        term = Bare(text);
        if (term is not null) return null;
        // RFC 7208 §3.1, §7.1: terms are made of %x21-7E.
        int odd = text.IndexOfAnyExceptInRange('!', '~');
        if (odd >= 0) return text[odd] >= '\x80' ? SpfSyntaxError.NonAscii : SpfSyntaxError.ControlChar;
        // RFC 7208 §4.6.1, §6: a "=" before any ":" or "/" makes it a modifier.
        int mark = text.IndexOfAny('=', ':', '/');
        return mark >= 0 && text[mark] == '=' ? ParseModifier(record, start, text, mark, out term) : ParseDirective(record, start, text, out term);
    }

    private static readonly SpfDirective
        FailAll = BareOf("-all", SpfQualifier.Fail, SpfMechanism.All), SoftfailAll = BareOf("~all", SpfQualifier.Softfail, SpfMechanism.All),
        NeutralAll = BareOf("?all", SpfQualifier.Neutral, SpfMechanism.All), PassAll = BareOf("all", SpfQualifier.Pass, SpfMechanism.All),
        PlusAll = BareOf("+all", SpfQualifier.Pass, SpfMechanism.All), Ptr = BareOf("ptr", SpfQualifier.Pass, SpfMechanism.Ptr),
        A = BareOf("a", SpfQualifier.Pass, SpfMechanism.A), PlusA = BareOf("+a", SpfQualifier.Pass, SpfMechanism.A),
        Mx = BareOf("mx", SpfQualifier.Pass, SpfMechanism.Mx), PlusMx = BareOf("+mx", SpfQualifier.Pass, SpfMechanism.Mx);

    private static SpfDirective BareOf(string text, SpfQualifier qualifier, SpfMechanism mechanism) => new(text, 0, text.Length, qualifier, mechanism);

    /// <summary>The terms that stand in nearly every record, made once. Spelled otherwise (<c>MX</c>) they are parsed like the others.</summary>
    private static SpfDirective? Bare(ReadOnlySpan<char> text) => text switch
    {
        "-all" => FailAll,
        "~all" => SoftfailAll,
        "?all" => NeutralAll,
        "all" => PassAll,
        "+all" => PlusAll,
        "a" => A,
        "+a" => PlusA,
        "mx" => Mx,
        "+mx" => PlusMx,
        "ptr" => Ptr,
        _ => null,
    };

    private static SpfSyntaxError? ParseModifier(string record, int start, ReadOnlySpan<char> text, int equals, out SpfTerm? term)
    {
        term = null;
        var name = text[..equals];
        if (!IsModifierName(name))
        {
            return QualifierOf(text) is not null && IsModifierName(name[1..])
                ? SpfSyntaxError.QualifierOnModifier
                : SpfSyntaxError.BadModifier;
        }
        if (SpfMacroString.Parse(text[(equals + 1)..]) is not { } value) return SpfSyntaxError.BadMacro;
        var modifier = new SpfModifier(record, start, text.Length, equals, value);
        if (modifier.IsRedirect || modifier.IsExp)
        {
            // RFC 7208 §6.1, §6.2: "=" domain-spec
            if (value.Text.Length == 0) return SpfSyntaxError.MissingArgument;
            if (!value.IsDomainSpec) return SpfSyntaxError.BadDomainSpec;
        }
        // RFC 7208 §6: unrecognized modifiers MUST be ignored, but the grammar asks for a macro-string (§4.6.1).
        term = modifier;
        return null;
    }

    /// <summary>RFC 7208 §4.6.1, name: ALPHA *( ALPHA / DIGIT / "-" / "_" / "." )</summary>
    private static bool IsModifierName(ReadOnlySpan<char> name)
    {
        if (name.IsEmpty || !char.IsAsciiLetter(name[0])) return false;
        foreach (char c in name)
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_' or '.')) return false;
        return true;
    }

    private static SpfQualifier? QualifierOf(ReadOnlySpan<char> text) => text.IsEmpty ? null : text[0] switch
    {
        '+' => SpfQualifier.Pass,
        '-' => SpfQualifier.Fail,
        '~' => SpfQualifier.Softfail,
        '?' => SpfQualifier.Neutral,
        _ => null,
    };

    private static readonly (string Name, SpfMechanism Mechanism)[] Mechanisms =
        [.. Enum.GetValues<SpfMechanism>().Select(mechanism => (mechanism.Word(), mechanism))];

    private static SpfSyntaxError? ParseDirective(string record, int start, ReadOnlySpan<char> text, out SpfTerm? term)
    {
        term = null;
        var qualifier = QualifierOf(text);
        var mechanism = text[(qualifier is null ? 0 : 1)..];
        int mark = mechanism.IndexOfAny(':', '/');
        var name = mark < 0 ? mechanism : mechanism[..mark];
        var argument = mark < 0 ? [] : mechanism[mark..];
        if (MechanismOf(name) is not { } kind) return SpfSyntaxError.UnknownMechanism;
        SpfMacroString? domain = null;
        int ip4Prefix = 32, ip6Prefix = 128;
        SpfIp4Network ip4 = default;
        SpfIp6Network ip6 = default;
        var error = kind switch
        {
            SpfMechanism.All => argument.Length > 0 ? SpfSyntaxError.UnexpectedArgument : null, // RFC 7208 §5.1
            SpfMechanism.Include or SpfMechanism.Exists => ParseDomain(argument, required: true, out domain), // RFC 7208 §5.2, §5.7
            SpfMechanism.Ptr => ParseDomain(argument, required: false, out domain), // RFC 7208 §5.5
            SpfMechanism.A or SpfMechanism.Mx => ParseHost(argument, out domain, out ip4Prefix, out ip6Prefix), // RFC 7208 §5.3, §5.4
            SpfMechanism.Ip4 => ParseIp4(argument, out ip4), // RFC 7208 §5.6
            _ => ParseIp6(argument, out ip6), // RFC 7208 §5.6
        };
        if (error is not null) return error;
        // RFC 7208 §4.6.2: the qualifier is optional and defaults to "+".
        var sign = qualifier ?? SpfQualifier.Pass;
        term = kind switch
        {
            SpfMechanism.Ip4 => new SpfDirective(record, start, text.Length, sign, kind) { Ip4 = ip4 },
            SpfMechanism.Ip6 => new SpfDirective(record, start, text.Length, sign, kind) { Ip6 = ip6 },
            _ => new SpfDirective(record, start, text.Length, sign, kind) { Domain = domain, Ip4Prefix = ip4Prefix, Ip6Prefix = ip6Prefix },
        };
        return null;
    }

    /// <summary>Names without regard to case (RFC 7208 §4.6.1, §12).</summary>
    internal static SpfMechanism? MechanismOf(ReadOnlySpan<char> name)
    {
        foreach (var (known, mechanism) in Mechanisms)
            if (name.Equals(known, StringComparison.OrdinalIgnoreCase)) return mechanism;
        return null;
    }

    /// <summary><c>":" domain-spec</c>, and nothing after it.</summary>
    private static SpfSyntaxError? ParseDomain(ReadOnlySpan<char> argument, bool required, out SpfMacroString? domain)
    {
        domain = null;
        if (argument.Length == 0 && !required) return null;
        if (argument.Length < 2) return SpfSyntaxError.MissingArgument;
        if (argument[0] == '/') return required ? SpfSyntaxError.MissingArgument : SpfSyntaxError.UnexpectedArgument;
        return ParseDomainSpec(argument[1..], out domain);
    }

    /// <summary><c>[ ":" domain-spec ] [ dual-cidr-length ]</c></summary>
    private static SpfSyntaxError? ParseHost(ReadOnlySpan<char> argument, out SpfMacroString? domain, out int ip4Prefix, out int ip6Prefix)
    {
        domain = null;
        // A domain-spec ends in a toplabel or a macro (RFC 7208 §7.1), never in "/" and digits, though it may hold them further
        // left: so the last run of these is the prefix length.
        int cidr = argument.Length;
        while (cidr > 0 && (argument[cidr - 1] == '/' || char.IsAsciiDigit(argument[cidr - 1]))) cidr--;
        while (cidr < argument.Length && argument[cidr] != '/') cidr++;
        if (!SpfIpNetworks.TryParseDualPrefix(argument[cidr..], out ip4Prefix, out ip6Prefix)) return SpfSyntaxError.BadCidr;
        if (cidr == 0) return null;
        if (argument[0] == '/') return SpfSyntaxError.BadCidr;
        if (cidr == 1) return SpfSyntaxError.MissingArgument;
        var error = ParseDomainSpec(argument[1..cidr], out domain);
        return error == SpfSyntaxError.BadDomainSpec && HasDomainSpecBeforeSlash(argument[1..cidr]) ? SpfSyntaxError.BadCidr : error;
    }

    /// <summary>Which of two names the error gets: <c>a:example.com/2x</c> is a good name with a bad prefix length.</summary>
    private static bool HasDomainSpecBeforeSlash(ReadOnlySpan<char> text)
    {
        int slash = text.IndexOf('/');
        return slash > 0 && SpfMacroString.Parse(text[..slash]) is { IsDomainSpec: true };
    }

    private static SpfSyntaxError? ParseDomainSpec(ReadOnlySpan<char> text, out SpfMacroString? domain)
    {
        domain = SpfMacroString.Parse(text);
        if (domain is null) return SpfSyntaxError.BadMacro;
        return domain.IsDomainSpec ? null : SpfSyntaxError.BadDomainSpec;
    }

    private static SpfSyntaxError? ParseIp4(ReadOnlySpan<char> argument, out SpfIp4Network ip4)
    {
        ip4 = default;
        if (!TrySplitNetwork(argument, out var network, out var cidr)) return SpfSyntaxError.MissingArgument;
        if (!SpfIpNetworks.TryParseIp4(network, out uint address)) return SpfSyntaxError.BadIp4;
        int prefix = 32;
        if (cidr.Length > 0 && !SpfIpNetworks.TryParsePrefix(cidr, 32, out prefix)) return SpfSyntaxError.BadCidr;
        ip4 = new SpfIp4Network(address, prefix);
        return null;
    }

    private static SpfSyntaxError? ParseIp6(ReadOnlySpan<char> argument, out SpfIp6Network ip6)
    {
        ip6 = default;
        if (!TrySplitNetwork(argument, out var network, out var cidr)) return SpfSyntaxError.MissingArgument;
        if (!SpfIpNetworks.TryParseIp6(network, out var address)) return SpfSyntaxError.BadIp6;
        int prefix = 128;
        if (cidr.Length > 0 && !SpfIpNetworks.TryParsePrefix(cidr, 128, out prefix)) return SpfSyntaxError.BadCidr;
        ip6 = new SpfIp6Network(address, prefix);
        return null;
    }

    /// <summary><c>":" network [ "/" n ]</c>; false when there is no network.</summary>
    private static bool TrySplitNetwork(ReadOnlySpan<char> argument, out ReadOnlySpan<char> network, out ReadOnlySpan<char> cidr)
    {
        int slash = argument.IndexOf('/');
        network = argument.Length == 0 || slash == 0 ? [] : argument[1..(slash < 0 ? argument.Length : slash)];
        cidr = slash < 0 ? [] : argument[slash..];
        return network.Length > 0;
    }
}
