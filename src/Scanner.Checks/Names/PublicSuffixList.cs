using System.Collections.Frozen;

namespace Scanner.Checks.Names;

/// <summary>
/// Where registrations begin: the Public Suffix List, both sections, ICANN and PRIVATE, by the algorithm of
/// https://publicsuffix.org/list/. Names are given as lower-case A-labels without the trailing dot, as
/// <see cref="NameNormaliser"/> makes them. Immutable, for any number of threads.
/// </summary>
public sealed class PublicSuffixList
{
    /// <summary>What the list says about one name.</summary>
    [Flags]
    private enum Rule : byte
    {
        /// <summary>Only a step towards a longer rule.</summary>
        None = 0,
        Suffix = 1,
        /// <summary><c>*.name</c>: every label directly below is a suffix.</summary>
        Wildcard = 2,
        /// <summary><c>!name</c>: registrable although a wildcard covers it.</summary>
        Exception = 4,
    }

    private static readonly Lazy<PublicSuffixList> LazyEmbedded = new(ReadEmbedded);

    private readonly FrozenDictionary<string, Rule>.AlternateLookup<ReadOnlySpan<char>> _rules;

    private PublicSuffixList(Dictionary<string, Rule> rules, int ruleCount, string version)
    {
        _rules = rules.ToFrozenDictionary(StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();
        RuleCount = ruleCount;
        Version = version;
    }

    /// <summary>The list built into the program (Names/Data).</summary>
    public static PublicSuffixList Embedded => LazyEmbedded.Value;

    /// <summary>The <c>VERSION:</c> comment of the file, or else its <c>COMMIT:</c>, or else how many rules it has.</summary>
    public string Version { get; }

    /// <summary>Rules of both sections, wildcards and exceptions included.</summary>
    public int RuleCount { get; }

    /// <summary>The suffix under which this name is registered: the name itself, if it is a suffix. Where no rule matches, the last label
    /// (the default rule <c>*</c>). Null for names with an empty label.</summary>
    public string? PublicSuffix(string name)
    {
        int start = SuffixStart(name, out _);
        return start < 0 ? null : name[start..];
    }

    /// <summary>The public suffix and one label more; null where there is none: the name is itself a suffix, or has an empty label.</summary>
    public string? OrganizationalDomain(string name)
    {
        int start = SuffixStart(name, out _);
        if (start <= 0) return null;
        int label = start < 2 ? 0 : name.LastIndexOf('.', start - 2) + 1;
        return name[label..];
    }

    /// <summary>Is this very name on the list? A top-level domain counts as listed when any rule ends in it (<c>*.ck</c> lists
    /// <c>ck</c>); the default rule lists nothing.</summary>
    public bool IsPublicSuffix(string name) => SuffixStart(name, out bool listed) == 0 && listed;

    /// <summary>Reads a list in its own file format (https://publicsuffix.org/list/).</summary>
    /// <exception cref="FormatException">A line that is no rule, with its number, or no rule at all.</exception>
    public static PublicSuffixList Parse(TextReader reader)
    {
        var rules = new Dictionary<string, Rule>(StringComparer.Ordinal);
        string? version = null, commit = null;
        int ruleCount = 0, lineNumber = 0;
        while (reader.ReadLine() is { } line)
        {
            lineNumber++;
            // A rule ends at the first blank; what follows is a remark.
            var text = line.AsSpan().Trim();
            if (text.IsEmpty) continue;
            if (text.StartsWith("//"))
            {
                version ??= After(text, "VERSION:");
                commit ??= After(text, "COMMIT:");
                continue;
            }
            int blank = text.IndexOfAny(' ', '\t');
            if (!TryAdd(rules, (blank < 0 ? text : text[..blank]).ToString()))
                throw new FormatException($"Line {lineNumber} is not a rule of a public suffix list: {Shown(text)}");
            ruleCount++;
        }
        if (ruleCount == 0) throw new FormatException("There is not one rule of a public suffix list in it.");
        return new PublicSuffixList(rules, ruleCount, version ?? commit ?? $"without version, {ruleCount} rules");
    }

    private static string? After(ReadOnlySpan<char> comment, string key)
    {
        comment = comment.TrimStart('/').TrimStart();
        return comment.StartsWith(key, StringComparison.Ordinal) ? comment[key.Length..].Trim().ToString() : null;
    }

    private static string Shown(ReadOnlySpan<char> text) => text.Length > 80 ? $"{text[..80]}..." : text.ToString();

    private static bool TryAdd(Dictionary<string, Rule> rules, string text)
    {
        var kind = Rule.Suffix;
        if (text == "*") return true; // The default rule, which holds anyway.
        if (text.StartsWith('!'))
        {
            kind = Rule.Exception;
            text = text[1..];
        }
        else if (text.StartsWith("*.", StringComparison.Ordinal))
        {
            kind = Rule.Wildcard;
            text = text[2..];
        }
        // The format allows a wildcard in the middle, the list has never had one, and its maintainers do not take any.
        if (!Idna.TryToAscii(text, out string? name) || !NameNormaliser.IsPlainName(name)) return false;
        rules[name] = rules.GetValueOrDefault(name) | kind;
        for (int dot = name.IndexOf('.'); dot >= 0; dot = name.IndexOf('.', dot + 1))
            rules.TryAdd(name[(dot + 1)..], Rule.None);
        return true;
    }

    /// <summary>Where in the name its public suffix begins; -1 for a name with an empty label.</summary>
    /// <param name="listed">A rule said so, not the default.</param>
    private int SuffixStart(ReadOnlySpan<char> name, out bool listed)
    {
        listed = false;
        if (name.IsEmpty || name[0] == '.' || name[^1] == '.' || name.Contains("..", StringComparison.Ordinal)) return -1;

        // From the last label to the left, one lookup each, until no longer rule can follow.
        int suffix = -1;
        int last = name.Length;
        bool wildcard = false;
        while (last > 0)
        {
            int start = name[..last].LastIndexOf('.') + 1;
            bool known = _rules.TryGetValue(name[start..], out var rule);
            // An exception beats every other rule; its suffix is the rule without its first label.
            if ((rule & Rule.Exception) != 0) return last == name.Length ? start : last + 1;
            if (wildcard || (rule & Rule.Suffix) != 0)
            {
                suffix = start;
                listed = true;
            }
            // The default rule * makes the last label a suffix.
            else if (suffix < 0)
            {
                suffix = start;
                listed = known;
            }
            if (!known) break;
            wildcard = (rule & Rule.Wildcard) != 0;
            last = start - 1;
        }
        return suffix;
    }

    private static PublicSuffixList ReadEmbedded()
    {
        using var stream = typeof(PublicSuffixList).Assembly.GetManifestResourceStream("public_suffix_list.dat")
            ?? throw new InvalidOperationException("The program was built without its public suffix list.");
        using var reader = new StreamReader(stream);
        return Parse(reader);
    }
}
