using System.Collections.Frozen;
using Scanner.Checks.Names;

namespace Scanner.Checks.Mx;

/// <summary>
/// Who runs a mail host, by the end of its name: the table of <c>Data/mx-providers.txt</c>. No RFC speaks of it; it tells what the figures
/// of a study hang on, since a few providers hold most mailboxes. Immutable, for any number of threads.
/// </summary>
public sealed class MxProviders
{
    /// <summary>The host belongs to the same organization as the domain, as far as names tell.</summary>
    public const string SelfHosted = "self_hosted";

    /// <summary>None of the table.</summary>
    public const string Other = "other";

    private static readonly Lazy<MxProviders> LazyEmbedded = new(ReadEmbedded);

    private readonly FrozenDictionary<string, string>.AlternateLookup<ReadOnlySpan<char>> _bySuffix;

    private MxProviders(string version, Dictionary<string, string> bySuffix)
    {
        Version = version;
        Names = [.. bySuffix.Values.Distinct().Order(StringComparer.Ordinal)];
        _bySuffix = bySuffix.ToFrozenDictionary(StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>The table built into the library; read once.</summary>
    public static MxProviders Embedded => LazyEmbedded.Value;

    /// <summary>Of the table, from its <c>version</c> line: goes into run.json.</summary>
    public string Version { get; }

    /// <summary>Every provider of the table, sorted.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The provider of one host by the longest suffix that it lies at or below; null for none.</summary>
    /// <param name="host">Lower-case, no trailing dot.</param>
    public string? OfHost(ReadOnlySpan<char> host)
    {
        while (true)
        {
            if (_bySuffix.TryGetValue(host, out string? provider)) return provider;
            int dot = host.IndexOf('.');
            if (dot < 0) return null;
            host = host[(dot + 1)..];
        }
    }

    /// <summary>The provider of a domain: that of its most preferred host which anybody can deliver to, since that one takes the mail.
    /// Null without such a host.</summary>
    /// <param name="targets">By preference, as in <see cref="MxResult.Targets"/>.</param>
    /// <param name="organizationalDomain">Of the domain; null for a public suffix, which then hosts itself only at its own name.</param>
    public string? Of(string domain, string? organizationalDomain, IReadOnlyList<MxTarget> targets, PublicSuffixList suffixes)
    {
        foreach (var target in targets)
        {
            if (!target.Kind.IsUsable()) continue;
            if (OfHost(target.Host) is { } provider) return provider;
            string own = organizationalDomain ?? domain;
            return target.Host == own || suffixes.OrganizationalDomain(target.Host) == own ? SelfHosted : Other;
        }
        return null;
    }

    /// <exception cref="FormatException">A line that is neither comment, version nor "SUFFIX PROVIDER", or a suffix that is there twice.</exception>
    public static MxProviders Parse(TextReader text)
    {
        var bySuffix = new Dictionary<string, string>(StringComparer.Ordinal);
        string? version = null;
        for (int number = 1; text.ReadLine() is { } line; number++)
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words.Length == 0 || words[0][0] == '#') continue;
            if (words.Length != 2) throw new FormatException($"line {number}: write SUFFIX PROVIDER");
            if (words[0] == "version") version = words[1];
            else if (!bySuffix.TryAdd(words[0], words[1])) throw new FormatException($"line {number}: {words[0]} is there twice");
        }
        return new MxProviders(version ?? throw new FormatException("no line 'version …'"), bySuffix);
    }

    private static MxProviders ReadEmbedded()
    {
        using var stream = typeof(MxProviders).Assembly.GetManifestResourceStream("mx-providers.txt")!;
        using var reader = new StreamReader(stream);
        return Parse(reader);
    }
}
