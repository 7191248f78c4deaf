using Scanner.Checks.Names;
using Scanner.Dns;
using Scanner.Lab.World;

namespace Scanner.Lab.Tests.World;

public class LabTruthTests
{
    static readonly LabWorld World = new();
    static readonly LabTruth Truth = new(World);

    /// <summary>The first name of a fixed series that was drawn like this.</summary>
    static string Find(string pattern, Func<NameDraw, bool> like)
    {
        for (int i = 0; ; i++)
        {
            string name = string.Format(System.Globalization.CultureInfo.InvariantCulture, pattern, i);
            if (like(World.Population.Draw(name))) return name;
        }
    }

    static Func<NameDraw, bool> Mail(string record) => d => d.Mx is { RunsMail: true } && d.Dmarc?.Records is { Length: 1 } r && r[0] == record;

    static bool NoDmarc(NameDraw d) => d.Mx is { RunsMail: true } && d.Dmarc is null;

    static void Dmarc(string name, string? org, string record, string own, string @class, string source, string? sourceName, string policy9989, string policy7489, string enfP, string enf9989)
    {
        IReadOnlyDictionary<string, string?> row = Truth.Expect(name, org);
        Assert.Equal(
            (record, own, @class, source, sourceName, policy9989, policy7489, enfP, enf9989),
            (row["dmarc_record"], row["dmarc_own"], row["dmarc_class"], row["dmarc_source"], row["dmarc_source_name"],
             row["dmarc_policy_9989"], row["dmarc_policy_7489"], row["enf_p"], row["enf_9989"]));
    }

    [Fact]
    public void AnOwnRecordIsTheSource()
    {
        string name = Find("a{0}.com", Mail("v=DMARC1; p=reject; rua=mailto:dmarc@{name}"));
        Dmarc(name, name, "valid", "true", "reject", "self", name, "reject", "reject", "true", "true");
    }

    [Fact]
    public void TestModeAndPctSplitTheReadings()
    {
        string test = Find("a{0}.com", Mail("v=DMARC1; p=quarantine; t=y; rua=mailto:d@{name}"));
        Dmarc(test, test, "valid", "true", "none", "self", test, "none", "quarantine", "true", "false");
        string pct = Find("a{0}.com", Mail("v=DMARC1; p=quarantine; pct=0; rua=mailto:d@{name}"));
        Dmarc(pct, pct, "valid", "true", "quarantine", "self", pct, "quarantine", "none", "true", "true");
    }

    [Fact]
    public void ASubdomainInheritsSpElseP()
    {
        string sp = Find("a{0}.com", Mail("v=DMARC1; p=reject; sp=none; rua=mailto:d@{name}"));
        string sub = Find("s{0}." + sp, NoDmarc);
        Dmarc(sub, sp, "absent", "false", "none", "org", sp, "none", "none", "false", "false");
        string p = Find("a{0}.com", Mail("v=DMARC1; p=reject; rua=mailto:dmarc@{name}"));
        sub = Find("s{0}." + p, NoDmarc);
        Dmarc(sub, p, "absent", "false", "reject", "org", p, "reject", "reject", "true", "true");
    }

    [Fact]
    public void AGhostInheritsToo()
    {
        string p = Find("a{0}.com", Mail("v=DMARC1; p=reject; np=reject; rua=mailto:d@{name}"));
        string ghost = Find("g{0}." + p, d => !d.Exists);
        Dmarc(ghost, p, "absent", "false", "reject", "org", p, "reject", "reject", "true", "true");
        Assert.Equal("nxdomain", Truth.Expect(ghost, p)["mx_class"]);
    }

    [Fact]
    public void TheFewestLabelsWinAndSeveralOwnRecordsEndTheOlderSearch()
    {
        string org = Find("a{0}.com", Mail("v=DMARC1; p=none"));
        string middle = Find("m{0}." + org, Mail("v=DMARC1; p=reject; rua=mailto:dmarc@{name}"));
        string deep = Find("d{0}." + middle, NoDmarc);
        Dmarc(deep, org, "absent", "false", "none", "org", org, "none", "none", "false", "false");
        string several = Find("t{0}." + org, d => d.Dmarc?.State == "multiple");
        Dmarc(several, org, "multiple", "true", "none", "org", org, "none", "absent", "false", "false");
    }

    [Fact]
    public void OnlyTheWalkFindsTheMiddle()
    {
        string org = Find("a{0}.com", NoDmarc);
        string middle = Find("m{0}." + org, Mail("v=DMARC1;p=REJECT;"));
        string deep = Find("d{0}." + middle, NoDmarc);
        Dmarc(deep, org, "absent", "false", "reject", "org", middle, "reject", "absent", "true", "true");
    }

    [Fact]
    public void FromEightLabelsOnTheWalkStartsAtSeven()
    {
        string org = Find("a{0}.com", NoDmarc);
        string seven = Find("b{0}.c.d.e.f." + org, d => d.Dmarc is null);
        // Eight labels, with a record: a name of nine never asks there.
        string eight = Find("h{0}." + seven, Mail("v=DMARC1;p=REJECT;"));
        Assert.Equal(8, DomainName.LabelCount(eight));
        string nine = Find("i{0}." + eight, NoDmarc);
        string? found = Truth.Expect(nine, org)["dmarc_source_name"];
        Assert.NotEqual(eight, found);
        Assert.True(found is null || DomainName.LabelCount(found) <= 7, found);
    }

    [Fact]
    public void ASeveralAtTheTopIsNoEffect()
    {
        string name = Find("a{0}.com", d => d.Dmarc?.State == "multiple");
        Dmarc(name, name, "multiple", "true", "no_effect", "none", null, "absent", "absent", "false", "false");
    }

    [Theory]
    [InlineData("com", "no_mail")]
    [InlineData("co.uk", "no_mail")]
    [InlineData("localdomain", "nxdomain")]
    public void SuffixesHaveNothing(string name, string mxClass)
    {
        if (name == "com") Assert.Equal("no_mail", World.Cast.Entry("com")!.Expect["mx_class"]);
        IReadOnlyDictionary<string, string?> row = Truth.Expect(name, null);
        Assert.Equal((mxClass, "none", "absent", "absent"), (row["mx_class"], row["spf_status"], row["dmarc_record"], row["mtasts_status"]));
    }

    [Fact]
    public void LookupsAreTheRecordsOwnAndTheIncludes()
    {
        string name = Find("a{0}.com", d => d.Spf is { Records: [["v=spf1 a mx include:{inc1} -all"]] } && d.Include1.Name == "_spf.mailgamma.lab");
        IReadOnlyDictionary<string, string?> row = Truth.Expect(name, name);
        Assert.Equal(("valid", "fail", "6"), (row["spf_status"], row["spf_class"], row["spf_lookups_worst"]));
    }

    /// <summary>The costs that stand beside the providers, counted again over their records: RFC 7208 §4.6.4.</summary>
    [Fact]
    public void ProvidersCostWhatTheySay()
    {
        foreach ((string name, int lookups) in PopulationTemplates.Providers) Assert.True(lookups == 1 + Count(name), $"{name}: {1 + Count(name)}");

        static int Count(string name)
        {
            int count = 0;
            foreach (string term in World.Resolve(name, DnsRecordType.Txt).Answers.OfType<TxtRecord>().Single().Text.Split(' '))
            {
                string bare = term.TrimStart('+', '-', '~', '?');
                if (bare.StartsWith("include:", StringComparison.Ordinal)) count += 1 + Count(bare[8..]);
                else if (bare.StartsWith("redirect=", StringComparison.Ordinal)) count += 1 + Count(bare[9..]);
                else if (bare.Split(':', '/')[0] is "a" or "mx" or "ptr" or "exists") count++;
            }
            return count;
        }
    }

    [Fact]
    public void EveryIncludeOfThePopulationIsInTheCast()
    {
        foreach (string host in PopulationTemplates.Providers.Select(p => p.Name)
            .Concat(PopulationTemplates.Mail.Rows.SelectMany(m => m.Targets).Select(t => t.Host).Where(h => !h.EndsWith('@'))))
            Assert.True(World.Resolve(host, DnsRecordType.Txt).Rcode == 0 && World.Cast.Zone(host) is { IsOpen: false }, host);
    }

    [Fact]
    public void TheCastsTruthIsItsExpectations()
    {
        Assert.Same(World.Cast.Entry("spf-hardfail.lab")!.Expect, Truth.Expect("spf-hardfail.lab", "spf-hardfail.lab"));
        Assert.Empty(Truth.Expect("nobody.spf-hardfail.lab", "spf-hardfail.lab"));
        Assert.Empty(Truth.Expect("mailalpha.lab", "mailalpha.lab"));
    }

    [Fact]
    public void APolicyHostInTheListIsAHostWithoutMail()
    {
        string name = Find("a{0}.com", d => d.MtaSts is { Host: not null });
        Assert.Equal("no_mail", Truth.Expect("mta-sts." + name, name)["mx_class"]);
        string without = Find("a{0}.com", d => d.Exists && d.MtaSts is null);
        Assert.Equal("nxdomain", Truth.Expect("mta-sts." + without, without)["mx_class"]);
    }

    [Fact]
    public void NamesWithoutRoomForAPrefixHaveNoRecordThere()
    {
        string stem = string.Join('.', Enumerable.Repeat(new string('x', 49), 4)) + "." + new string('y', 43) + ".";
        string name = Find(stem + "{0:D3}", d => d.Mx is { RunsMail: true });
        Assert.Equal(247, name.Length);
        IReadOnlyDictionary<string, string?> row = Truth.Expect(name, null);
        Assert.Equal(("absent", "absent", "absent"), (row["dmarc_record"], row["mtasts_status"], row["tlsrpt_status"]));
    }

    [Fact]
    public void ANameThatCannotBeSaysSo()
    {
        var name = new ListedName { Rank = 1, Input = "a..b", Name = "a..b", Class = InputClass.InvalidName, Tld = "b" };
        Assert.Equal("invalid_name", Truth.Expect(name)["mx_class"]);
    }

    /// <summary>Every word that truth can say is a word of its column.</summary>
    [Fact]
    public void TruthUsesTheColumnsWords()
    {
        foreach (string name in LabList.Names(20_000))
            foreach ((string column, string? value) in Truth.Expect(name, DomainName.Suffix(name, 2)))
                Assert.Null(CastColumns.Complaint(column, value));
    }
}
