using System.Text;
using Scanner.Write;

namespace Scanner.Tests.Write;

public sealed class RecordLogTests : IDisposable
{
    private readonly TestFolder _folder = new();

    private string Log => _folder["a.log"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Cut_at_any_octet_it_gives_the_records_before_the_cut_and_goes_on_behind_them()
    {
        string[] records = ["one", "", new('x', 300), "four"];
        Write(records);
        byte[] whole = File.ReadAllBytes(Log);
        for (int cut = 0; cut <= whole.Length; cut++)
        {
            File.WriteAllBytes(Log, whole[..cut]);
            var extent = new RecordLog.Extent();
            var read = Read(extent);
            Assert.Equal(records.Take(read.Count), read);
            Assert.Equal(cut, extent.Whole + extent.Torn);
            if (cut == whole.Length) Assert.Equal(records.Length, read.Count);

            using (var log = RecordLog.Open(RunFiles.Real, Log, extent.Whole)) log.Append("next"u8);
            Assert.Equal([.. read, "next"], Read(new()));
        }
    }

    [Fact]
    public void A_flipped_bit_ends_the_log_there_and_never_gives_a_wrong_record()
    {
        string[] records = ["one", "two", "three"];
        Write(records);
        byte[] whole = File.ReadAllBytes(Log);
        for (int at = 0; at < whole.Length; at++)
        {
            byte[] flipped = [.. whole];
            flipped[at] ^= (byte)(1 << (at % 8));
            File.WriteAllBytes(Log, flipped);
            var read = Read(new());
            Assert.True(read.Count < records.Length, $"octet {at}");
            Assert.Equal(records.Take(read.Count), read);
        }
    }

    [Fact]
    public void A_log_that_is_not_there_has_no_records() => Assert.Empty(RecordLog.Read(Log));

    [Fact]
    public void Positions_come_back_from_their_text()
    {
        var random = new Random(4);
        for (int round = 0; round < 200; round++)
        {
            int[] positions = [.. Enumerable.Range(0, random.Next(300)).Select(_ => random.Next(1 << random.Next(1, 31))).Distinct()];
            int[] given = [.. positions];
            Assert.Equal(positions.Order(), PositionSet.Decode(PositionSet.Encode(given)));
        }
        Assert.Equal([0, int.MaxValue - 1], PositionSet.Decode(PositionSet.Encode([int.MaxValue - 1, 0])));
        Assert.Throws<FormatException>(() => PositionSet.Decode("AAAA"));
        Assert.Throws<FormatException>(() => PositionSet.Decode("gICA"));
        Assert.Throws<FormatException>(() => PositionSet.Decode("no base64!"));
    }

    [Fact]
    public void A_set_counts_each_position_once()
    {
        var set = new PositionSet(130);
        foreach (int position in (int[])[0, 63, 64, 129]) Assert.True(set.Add(position));
        Assert.False(set.Add(64));
        Assert.Equal(4, set.Count);
        Assert.Equal([0, 63, 64, 129], Enumerable.Range(0, 130).Where(set.Contains));
        Assert.Throws<ArgumentOutOfRangeException>(() => set.Add(130));
    }

    private void Write(string[] records)
    {
        using var log = RecordLog.Open(RunFiles.Real, Log, 0);
        foreach (string record in records) log.Append(Encoding.UTF8.GetBytes(record));
        log.Sync();
    }

    private List<string> Read(RecordLog.Extent extent) => [.. RecordLog.Read(Log, extent).Select(Encoding.UTF8.GetString)];
}
