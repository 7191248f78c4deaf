namespace Scanner.Lab.World;

/// <summary>
/// What share of the population has what. Each is a probability from 0 to 1, drawn name by name, so that a list of any length has the
/// shares up to sampling error. They speak of a name's own records: a list with many subdomains shows more enforcement, as a
/// subdomain without a record inherits one (RFC 9989 §4.10.1).
/// </summary>
public sealed record PopulationOptions
{
    /// <summary>Another seed is another world.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Of all names: those that do not exist. About a tenth of the Majestic Million in one check of 2022, fewer in others.</summary>
    public double Dead { get; init; } = 0.08;

    /// <summary>Of all names: those with a usable MX.</summary>
    public double RunsMail { get; init; } = 0.78;

    /// <summary>Of all names: a null MX (RFC 7505).</summary>
    public double NullMx { get; init; } = 0.03;

    /// <summary>Of all names: MX records to nowhere (<c>localhost</c>, <c>127.0.0.1</c>).</summary>
    public double NoService { get; init; } = 0.005;

    /// <summary>Of all names: no MX but an address (RFC 5321 §5.1). What is left over has neither.</summary>
    public double ImplicitMx { get; init; } = 0.07;

    /// <summary>Of the names that run mail: an SPF record, sound or not.</summary>
    public double Spf { get; init; } = 0.86;

    /// <summary>Of the names that run mail: a v=DMARC1 record of their own, sound or not.</summary>
    public double Dmarc { get; init; } = 0.57;

    /// <summary>Of the names that run mail: a record of their own with p=quarantine or p=reject. Not above <see cref="Dmarc"/>.</summary>
    public double Enforcing { get; init; } = 0.26;

    /// <summary>Of the names that run mail: an MTA-STS TXT record. About 70 % of these set-ups work.</summary>
    public double MtaSts { get; init; } = 0.01;

    /// <summary>Of the names with an MTA-STS record: a TLS-RPT record too.</summary>
    public double TlsRptWithMtaSts { get; init; } = 0.5;

    /// <summary>Of the other names that run mail: a TLS-RPT record.</summary>
    public double TlsRptAlone { get; init; } = 0.002;

    /// <summary>Of the living names without mail: SPF, mostly "v=spf1 -all".</summary>
    public double SpfWithoutMail { get; init; } = 0.30;

    /// <summary>Of the living names without mail: a DMARC record.</summary>
    public double DmarcWithoutMail { get; init; } = 0.15;

    /// <summary>Of the living names without mail: an enforcing DMARC record.</summary>
    public double EnforcingWithoutMail { get; init; } = 0.10;

    /// <exception cref="ArgumentException">A share is outside 0 to 1, or they contradict each other.</exception>
    public PopulationOptions Validated()
    {
        foreach (double share in (double[])[Dead, RunsMail, NullMx, NoService, ImplicitMx, Spf, Dmarc, Enforcing, MtaSts, TlsRptWithMtaSts,
            TlsRptAlone, SpfWithoutMail, DmarcWithoutMail, EnforcingWithoutMail])
            if (share is not (>= 0 and <= 1)) throw new ArgumentException($"a share of {share}: use 0 to 1");
        if (Dead + RunsMail + NullMx + NoService + ImplicitMx > 1 + 1e-9)
            throw new ArgumentException("Dead, RunsMail, NullMx, NoService and ImplicitMx are parts of all names: together at most 1");
        if (Enforcing > Dmarc || EnforcingWithoutMail > DmarcWithoutMail)
            throw new ArgumentException("the enforcing names are part of those with a DMARC record: Enforcing at most Dmarc");
        return this;
    }
}
