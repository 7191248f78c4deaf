using System.Globalization;
using Scanner.Checks.Names;
using Scanner.Dns;

namespace Scanner.Lab.World;

/// <summary>
/// What a scan of the lab must find, name by name, without asking any server and without the scanner's classifiers: the cast's
/// expectations, or the columns that stand beside the drawn templates. Only the inheritance of DMARC is worked out here.
/// </summary>
public sealed class LabTruth(LabWorld world)
{
    /// <summary>The run asks for the addresses of MX hosts and for the word of report hosts: the cast's <c>expect-full</c> holds as well.</summary>
    public bool Full { get; init; }

    /// <inheritdoc cref="Expect(string, string?)"/>
    public IReadOnlyDictionary<string, string?> Expect(ListedName name) =>
        name.Class is InputClass.InvalidName or InputClass.IpLiteral && world.Cast.Entry(name.Name) is null
            ? new Dictionary<string, string?> { ["mx_class"] = "invalid_name" }
            : Expect(name.Name, name.OrganizationalDomain);

    /// <summary>Column to value; null is the null of the column, and a column that is not there is not decided. Empty for a name
    /// below a cast entry that the cast does not list, and for one that needs IPv6 on a machine without.</summary>
    /// <param name="name">Lower-case A-labels without trailing dot.</param>
    /// <param name="organizationalDomain">By the public suffix list, for the RFC 7489 reading; null where there is none.</param>
    public IReadOnlyDictionary<string, string?> Expect(string name, string? organizationalDomain)
    {
        if (world.Cast.Zone(name) is { } zone)
            return zone.Name != name || !zone.IsListed || !(LabAddresses.Ipv6Works || !NeedsIpv6(zone)) ? new Dictionary<string, string?>()
                : Full ? FullExpectations(zone) : zone.Expect;

        NameDraw draw = world.Population.Draw(name);
        var row = new Dictionary<string, string?>(24, StringComparer.Ordinal);
        string mxClass = !draw.Exists ? "nxdomain" : draw.Mx?.Class ?? "no_mail";
        // Whether a drawn name's mail hosts have addresses is not drawn.
        if (!Full || mxClass != "mx_present") row["mx_class"] = mxClass;
        row["runs_mail"] = Bool(draw.Mx is { RunsMail: true });
        AddSpf(row, draw);
        AddDmarc(row, name, organizationalDomain, draw);
        AddMtaSts(row, draw);
        row["tlsrpt_status"] = draw.TlsRpt?.Status ?? "absent";
        // Drawn names have none of these, and their zones are not signed.
        row["dkim_ent"] = "absent";
        row["dkim_presence"] = "absent";
        row["dane_status"] = "none";
        row["bimi_status"] = "absent";
        row["dnssec_state"] = "insecure";
        row["wildcard_txt"] = "false";
        return row;
    }

    static Dictionary<string, string?> FullExpectations(CastEntry zone)
    {
        var row = new Dictionary<string, string?>(zone.Expect, StringComparer.Ordinal);
        if (row.GetValueOrDefault("mx_class") == "mx_present") row.Remove("mx_class");
        foreach ((string column, string? value) in zone.ExpectFull) row[column] = value;
        return row;
    }

    /// <summary>Is its policy served over IPv6 only?</summary>
    static bool NeedsIpv6(CastEntry zone) =>
        zone.Nodes.Values.Any(n => n.PolicyHost is not null && n.Records.ContainsKey(DnsRecordType.Aaaa) && !n.Records.ContainsKey(DnsRecordType.A));

    static void AddSpf(Dictionary<string, string?> row, in NameDraw draw)
    {
        row["spf_status"] = draw.Spf?.Status ?? "none";
        row["spf_class"] = draw.Spf?.Class ?? "none";
        if (row["spf_status"] is not ("valid" or "none" or "permerror_multiple_records")) return;
        row["spf_all"] = draw.Spf?.All;
        row["spf_effective_all"] = draw.Spf?.EffectiveAll;
        row["spf_lookups_worst"] = draw.Spf?.Lookups is { } own ? (own + draw.IncludeLookups).ToString(CultureInfo.InvariantCulture) : null;
    }

    void AddDmarc(Dictionary<string, string?> row, string name, string? organizationalDomain, in NameDraw draw)
    {
        string state = draw.Dmarc?.State ?? "absent";
        DmarcTemplate? own = IsSingle(draw.Dmarc) ? draw.Dmarc : null;
        (string? source, DmarcTemplate? inherited) = own is null ? Walk(name) : default;
        DmarcTemplate? older = null;
        // RFC 7489 §6.6.3 step 5: several records at the name end the search; step 3: else one jump to the organizational domain.
        if (own is null && state != "multiple" && organizationalDomain is not null && organizationalDomain != name) older = Record(organizationalDomain);

        string policy9989 = own?.Own9989 ?? (draw.Exists ? inherited?.Sub9989 : inherited?.Ghost9989) ?? "absent";
        row["dmarc_record"] = state;
        row["dmarc_own"] = Bool(state != "absent");
        row["dmarc_source"] = own is not null ? "self" : inherited is not null ? "org" : "none";
        row["dmarc_source_name"] = own is not null ? name : source;
        row["dmarc_policy_9989"] = policy9989;
        row["dmarc_policy_7489"] = own?.Own7489 ?? older?.Sub7489 ?? "absent";
        row["dmarc_class"] = policy9989 switch
        {
            "no_processing" => "no_effect",
            "absent" => state == "multiple" ? "no_effect" : "absent",
            _ => policy9989,
        };
        row["enf_p"] = Bool(own?.EnfP ?? inherited?.SubEnfP ?? false);
        row["enf_9989"] = Bool((own ?? inherited)?.Enf9989 ?? false);
    }

    /// <summary>The DNS tree walk where no record says psd (RFC 9989 §4.10.2 rule 3): of the ancestors with exactly one record, the one
    /// with the fewest labels.</summary>
    (string? Source, DmarcTemplate? Record) Walk(string name)
    {
        (string?, DmarcTemplate?) found = default;
        // §4.10: from eight labels on, the second query goes to seven.
        string? target = DomainName.LabelCount(name) >= 8 ? DomainName.Suffix(name, 7) : DomainName.Parent(name);
        for (; target is not null; target = DomainName.Parent(target))
            if (Record(target) is { } record) found = (target, record);
        return found;
    }

    /// <summary>The one record at a name, or null. Cast entries above population names are open and have none.</summary>
    DmarcTemplate? Record(string name) =>
        world.Cast.Zone(name) is null && world.Population.Draw(name).Dmarc is { } record && IsSingle(record) ? record : null;

    static bool IsSingle(DmarcTemplate? record) => record is { State: not ("absent" or "multiple") };

    static void AddMtaSts(Dictionary<string, string?> row, in NameDraw draw)
    {
        MtaStsTemplate? template = draw.MtaSts;
        row["mtasts_status"] = template?.Status ?? "absent";
        row["mtasts_error"] = template?.Error;
        row["mtasts_mode"] = template?.Mode;
        row["mtasts_mx_match"] = template is { MxMatch: "some" } && draw.Mx!.Targets.Length == 1 ? "all" : template?.MxMatch;
    }

    static string Bool(bool value) => value ? "true" : "false";
}
