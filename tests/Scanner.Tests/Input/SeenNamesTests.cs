using Scanner.Input;

namespace Scanner.Tests.Input;

public class SeenNamesTests
{
    [Fact]
    public void HoldsWhatADictionaryHoldsAlsoAfterGrowing()
    {
        var random = new Random(7);
        var seen = new SeenNames(capacity: 4);
        var expected = new Dictionary<UInt128, (int Rank, int Line)>();
        for (int line = 1; line <= 20_000; line++)
        {
            // Few low bits, so that the slots collide.
            var hash = new UInt128((ulong)random.Next(5000), (ulong)random.Next(4));
            int rank = random.Next(1, 1000);
            bool isNew = !expected.TryGetValue(hash, out var best);
            if (isNew || rank < best.Rank) expected[hash] = (rank, line);
            Assert.Equal(isNew, seen.Add(hash, rank, line, SeenNames.Mark.None));
        }

        Assert.Equal(expected.Count, seen.Count);
        Assert.Equal(expected.OrderBy(e => e.Key).Select(e => (e.Key, e.Value.Rank, e.Value.Line)),
            seen.Entries().OrderBy(e => e.Hash).Select(e => (e.Hash, e.Rank, e.Line)));
    }
}
