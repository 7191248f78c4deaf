using System.Text;
using Scanner.Checks.Names;
using Scanner.Input;
using Scanner.TestSupport;

namespace Scanner.Tests.Input;

public class RankedListReaderTests
{
    private const string MajesticHeader =
        "GlobalRank,TldRank,Domain,TLD,RefSubNets,RefIPs,IDN_Domain,IDN_TLD,PrevGlobalRank,PrevTldRank,PrevRefSubNets,PrevRefIPs\n";

    // Expected: "rank name" for a good line, "line N: part of the reason" for a bad one.
    [Theory]
    [InlineData("1,example.com\n2,example.net\n", ListFormat.RankAndName, "1 example.com", "2 example.net")]
    [InlineData("1,example.com\r\n2,example.net\r\n", ListFormat.RankAndName, "1 example.com", "2 example.net")]
    [InlineData("1,example.com\r2,example.net", ListFormat.RankAndName, "1 example.com", "2 example.net")]
    [InlineData("\uFEFF1,example.com\n2,example.net", ListFormat.RankAndName, "1 example.com", "2 example.net")]
    [InlineData("\"1\",\"example.com\"\n\"2\",\"example.net\"\n", ListFormat.RankAndName, "1 example.com", "2 example.net")]
    [InlineData("# made today\n\n10,b.com\n  \n5,a.com\n", ListFormat.RankAndName, "10 b.com", "5 a.com")]
    [InlineData("example.com\nexample.net\n", ListFormat.NamePerLine, "1 example.com", "2 example.net")]
    [InlineData("example.com\nno name\nexample.net\n", ListFormat.NamePerLine, "1 example.com", "line 2: blank", "2 example.net")]
    [InlineData("example.com", ListFormat.NamePerLine, "1 example.com")]
    [InlineData("com\nmuseum\n", ListFormat.NamePerLine, "1 com", "2 museum")]
    [InlineData("domain\nexample.com\n", ListFormat.NamedColumns, "1 example.com")]
    [InlineData("\"Rank\",\"Domain\",\"Open Page Rank\"\n\"3\",\"example.com\",\"10\"\n", ListFormat.NamedColumns, "3 example.com")]
    [InlineData("TLD,Domain,x,GlobalRank\ncom,example.com,,7\n", ListFormat.MajesticMillion, "7 example.com")]
    [InlineData("\uFEFF globalrank , DOMAIN \n7,example.com\n", ListFormat.MajesticMillion, "7 example.com")]
    [InlineData("# c\nGlobalRank,Domain\n7,example.com\n", ListFormat.MajesticMillion, "7 example.com")]
    [InlineData("GlobalRank,Domain\n7\n8,example.com,more\n", ListFormat.MajesticMillion, "line 2: only 1 of the fields", "8 example.com")]
    [InlineData("1,a.com\n0,b.com\n-3,c.com\n99999999999,d.com\nx,e.com\n,f.com\n6,\n7,g.com\n", ListFormat.RankAndName,
        "1 a.com", "line 2: rank", "line 3: rank", "line 4: rank", "line 5: rank", "line 6: rank", "line 7: no name", "7 g.com")]
    [InlineData("1,a.com\n2,b.com,x\n3\n4,d.com\n", ListFormat.RankAndName, "1 a.com", "line 2: 3 fields", "line 3: 1 fields", "4 d.com")]
    [InlineData("a.com\n\"b.com\"\nc.com,9\n", ListFormat.NamePerLine, "1 a.com", "2 b.com", "line 3: 2 fields")]
    // A Majestic list that lost its header: its second column is no name.
    [InlineData("1,1,google.com,com\n2,2,facebook.com,com\n", ListFormat.NamePerLine, "line 1: 4 fields", "line 2: 4 fields")]
    public void Formats(string text, ListFormat format, params string[] expected)
    {
        var reader = Open(Encoding.UTF8.GetBytes(text), out var records);

        Assert.Equal(format, reader.Format);
        Assert.Equal(expected.Length, records.Count);
        Assert.All(expected.Zip(records), pair => AssertRecord(pair.First, pair.Second));
    }

    // The library reads an open quote on to the next quote, over line ends. Here it costs its own line and nothing else.
    [Theory]
    [InlineData("2,\"example.net")]
    [InlineData("2,\"exam\"ple.net")]
    [InlineData("2,example.net\"")]
    [InlineData("\"2,example.net")]
    [InlineData("2,exa\"mple.net")]
    [InlineData("2,\"\"\"example.net")]
    [InlineData("\"")]
    [InlineData("2,x\"y,\"")]
    [InlineData("\"\"2\",\"a.com\"")]
    public void AStrayQuoteCostsItsOwnLine(string badLine)
    {
        string before = "1,first.com\n";
        string after = string.Concat(Enumerable.Range(3, 2000).Select(i => $"{i},name{i}.com\n"));

        _ = Open(Encoding.UTF8.GetBytes(before + badLine + "\n" + after), out var records);

        Assert.Equal(2002, records.Count);
        Assert.Equal([2], records.Where(r => r.Problem is not null).Select(r => r.Line));
        Assert.Equal("name2002.com", records[^1].Input);
        Assert.Equal(2002, records[^1].Rank);
    }

    [Fact]
    public void AStrayQuoteInTheFirstLinesDoesNotHideTheHeader()
    {
        _ = Open("\"\nGlobalRank,Domain\n1,a.com\n"u8.ToArray(), out var records);

        Assert.Equal(["line 1", "1 a.com"], records.Select(r => r.Problem is null ? $"{r.Rank} {r.Input}" : $"line {r.Line}"));
    }

    // Any junk between good lines: every line that is not blank is given out once, and the good ones keep what they say.
    [Fact]
    public void NoLineIsLostWhateverTheOthersHold()
    {
        var random = new Random(20260101);
        for (int round = 0; round < 500; round++)
        {
            var lines = new List<string>();
            int good = random.Next(3, 20);
            for (int i = 1; i <= good; i++)
            {
                lines.Add($"{i},good{i}.com");
                if (random.Next(2) == 0) lines.Add(new string(random.GetItems("\",a1. ü\u0001;".AsSpan(), random.Next(8))));
            }

            _ = Open(Encoding.UTF8.GetBytes(string.Join('\n', lines)), out var records);

            string text = string.Join(" | ", lines);
            Assert.True(records.Count == lines.Count(l => !string.IsNullOrWhiteSpace(l)), text);
            Assert.True(Enumerable.Range(1, good).All(i => records.Any(r => r.Rank == i && r.Input == $"good{i}.com")), text);
        }
    }

    [Fact]
    public void ALineThatIsNotUtf8IsOneBadLine()
    {
        byte[] text = [.. "1,a.com\n2,m"u8, 0xFC, .. "nchen.de\n3,b.com\n"u8];

        _ = Open(text, out var records);

        Assert.Equal([null, "the line is not UTF-8", null], records.Select(r => r.Problem));
        Assert.Equal(2, records[1].Line);
    }

    [Theory]
    [InlineData(65_536)]
    [InlineData(70_000)]
    [InlineData(131_072)]
    [InlineData(1_000_000)]
    public void AVeryLongLineIsOneBadLine(int length)
    {
        string text = $"a.com\n{new string('x', length)}y\nb.com\n";

        _ = Open(Encoding.UTF8.GetBytes(text), out var records);

        Assert.Equal(["a.com", "", "b.com"], records.Select(r => r.Input));
        Assert.Equal("the line is longer than 64 KiB", records[1].Problem);
    }

    [Fact]
    public void AVeryLongLineAtTheEndIsOneBadLine()
    {
        var reader = Open(Encoding.UTF8.GetBytes($"a.com\n{new string('x', 300_000)}"), out var records);

        Assert.Equal(2, records.Count);
        Assert.NotNull(records[1].Problem);
        Assert.Equal(2, reader.LinesRead);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    public void TheSizeOfTheReadsDoesNotMatter(int size)
    {
        const string text = "1,a.com\r\n2,münchen.de\r\n\r\n3,c.com\r\n";

        var reader = new RankedListReader(new SmallReads(Encoding.UTF8.GetBytes(text), size), "test");

        Assert.Equal([("a.com", 1), ("xn--mnchen-3ya.de", 2), ("c.com", 4)], All(reader).Select(r => (r.Name.Name, r.Line)));
        Assert.Equal(4, reader.LinesRead);
        Assert.Equal(1, reader.LinesSkipped);
    }

    [Fact]
    public void TheInputIsKeptAsItStands()
    {
        _ = Open("1, HTTPS://Example.COM/x \n"u8.ToArray(), out var records);

        Assert.Equal(" HTTPS://Example.COM/x ", records[0].Input);
        Assert.Equal("example.com", records[0].Name.Name);
    }

    [Fact]
    public void ARowOfTheMajesticMillion()
    {
        _ = Open(Encoding.UTF8.GetBytes(MajesticHeader + "1,1,google.com,com,501331,2221793,google.com,com,1,1,500101,2219952\n"), out var records);

        Assert.Equal(new ListRecord(2, 1, "google.com", new NormalisedName(NameForm.Name, "google.com", null), null), Assert.Single(records));
    }

    [Fact]
    public void TheHeadOfTheRealMajesticMillion()
    {
        string? path = SharedVectors.Find("lists/majestic-head-15000.csv");
        if (path is null) Assert.Skip(SharedVectors.Missing("lists/majestic-head-15000.csv"));

        var (survey, names) = ListFiles.ReadBoth(new ListOptions { Source = path });

        Assert.Equal(ListFormat.MajesticMillion, survey.Format);
        // Ranks 114 and 10,468 both say ".com" in this file: one name, listed twice, and the better rank has the row.
        Assert.Equal((15_001, 1, 0, 1), (survey.LinesRead, survey.LinesSkipped, survey.InvalidLines, survey.DuplicateLines));
        Assert.Equal(Enumerable.Range(1, 15_000).Where(rank => rank != 10_468), names.Select(n => n.Rank));
        Assert.Equal("google.com", names[0].Name);
        // An empty label: no name that DNS can hold.
        Assert.Equal(["114 .com InvalidName", "526 .at InvalidName", "6418 .fm InvalidName"],
            names.Where(n => !n.IsQueryable).Select(n => $"{n.Rank} {n.Name} {n.Class}"));
        Assert.Equal(3, survey.SelectedUnqueryable);
    }

    private static RankedListReader Open(byte[] text, out List<ListRecord> records)
    {
        var reader = new RankedListReader(new MemoryStream(text), "test");
        records = All(reader);
        return reader;
    }

    private static List<ListRecord> All(RankedListReader reader)
    {
        var records = new List<ListRecord>();
        while (reader.Read(out var record)) records.Add(record);
        return records;
    }

    private static void AssertRecord(string expected, ListRecord record)
    {
        if (!expected.StartsWith("line ", StringComparison.Ordinal))
        {
            Assert.Equal(expected, $"{record.Rank} {record.Name.Name}");
            Assert.Null(record.Problem);
            return;
        }
        string[] parts = expected["line ".Length..].Split(": ");
        Assert.Equal(parts[0], $"{record.Line}");
        Assert.Contains(parts[1], record.Problem, StringComparison.Ordinal);
    }

    /// <summary>Gives a few octets at a time, as a pipe may.</summary>
    private sealed class SmallReads(byte[] octets, int size) : MemoryStream(octets)
    {
        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, size));
    }
}
