using System.Globalization;
using Scanner.Dns;

namespace Scanner.Lab.World;

/// <summary>Ranked lists for the lab: the bundled default one, and long ones of drawn names.</summary>
public static class LabList
{
    /// <summary>Names of the population in the default list: enough for shares within a percentage point, few enough for a minute.</summary>
    public const int DefaultCount = 5000;

    const string Consonants = "bdfgklmnprstvxz";
    const string Vowels = "aeiou";
    const long Words = 75L * 75 * 75 * 75;

    /// <summary>Where real ranked lists have their names, roughly.</summary>
    static readonly WeightedTable<string> Suffixes = new(
        (48, "com"), (7, "org"), (6, "net"), (5, "de"), (4, "co.uk"), (3, "ru"), (2.5, "fr"), (2.5, "com.br"), (2, "co.jp"), (2, "nl"), (2, "it"), (2, "pl"),
        (2, "io"), (1.5, "info"), (1.5, "eu"), (1.5, "com.au"), (1.5, "ca"), (1.5, "edu"), (1, "es"), (1, "cz"), (1, "se"), (1, "ch"), (1, "gov"), (1, "xyz"));

    static readonly WeightedTable<string> Prefixes = new((94, ""), (2, "www."), (2, "blog."), (1, "en."), (0.7, "shop.eu."), (0.3, "a.b.c."));

    /// <summary>Distinct pronounceable names below real suffixes, the same for the same seed: <c>tanebiro.com</c>.</summary>
    /// <param name="count">0 to 31,640,625, the number of words.</param>
    public static IEnumerable<string> Names(int count, ulong seed = 1)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Words);
        return Generate(count, seed);
    }

    /// <summary>Writes a list in Majestic's twelve columns: the listed cast spread evenly over <paramref name="count"/> drawn names.</summary>
    public static void Write(TextWriter output, int count = DefaultCount, ulong seed = 1) => Write(output, Cast.Bundled, count, seed);

    public static void Write(TextWriter output, Cast cast, int count, ulong seed)
    {
        output.Write("GlobalRank,TldRank,Domain,TLD,RefSubNets,RefIPs,IDN_Domain,IDN_TLD,PrevGlobalRank,PrevTldRank,PrevRefSubNets,PrevRefIPs\n");
        var tldRanks = new Dictionary<string, int>(StringComparer.Ordinal);
        int rank = 0;
        foreach (string name in Merge([.. cast.Listed.Select(e => e.Name)], Names(count, seed), count))
        {
            rank++;
            string tld = DomainName.Suffix(name, 1);
            int tldRank = tldRanks[tld] = tldRanks.GetValueOrDefault(tld) + 1;
            int subnets = 500_000 / rank + 10;
            int addresses = subnets * 4;
            output.Write(string.Create(CultureInfo.InvariantCulture,
                $"{rank},{tldRank},{name},{tld},{subnets},{addresses},{name},{tld},{rank},{tldRank},{subnets},{addresses}\n"));
        }
    }

    /// <summary>All of both, the few spread evenly over the many.</summary>
    static IEnumerable<string> Merge(string[] few, IEnumerable<string> many, int count)
    {
        int used = 0, i = 0;
        foreach (string name in many)
        {
            while (used < few.Length && (long)used * count <= (long)i * few.Length) yield return few[used++];
            yield return name;
            i++;
        }
        while (used < few.Length) yield return few[used++];
    }

    static IEnumerable<string> Generate(int count, ulong seed)
    {
        for (int i = 0; i < count; i++)
        {
            // A step that has no factor 3 or 5 visits every word once: no name comes twice.
            long word = (i * 19_349_663L + (long)(seed % 1_000_003) * 7919) % Words;
            ulong bits = Mix(seed + (ulong)i * 0x9E3779B97F4A7C15);
            yield return string.Concat(Prefixes.Pick(Unit(Mix(bits + 1))), Spell(word), ".", Suffixes.Pick(Unit(bits)));
        }
    }

    static string Spell(long word) => string.Create(8, word, static (letters, rest) =>
    {
        for (int i = 0; i < 8; i += 2)
        {
            int syllable = (int)(rest % 75);
            rest /= 75;
            letters[i] = Consonants[syllable / 5];
            letters[i + 1] = Vowels[syllable % 5];
        }
    });

    static double Unit(ulong bits) => (bits >> 11) * (1.0 / (1UL << 53));

    static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
