using System.Globalization;
using Scanner.Checks.Dkim;

namespace Scanner.Cli;

/// <summary>What each check costs in DNS queries, for the help and for <c>--dry-run</c>. Estimates, and named as such: how many a name really costs
/// depends on what it publishes, and what names share (includes, ancestors, mail hosts) is asked for once.</summary>
internal sealed record CheckCosts(ScanChecks Checks, bool MxAddresses, bool CheckReportAuth, DkimTier DkimTier)
{
    /// <summary>Questions per name beyond the base ones: A and AAAA for names without MX, ancestors and includes that the cache does
    /// not hold, retries. classification.md section 13 puts the whole at 5.5 to 7 for five checks.</summary>
    private const double ExtraLow = 0.5, ExtraHigh = 2;

    public static string Help { get; } = string.Create(CultureInfo.InvariantCulture,
        $"which checks, comma-separated, or all. One query a name each: {string.Join(',', ScanChecks.Default.Names())}. More: dkim (1 to {DkimSelectors.Embedded.MaxCount(DkimTier.A) + 2} a name, tier a), " +
        $"dane (1 to 3 a distinct MX host), bimi (1 or 2 a name), dnssec (1 a name; needs a validating resolver, see --trust-ad)");

    /// <summary>Queries a name, from a list of names that publish little to one of names that publish much.</summary>
    public (double Low, double High) PerName
    {
        get
        {
            double low = (Checks & ScanChecks.Default).Names().Count + ExtraLow, high = (Checks & ScanChecks.Default).Names().Count + ExtraHigh;
            foreach (var (_, least, most) in Extras) (low, high) = (low + least, high + most);
            return (low, high);
        }
    }

    /// <summary>What is asked for beyond the base, a line each: the words, and the queries a listed name at least and at most.</summary>
    public IEnumerable<(string Words, double Low, double High)> Extras
    {
        get
        {
            // Distinct mail hosts are few compared with names: on real lists between one in ten and one a name.
            if (MxAddresses || Checks.HasFlag(ScanChecks.Dane)) yield return ("addresses of MX hosts: 1 or 2 a distinct host", 0.1, 1);
            if (CheckReportAuth) yield return ("report hosts: 2 for each external host of a record", 0, 2);
            int selectors = DkimSelectors.Embedded.MaxCount(DkimTier);
            if (Checks.HasFlag(ScanChecks.Dkim)) yield return ($"dkim: the namespace, its control, up to {selectors} selectors where there is one", 1, 2 + selectors);
            if (Checks.HasFlag(ScanChecks.Dane)) yield return ("dane: TLSA for each distinct MX host with a signed address", 0, 0.5);
            if (Checks.HasFlag(ScanChecks.Bimi)) yield return ("bimi: the name, and its organizational domain", 1, 2);
            if (Checks.HasFlag(ScanChecks.Dnssec)) yield return ("dnssec: SOA with proof", 1, 1.2);
        }
    }
}
