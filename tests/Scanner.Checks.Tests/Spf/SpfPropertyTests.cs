using System.Globalization;
using System.Net;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Scanner.Checks.Spf;
using Scanner.Dns;
using Scanner.TestSupport;

namespace Scanner.Checks.Tests.Spf;

/// <summary>What holds for every record: where it is split, in which order the records come, and how much it can cost to read one.</summary>
public sealed class SpfPropertyTests
{
    private static readonly string[] Pieces =
    [
        " ", " ", " ", "v=spf1", "a", "mx", "ptr", "all", "-all", "~", "?", "+", "-", "ip4:", "ip6:", "include:", "exists:", "redirect=", "exp=", "x=", ":", "/",
        "//", "/24", "/129", "192.0.2.1", "2001:db8::1", "::", "%{d}", "%{ir}", "%{d2r-+}", "%%", "%_", "%-", "%", "%{", "}", "example.com", ".com", ".",
        "_spf", "\t", "\n", "\0", "\u00A0", "\u00FF", "\"", ";",
    ];

    /// <summary>Records out of the pieces of the grammar, so that many are valid and many nearly so.</summary>
    private static Arbitrary<string> Records => Gen.Elements(Pieces).ArrayOf().Select(pieces => "v=spf1 " + string.Concat(pieces)).ToArbitrary();

    private static readonly Config Runs = Config.QuickThrowOnFailure.WithMaxTest(2000);

    private static DnsAnswer Answer(params TxtRecord[] records) => new()
    {
        Question = new DnsQuestion("example.com", DnsRecordType.Txt),
        Status = records.Length > 0 ? DnsStatus.Ok : DnsStatus.Nodata,
        Records = records,
    };

    private static TxtRecord Txt(params string[] strings) => TxtRecord.FromText("example.com", 60, strings);

    /// <summary>Everything of a result that the words of the record decide.</summary>
    private static string Row(SpfResult r) => string.Create(CultureInfo.InvariantCulture,
        $"{r.Status} {r.Class} {r.All} {r.EffectiveAll} {r.Permissive} {r.NoMail} {string.Join(' ', r.Errors)} {r.SyntaxError} {r.LookupsWorst} {r.VoidWorst} "
        + $"{string.Join(' ', r.RedirectChain)} {string.Join(' ', r.Includes)} {r.IncludeDepth} {r.Ipv4Count} {r.WidestIp4} {r.HasPtr} {r.HasDynamicMacro} "
        + $"{r.Length} {r.NearMiss} {string.Join(' ', r.Quirks)} {r.Raw} {string.Join('\n', r.Candidates)}");

    private static string Row(params TxtRecord[] records) => Row(Classify(records));

    private static SpfResult Classify(params TxtRecord[] records) => SpfClassifier.Classify(new SpfZone("example.com", Answer(records)), SpfEvalLevel.Record);

    /// <summary>Parse, print, parse: the same terms. Printed from the parsed form, not from the text that it keeps.</summary>
    [Fact]
    public void ParsePrintParseIsStable()
    {
        int valid = 0;
        // One record in twenty is valid.
        Check.One(Runs.WithMaxTest(8000), Prop.ForAll(Records, text =>
        {
            if (SpfRecordParser.Parse(text, [], out var record, out _) != RecordMatch.Valid) return true;
            valid++;
            string printed = SpfPrinter.Print(record!);
            return SpfRecordParser.Parse(printed, [], out var again, out _) == RecordMatch.Valid && SpfPrinter.Print(again!) == printed
                && again!.Terms.Count == record!.Terms.Count;
        }));
        Assert.True(valid > 100, $"only {valid} valid records: the property says little");
    }

    [Theory]
    [InlineData("v=spf1 MX:%{D2R.-}/24 A//64 ~ip4:192.0.2.1/32 ip6:2001:DB8::1.2.3.4/32 ?exists:%%.%{ir}.x.example redirect=_SPF.%{d} exp=%{L}.example X=%_%-",
        "v=spf1 mx:%{D2r.-}/24 a//64 ~ip4:192.0.2.1 ip6:2001:db8::102:304/32 ?exists:%%.%{ir}.x.example redirect=_SPF.%{d} exp=%{L}.example X=%_%-")]
    public void Printed(string text, string printed)
    {
        Assert.Equal(RecordMatch.Valid, SpfRecordParser.Parse(text, [], out var record, out _));
        Assert.Equal(printed, SpfPrinter.Print(record!));
    }

    /// <summary>RFC 7208 §3.3: strings are joined without blanks, so where they are split decides nothing but the name of a syntax error.</summary>
    [Fact]
    public void SplittingChangesNothing() => Check.One(Runs, Prop.ForAll(Records, ArbMap.Default.ArbFor<int[]>(), (text, cuts) =>
    {
        var places = cuts.Select(cut => Math.Abs(cut % (text.Length + 1))).Order().ToArray();
        var strings = new List<string>();
        int start = 0;
        foreach (int place in places)
        {
            strings.Add(text[start..place]);
            start = place;
        }
        strings.Add(text[start..]);
        var whole = Classify(Txt(text));
        var split = Classify(Txt([.. strings]));
        return Row(split with { SyntaxError = null }) == Row(whole with { SyntaxError = null })
            && (split.SyntaxError == whole.SyntaxError || whole.SyntaxError is not null && split.SyntaxError == SpfSyntaxError.SplitBoundary);
    }));

    /// <summary>The order of an RRset means nothing, and other people's TXT records are none of our business (RFC 7208 §4.5).</summary>
    [Fact]
    public void OrderAndOtherRecordsNeverMatter()
    {
        string[] others = ["google-site-verification=x", "", "spf2.0/pra -all", "MS=ms1", "v=DMARC1; p=none", "\u00FF\0", "v=spf10 -all"];
        Check.One(Runs, Prop.ForAll(Records, Records, Gen.Shuffle(others).ToArbitrary(), (one, two, shuffled) =>
        {
            string alone = Row(Txt(one));
            bool ignored = Row([Txt(one), .. shuffled.Select(text => Txt(text))]) == alone && Row([.. shuffled.Select(text => Txt(text)), Txt(one)]) == alone;
            return ignored && Row(Txt(one), Txt(two)) == Row(Txt(two), Txt(one)) && Row([Txt(" " + one), .. others.Select(text => Txt(text))])
                == Row([.. shuffled.Select(text => Txt(text)), Txt(" " + one)]);
        }));
    }

    /// <summary>Neither classifier nor evaluator nor explanation throws, whatever the octets; and one and the same answer gives one and the
    /// same row.</summary>
    [Fact]
    public void NothingThrows()
    {
        var octets = ArbMap.Default.ArbFor<byte[]>();
        Check.One(Runs, Prop.ForAll(Records, octets, (text, noise) => Survives(text) && Survives(Encoding.Latin1.GetString(noise))
            && Survives("v=spf1 " + Encoding.Latin1.GetString(noise))));

        static bool Survives(string text)
        {
            var zone = new FakeResolver().Txt("example.com", text).Txt("_spf.example.com", "v=spf1 exists:%{d}.com redirect=example.com");
            var result = SpfLookup.RunAsync("example.com", zone.Query("example.com", DnsRecordType.Txt), zone, SpfEvalLevel.Full, default).AsTask().GetAwaiter().GetResult();
            _ = SpfClassifier.StepsOf(result.Zone!, SpfEvalLevel.Full);
            var client = new SpfClient(IPAddress.Parse("2001:db8::1"), text, text, DateTimeOffset.UnixEpoch);
            _ = SpfLookup.CheckHostAsync("example.com", client, zone, default).AsTask().GetAwaiter().GetResult();
            return Row(SpfClassifier.Classify(result.Zone!, SpfEvalLevel.Full)) == Row(result);
        }
    }

    /// <summary>
    /// A publisher may fill a TXT record to 64 KiB. Reading it costs in proportion to its octets and no more: sixteen times the text is at most
    /// twenty times the memory. Memory stands for work here, since each term is cut out before it is looked at, and bytes hold still where
    /// times do not.
    /// </summary>
    [Theory]
    [InlineData("a ")]
    [InlineData("ip4:1.2.3.4 ")]
    [InlineData("ip6:1::2/128 ")]
    [InlineData("include:%{d}.x ")]
    [InlineData("x=%%%_%- ")]
    [InlineData("%{d}")]
    [InlineData("%")]
    [InlineData("%{d")]
    [InlineData("/1")]
    [InlineData("a:")]
    [InlineData("=")]
    [InlineData(":")]
    [InlineData(" ")]
    [InlineData("\"")]
    [InlineData("\u00FF")]
    [InlineData("redirect=a.b ")]
    [InlineData("a.")]
    [InlineData("%{o}.")]
    public void CostGrowsWithTheText(string piece)
    {
        foreach (string head in new[] { "v=spf1 ", "v=spf1 a:", "v=spf1 x=", "v=spf1 exists:%{", "v=spf" })
        {
            string text = head + string.Concat(Enumerable.Repeat(piece, 0x10000 / piece.Length));
            long small = Cost(Split(text[..4096])), large = Cost(Split(text[..0xF000]));
            Assert.True(large <= 20 * small + 100_000, $"{head}{piece}…: {small} B for 4 KiB, {large} B for 60 KiB");
        }
    }

    /// <summary>As a server must cut it (255 octets to a string), and as a hostile one may: between them as many empty strings again.</summary>
    private static TxtRecord Split(string text)
    {
        var strings = new List<string>();
        for (int i = 0; i < text.Length; i += 255)
        {
            strings.Add(text[i..Math.Min(text.Length, i + 255)]);
            for (int empty = 0; empty < 64; empty++) strings.Add("");
        }
        return Txt([.. strings]);
    }

    private static long Cost(TxtRecord record)
    {
        var answer = Answer(record);
        SpfClassifier.Classify(new SpfZone("example.com", answer), SpfEvalLevel.Full);
        long before = GC.GetAllocatedBytesForCurrentThread();
        SpfClassifier.Classify(new SpfZone("example.com", answer), SpfEvalLevel.Full);
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    /// <summary>A tree made to be walked for ever: fifty records of 64 KiB, each including all. The walk goes over a bounded number of terms.</summary>
    [Fact]
    public async Task HostileTreesAreWalkedInBoundedSteps()
    {
        string all = string.Join(' ', Enumerable.Range(0, 50).Select(i => $"include:i{i}.example"));
        string record = "v=spf1 " + string.Join(' ', Enumerable.Repeat(all, 70));
        var zone = new FakeResolver();
        for (int i = 0; i < 50; i++) zone.Txt($"i{i}.example", record);
        zone.Txt("example.com", record);
        var result = await SpfLookup.RunAsync("example.com", zone.Query("example.com", DnsRecordType.Txt), zone, SpfEvalLevel.Full, TestContext.Current.CancellationToken);
        Assert.Equal(SpfStatus.PermerrorLookupLimit, result.Status);
        int terms = 70 * 50;
        Assert.InRange(SpfClassifier.StepsOf(result.Zone!, SpfEvalLevel.Full).Count, terms, 60 * terms);
    }
}
