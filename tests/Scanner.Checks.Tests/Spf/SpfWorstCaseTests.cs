using System.Net;
using Scanner.Checks.Spf;
using Scanner.Dns;
using Scanner.TestSupport;

namespace Scanner.Checks.Tests.Spf;

/// <summary>
/// The worst case of the classifier and check_host() for one client must tell the same story, so that the public suites, which are about
/// check_host(), prove the figures too. Random trees of records, and clients who do and do not match.
/// </summary>
public sealed class SpfWorstCaseTests
{
    private const string Root = "n0.example";
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch;

    /// <summary>In none of the networks below.</summary>
    private static readonly IPAddress[] Strangers = [IPAddress.Parse("203.0.113.99"), IPAddress.Parse("2001:db8:ffff::99")];

    private static readonly IPAddress[] Known = [IPAddress.Parse("192.0.2.1"), IPAddress.Parse("198.51.100.7"), IPAddress.Parse("2001:db8::1")];

    [Fact]
    public async Task AgreesWithCheckHost()
    {
        var statuses = new SortedDictionary<SpfStatus, int>();
        for (int seed = 0; seed < 2000; seed++)
        {
            var random = new Random(seed);
            var zone = RandomZone(random, out string text);
            var worst = await SpfLookup.RunAsync(Root, zone.Query(Root, DnsRecordType.Txt), zone, SpfEvalLevel.Full, TestContext.Current.CancellationToken);
            statuses[worst.Status] = statuses.GetValueOrDefault(worst.Status) + 1;
            foreach (var ip in Strangers.Concat(Known))
            {
                var check = await SpfLookup.CheckHostAsync(Root, new SpfClient(ip, Root, "", Now), zone, TestContext.Current.CancellationToken);
                string context = $"seed {seed}, client {ip}: {worst.Status} {string.Join(' ', worst.Errors)} {worst.EffectiveAll} {worst.Permissive}, lookups {worst.LookupsWorst}, voids {worst.VoidWorst}; {check.Verdict} {check.Problem}, lookups {check.Lookups}, voids {check.Voids}\n{text}";
                bool stranger = Strangers.Contains(ip);
                switch (worst.Status)
                {
                    case SpfStatus.None:
                        Assert.True(check.Verdict == SpfVerdict.None, context);
                        break;
                    case SpfStatus.Unknown:
                        Assert.True(check.Verdict == SpfVerdict.Temperror, context);
                        break;
                    case SpfStatus.PermerrorMultipleRecords or SpfStatus.PermerrorSyntax:
                        Assert.True(check.Verdict == SpfVerdict.Permerror, context);
                        break;
                    case SpfStatus.Valid:
                        Assert.True(check.Verdict is SpfVerdict.Pass or SpfVerdict.Fail or SpfVerdict.Softfail or SpfVerdict.Neutral, context);
                        Assert.True(check.Lookups <= worst.LookupsWorst && check.Voids <= worst.VoidWorst, context);
                        if (!stranger) break;
                        Assert.True(check.Verdict.Word() == worst.EffectiveAll switch
                        {
                            SpfEffectiveAll.NeutralDefault => "neutral",
                            var all => all.WordOrNull(),
                        }, context);
                        Assert.True(check.Lookups == worst.LookupsWorst && check.Voids == worst.VoidWorst, context);
                        break;
                    default:
                        // A client that matches nothing runs into the first of the errors, whichever that is.
                        if (!stranger) break;
                        Assert.True(check.Verdict is SpfVerdict.Permerror or SpfVerdict.Temperror, context);
                        if (!worst.Errors.Contains("temperror")) Assert.True(check.Verdict == SpfVerdict.Permerror, context);
                        if (worst.Errors is ["temperror"]) Assert.True(check.Verdict == SpfVerdict.Temperror, context);
                        break;
                }
            }
        }
        // The table is worth nothing if the dice never fall on a status.
        foreach (var status in Enum.GetValues<SpfStatus>()) Assert.True(statuses.GetValueOrDefault(status) >= 10, $"{status}: {statuses.GetValueOrDefault(status)}");
    }

    private static FakeResolver RandomZone(Random random, out string text)
    {
        var zone = new FakeResolver()
            .A("both.example", "192.0.2.1").A("both.example", "2001:db8::1").Mx("mx.example", 1, "both.example").Mx("mx.example", 2, "gone.example")
            .Fail("lost.example", DnsRecordType.A, DnsStatus.Timeout).Fail("lost.example", DnsRecordType.Aaaa, DnsStatus.Timeout)
            .Fail("lost.example", DnsRecordType.Mx, DnsStatus.Servfail).Fail("lost.example", DnsRecordType.Txt, DnsStatus.Refused);
        for (int i = 0; i < 11; i++) zone.Mx("many.example", i, "both.example");
        var lines = new List<string>();
        for (int n = 0; n < 6; n++)
        {
            string name = $"n{n}.example";
            int kind = random.Next(40);
            if (kind == 0) continue;
            if (kind == 1) zone.Fail(name, DnsRecordType.Txt, DnsStatus.Timeout);
            string record = kind == 2 ? "hello" : RandomRecord(random, n);
            zone.Txt(name, record);
            lines.Add($"{name} {record}");
            if (kind == 3) zone.Txt(name, "v=spf1 -all");
        }
        text = string.Join('\n', lines);
        return zone;
    }

    private static string RandomRecord(Random random, int n)
    {
        var terms = new List<string>();
        for (int i = random.Next(5); i > 0; i--)
        {
            // Mostly to records further on; now and then back, which makes a loop.
            string other = $"n{(random.Next(12) == 0 ? random.Next(6) : n + 1 + random.Next(2))}.example";
            string qualifier = random.Next(4) switch { 0 => "?", 1 => "-", _ => "" };
            terms.Add(qualifier + random.Next(random.Next(3) == 0 ? 14 : 8) switch
            {
                0 or 1 or 2 => $"include:{other}",
                3 => "a:both.example",
                4 => "mx:mx.example",
                5 => "ip4:192.0.2.0/28",
                6 => "ip6:2001:db8::/64",
                7 => "ip4:198.51.100.7",
                8 => "a:gone.example",
                9 => "exists:gone.example",
                10 => "a:lost.example",
                11 => "mx:many.example",
                12 => "mx:lost.example",
                _ => "foo",
            });
        }
        terms.Add(random.Next(6) switch
        {
            0 => "",
            1 => "-all",
            2 => "~all",
            3 => $"redirect=n{n + 1}.example",
            4 => $"redirect=n{n + 1}.example ?all",
            _ => "?all",
        });
        return "v=spf1 " + string.Join(' ', terms).Trim();
    }
}
