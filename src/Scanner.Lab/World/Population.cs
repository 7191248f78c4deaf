using System.Collections.Frozen;
using System.IO.Hashing;
using System.Net;
using System.Text;
using Scanner.Dns;

namespace Scanner.Lab.World;

/// <summary>What was drawn for one name. Null: it has none.</summary>
/// <param name="Exists">False: NXDOMAIN, and nothing below either.</param>
/// <param name="Mx">Null for a name that exists but has no records (a public suffix).</param>
/// <param name="Bits">64 more random bits for the fine print: addresses, which include.</param>
public readonly record struct NameDraw(
    bool Exists, MxTemplate? Mx, SpfTemplate? Spf, DmarcTemplate? Dmarc, MtaStsTemplate? MtaSts, TlsRptTemplate? TlsRpt, ulong Bits)
{
    static readonly int Count = PopulationTemplates.Providers.Length;

    public (string Name, int Lookups) Include1 => PopulationTemplates.Providers[(int)(Bits % (ulong)Count)];

    /// <summary>Always another one than <see cref="Include1"/>.</summary>
    public (string Name, int Lookups) Include2 =>
        PopulationTemplates.Providers[(int)((Bits % (ulong)Count + 1 + (Bits >> 32) % (ulong)(Count - 1)) % (ulong)Count)];

    /// <summary>In 11.0.0.0/8: no special-purpose block of RFC 6890, so that it counts as public, and nobody ever connects to it.</summary>
    public IPAddress Address => new([11, (byte)(Bits >> 8), (byte)(Bits >> 16), (byte)(Bits >> 24)]);

    /// <summary>Does the SPF record hold the placeholder?</summary>
    public int IncludeLookups => Spf is null ? 0
        : (Uses("{inc1}") ? Include1.Lookups : 0) + (Uses("{inc2}") ? Include2.Lookups : 0);

    bool Uses(string placeholder) => Spf!.Records.Any(r => r.Any(s => s.Contains(placeholder, StringComparison.Ordinal)));
}

/// <summary>
/// The drawn part of the lab's world: any name has records, and the same ones for ever, from a 64-bit hash of the name and the seed.
/// Pure and thread-safe.
/// </summary>
public sealed class Population(PopulationOptions options)
{
    const uint Ttl = 300;

    // RFC 1035 §2.3.4 leaves 253 characters: a longer base name cannot have the prefixed one (classification.md 2.1 point 4).
    const int MaxDmarcBase = DomainName.MaxLength - 7, MaxMtaStsBase = DomainName.MaxLength - 9, MaxTlsRptBase = DomainName.MaxLength - 11;

    static readonly LabDnsResponse Nxdomain = new() { Rcode = 3 };
    static readonly LabDnsResponse Nodata = new();

    /// <summary>Generic top-level domains that exist here, besides every one of two letters and every <c>xn--</c>.</summary>
    static readonly FrozenSet<string> TopLevel = FrozenSet.Create(StringComparer.Ordinal,
        "com", "net", "org", "edu", "gov", "mil", "int", "arpa", "info", "biz", "name", "pro", "mobi", "asia", "cat", "jobs", "tel", "travel", "aero", "coop",
        "museum", "app", "dev", "shop", "site", "online", "store", "tech", "xyz", "top", "club", "vip", "live", "blog", "cloud", "news", "space", "website",
        "world", "today", "life", "agency", "digital", "media", "page", "goog", "google", "lab");

    /// <summary>Second levels below two-letter domains that are registries everywhere and not names: they exist and have nothing, so
    /// that one draw for <c>com.br</c> does not decide the inherited policy of every Brazilian name.</summary>
    static readonly FrozenSet<string> SecondLevel = FrozenSet.Create(StringComparer.Ordinal,
        "co", "com", "net", "org", "edu", "gov", "ac", "or", "ne", "go", "gob", "gouv", "mil", "ltd", "plc", "sch", "nom", "web", "info");

    readonly PopulationOptions _options = options.Validated();
    readonly ulong _seed = options.Seed;

    /// <summary>Everything about a name. Names with an underscore label are not listed names and have nothing.</summary>
    public NameDraw Draw(string name)
    {
        int dot = name.IndexOf('.');
        if (dot < 0) return new NameDraw(IsTopLevel(name), null, null, null, null, null, 0);
        if (name[0] == '_' || name.Contains("._", StringComparison.Ordinal)) return default;
        if (name.StartsWith("mta-sts.", StringComparison.Ordinal))
            return new NameDraw(Draw(name[8..]).MtaSts is { Host: not null }, null, null, null, null, null, 0);
        if (name.Length - dot == 3 && SecondLevel.Contains(name[..dot])) return new NameDraw(true, null, null, null, null, null, 0);

        ulong hash = Hash(name);
        MxTemplate? mx = DrawMx(name, Stream(hash, 1), Stream(hash, 2));
        if (mx is null) return default;
        bool spf = Stream(hash, 3) < (mx.RunsMail ? _options.Spf : _options.SpfWithoutMail);
        double spfDraw = Stream(hash, 4);
        DmarcTemplate? dmarc = name.Length > MaxDmarcBase ? null : DrawDmarc(mx.RunsMail, Stream(hash, 5), Stream(hash, 6));
        MtaStsTemplate? mtaSts = mx.RunsMail && name.Length <= MaxMtaStsBase && Stream(hash, 7) < _options.MtaSts ? PopulationTemplates.MtaSts.Pick(Stream(hash, 8)) : null;
        double tlsRptShare = !mx.RunsMail ? 0 : mtaSts is null ? _options.TlsRptAlone : _options.TlsRptWithMtaSts;
        return new NameDraw(
            true,
            mx,
            (!spf ? PopulationTemplates.NoSpf : mx.RunsMail ? PopulationTemplates.Spf : PopulationTemplates.SpfWithoutMail).Pick(spfDraw),
            dmarc,
            mtaSts,
            name.Length <= MaxTlsRptBase && Stream(hash, 9) < tlsRptShare ? PopulationTemplates.TlsRpt.Pick(Stream(hash, 10)) : null,
            Mix(unchecked(hash + 11 * Golden)));
    }

    public LabDnsResponse Resolve(string name, DnsRecordType type)
    {
        if (name[0] == '_') return ResolveUnderscore(name, type);
        NameDraw draw = Draw(name);
        if (name.StartsWith("mta-sts.", StringComparison.Ordinal)) return ResolvePolicyHost(name, type);
        if (!draw.Exists) return Nxdomain;
        if (draw.Mx is null) return Nodata;
        switch (type)
        {
            case DnsRecordType.Mx:
                (ushort Preference, string Host)[] targets = draw.Mx.Targets;
                if (targets.Length == 0) return Nodata;
                var records = new DnsRecord[targets.Length];
                for (int i = 0; i < targets.Length; i++) records[i] = new MxRecord(name, Ttl, targets[i].Preference, HostOf(targets[i].Host, name));
                return new LabDnsResponse { Answers = records };
            case DnsRecordType.Txt:
                if (draw.Spf is not { Records.Length: > 0 } spf) return Nodata;
                return new LabDnsResponse { Answers = Array.ConvertAll(spf.Records, r => (DnsRecord)Txt(name, name, draw, r)) };
            case DnsRecordType.A when draw.Mx.HasAddress:
                return new LabDnsResponse { Answers = [new AddressRecord(name, Ttl, draw.Address)] };
            default:
                return Nodata;
        }
    }

    /// <summary>How <c>mta-sts.NAME</c> serves the policy of NAME, or null when there is no such host.</summary>
    public LabPolicyHost? PolicyHost(string host)
    {
        if (!host.StartsWith("mta-sts.", StringComparison.Ordinal)) return null;
        string name = host[8..];
        NameDraw draw = Draw(name);
        if (draw.MtaSts is not { Host: { } page, Body: { } body } template) return null;
        return page with { Body = Encoding.Latin1.GetBytes(body.Replace("{mx}", MxLines(name, draw.Mx!, template.Patterns), StringComparison.Ordinal)) };
    }

    static string MxLines(string name, MxTemplate mx, PolicyPatterns patterns) => patterns switch
    {
        PolicyPatterns.Others => "mx: mail.moved-away.lab\r\n",
        PolicyPatterns.FirstOnly when mx.Targets.Length > 1 => $"mx: {HostOf(mx.Targets[0].Host, name)}\r\n",
        _ when mx.Pattern is { } pattern => $"mx: {HostOf(pattern, name)}\r\n",
        _ => string.Concat(mx.Targets.Select(t => $"mx: {HostOf(t.Host, name)}\r\n")),
    };

    LabDnsResponse ResolveUnderscore(string name, DnsRecordType type)
    {
        string[] records;
        NameDraw draw;
        string owner;
        if (name.StartsWith("_dmarc.", StringComparison.Ordinal))
        {
            draw = Draw(owner = name[7..]);
            records = draw.Dmarc?.Records ?? [];
        }
        else if (name.StartsWith("_mta-sts.", StringComparison.Ordinal))
        {
            draw = Draw(owner = name[9..]);
            records = draw.MtaSts?.Records ?? [];
        }
        else if (name.StartsWith("_smtp._tls.", StringComparison.Ordinal))
        {
            draw = Draw(owner = name[11..]);
            records = draw.TlsRpt?.Records ?? [];
        }
        else
        {
            // RFC 8020 §2: the empty non-terminal above _smtp._tls exists.
            return name.StartsWith("_tls.", StringComparison.Ordinal) && Draw(name[5..]).TlsRpt is not null ? Nodata : Nxdomain;
        }
        if (records.Length == 0) return Nxdomain;
        return type == DnsRecordType.Txt ? new LabDnsResponse { Answers = Array.ConvertAll(records, r => (DnsRecord)Txt(name, owner, draw, [r])) } : Nodata;
    }

    LabDnsResponse ResolvePolicyHost(string name, DnsRecordType type)
    {
        if (Draw(name[8..]).MtaSts is not { } template) return Nxdomain;
        if (template.HostCname is { } target) return new LabDnsResponse { Answers = [new CnameRecord(name, Ttl, target)] };
        if (template.Host is not { } host) return Nxdomain;
        return type == DnsRecordType.A ? new LabDnsResponse { Answers = [new AddressRecord(name, Ttl, LabAddresses.Of(host.Connection))] } : Nodata;
    }

    /// <summary>Null: the name is dead.</summary>
    MxTemplate? DrawMx(string name, double kind, double which)
    {
        if ((kind -= _options.Dead) < 0) return null;
        // A long name leaves no room for hosts below it.
        if ((kind -= _options.RunsMail) < 0) return PopulationTemplates.Mail.Pick(name.Length > 220 ? 0 : which);
        if ((kind -= _options.NullMx) < 0) return PopulationTemplates.NullMx;
        if ((kind -= _options.NoService) < 0) return PopulationTemplates.NoService.Pick(which);
        return kind < _options.ImplicitMx ? PopulationTemplates.ImplicitMx : PopulationTemplates.NoMail;
    }

    DmarcTemplate? DrawDmarc(bool runsMail, double kind, double which)
    {
        (double own, double enforcing) = runsMail ? (_options.Dmarc, _options.Enforcing) : (_options.DmarcWithoutMail, _options.EnforcingWithoutMail);
        return kind < enforcing ? PopulationTemplates.Enforcing.Pick(which)
            : kind < own ? PopulationTemplates.Lax.Pick(which)
            : PopulationTemplates.NoDmarc.Pick(which);
    }

    static TxtRecord Txt(string owner, string name, in NameDraw draw, string[] strings)
    {
        var octets = new ReadOnlyMemory<byte>[strings.Length];
        for (int i = 0; i < strings.Length; i++)
        {
            string text = strings[i];
            if (text.Contains('{'))
            {
                text = text.Replace("{name}", name, StringComparison.Ordinal)
                    .Replace("{inc1}", draw.Include1.Name, StringComparison.Ordinal)
                    .Replace("{inc2}", draw.Include2.Name, StringComparison.Ordinal);
                if (text.Contains("{ip4}", StringComparison.Ordinal)) text = text.Replace("{ip4}", draw.Address.ToString(), StringComparison.Ordinal);
            }
            octets[i] = Encoding.Latin1.GetBytes(text);
        }
        return new TxtRecord(owner, Ttl, octets.All(o => o.Length <= 255) ? octets : Split(octets));
    }

    /// <summary>A long name may push a text over 255 octets: then it is split, which changes nothing (RFC 7208 §3.3).</summary>
    static ReadOnlyMemory<byte>[] Split(ReadOnlyMemory<byte>[] strings)
    {
        var parts = new List<ReadOnlyMemory<byte>>();
        foreach (ReadOnlyMemory<byte> text in strings)
            for (int at = 0; at < text.Length; at += 255) parts.Add(text.Slice(at, Math.Min(255, text.Length - at)));
        return [.. parts];
    }

    static string HostOf(string pattern, string name) => pattern[^1] == '@' ? string.Concat(pattern.AsSpan(0, pattern.Length - 1), name) : pattern;

    static bool IsTopLevel(string label) => label.Length == 2 || label.StartsWith("xn--", StringComparison.Ordinal) || TopLevel.Contains(label);

    const ulong Golden = 0x9E3779B97F4A7C15;

    /// <summary>XxHash3 of the name's octets: the same on every machine.</summary>
    ulong Hash(string name)
    {
        Span<byte> octets = stackalloc byte[256];
        int length = Encoding.UTF8.TryGetBytes(name, octets, out int written) ? written : 0;
        return XxHash3.HashToUInt64(length > 0 ? octets[..length] : Encoding.UTF8.GetBytes(name), (long)_seed);
    }

    /// <summary>The n-th draw of a name, from 0 (inclusive) to 1 (exclusive): 53 bits of a SplitMix64 step, so that streams are independent.</summary>
    static double Stream(ulong hash, ulong n) => (Mix(hash + n * Golden) >> 11) * (1.0 / (1UL << 53));

    static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
