using Scanner.Checks.Names;
using Scanner.Checks.Spf;
using Scanner.Cli.Explain;
using Scanner.Dns;
using Scanner.Dns.Resolve;
using Scanner.Dns.Transport;
using Scanner.Lab;
using Scanner.Lab.World;
using Scanner.Resolve;
using Scanner.TestSupport;

namespace Scanner.Tests.Cli;

/// <summary><c>check</c> has something to say about every name of the cast, which shows every value of every class.</summary>
public sealed class ExplanationTests
{
    private static readonly string[] Checks = ["MX", "SPF", "DMARC", "MTA-STS", "TLS-RPT", "DKIM", "DANE", "BIMI", "DNSSEC"];

    [Fact]
    public async Task EveryCheckOfEveryNameHasItsRuleAndItsMeaning()
    {
        var resolver = new WorldResolver(new LabWorld());
        var scanner = new DomainScanner(resolver, resolver, Options(), TimeProvider.System);
        int pages = 0;
        foreach (string name in Cast.Bundled.Listed.Select(e => e.Name))
        {
            if (NameNormaliser.Normalise(name, 1, PublicSuffixList.Embedded, out _) is not { IsQueryable: true } listed) continue;
            var result = await scanner.ScanAsync(listed, TestContext.Current.CancellationToken);
            Assert.Null(result.ScanError);
            var page = new StringWriter();
            Explanation.Write(result, page);
            string[] lines = page.ToString().Split(Environment.NewLine);
            foreach (string check in Checks)
            {
                // The lines of one check: its label, then lines without one.
                int from = Array.FindIndex(lines, l => l.StartsWith($"  {check} ", StringComparison.Ordinal));
                Assert.True(from > 0, $"{name}: {check} is missing");
                string[] part = [lines[from], .. lines[(from + 1)..].TakeWhile(l => l.StartsWith("      ", StringComparison.Ordinal))];
                Assert.True(part.Any(l => l.Contains("rule: ", StringComparison.Ordinal)) && part.Any(l => l.Contains("means: ", StringComparison.Ordinal)), $"{name}: {string.Join('\n', part)}");
            }
            // Nothing of what stands in DNS may steer a terminal.
            Assert.DoesNotContain(lines, l => l.Any(char.IsControl));
            pages++;
        }
        Assert.True(pages > 200, $"{pages} pages");
    }

    /// <summary>What is absent although it begins with the version has a rule that says why.</summary>
    [Theory]
    [InlineData("_dmarc.example.com", "v=DMARC1 p=reject", "begins v=DMARC1 and then \";\" or the end")]
    [InlineData("_mta-sts.example.com", "v=STSv1 ; id=1|other", "(among several, \";\" at once)")]
    [InlineData("_mta-sts.example.com", "v=STSv1, id=1", "begins v=STSv1 and then a blank, \";\" or the end")]
    [InlineData("_smtp._tls.example.com", "v=TLSRPTv1,rua=mailto:a@example.com", "begins v=TLSRPTv1 and then a blank, \";\" or the end")]
    public async Task TheRuleOfAnAbsenceFitsWhatIsThere(string owner, string texts, string rule)
    {
        var zone = new FakeResolver().Mx("example.com", 10, "mx.example.com");
        foreach (string text in texts.Split('|')) zone.Txt(owner, text);
        var name = NameNormaliser.Normalise("example.com", 1, PublicSuffixList.Embedded, out _)!;
        var result = await new DomainScanner(zone, zone, Options(), TimeProvider.System).ScanAsync(name, TestContext.Current.CancellationToken);
        var page = new StringWriter();
        Explanation.Write(result, page);
        Assert.Contains(rule, page.ToString(), StringComparison.Ordinal);
    }

    private static ScanOptions Options() => new()
    {
        List = new Scanner.Input.ListOptions { Source = "test" },
        Output = "",
        Resolvers = [],
        PolicyFetch = new Scanner.Checks.MtaSts.PolicyFetchOptions { UserAgent = "test" },
        SpfLevel = SpfEvalLevel.Full,
        Checks = ScanChecks.All,
        MxAddresses = true,
        CheckReportAuth = true,
        AdTrusted = true,
    };

    /// <summary>The lab's world without servers: its answers, read as a reply is. Faults of the network become the status that they end as.</summary>
    private sealed class WorldResolver(LabWorld world) : IResolver
    {
        public ValueTask<DnsAnswer> QueryAsync(DnsQuestion question, CancellationToken cancellationToken)
        {
            var response = world.Resolve(question.Name, question.Type);
            if (Failure(response.Fault) is { } failure) return new(DnsAnswer.Without(question, failure));
            return new(ReplyInterpreter.Interpret(question, new DnsReply
            {
                Outcome = TransportOutcome.Answered,
                Rcode = response.Rcode,
                RecursionAvailable = true,
                Answers = response.Answers,
                NegativeTtl = 60,
                AuthenticData = response.Signed && question.Dnssec,
                NameDenied = response.CompactDenial && question.Dnssec,
            }));
        }

        private static DnsStatus? Failure(LabDnsFault fault) => fault switch
        {
            LabDnsFault.Silent or LabDnsFault.WrongId or LabDnsFault.WrongQuestion => DnsStatus.Timeout,
            LabDnsFault.Servfail => DnsStatus.Servfail,
            LabDnsFault.Refused => DnsStatus.Refused,
            LabDnsFault.Bogus => DnsStatus.Bogus,
            LabDnsFault.Malformed => DnsStatus.Malformed,
            LabDnsFault.Lame => DnsStatus.Lame,
            LabDnsFault.TruncatedNoTcp => DnsStatus.Truncated,
            _ => null,
        };
    }
}
