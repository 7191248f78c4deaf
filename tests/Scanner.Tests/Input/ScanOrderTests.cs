using System.Text;
using Scanner.Input;

namespace Scanner.Tests.Input;

public sealed class ScanOrderTests : IDisposable
{
    private const int Names = 40_000;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Every_name_once_in_an_order_that_the_seed_decides()
    {
        var first = Order(seed: 1);
        Assert.Equal(Enumerable.Range(0, Names), first.Select(name => name.Position));
        Assert.Equal(Enumerable.Range(1, Names), first.Select(name => name.Name.Rank).Order());
        Assert.Equal(first, Order(seed: 1));
        var other = Order(seed: 2);
        Assert.True(first.Zip(other).Count(pair => pair.First.Name.Rank == pair.Second.Name.Rank) < 20, "another seed gives another order");
    }

    [Fact]
    public void Neighbours_of_the_list_are_far_apart_from_the_first_to_the_last()
    {
        var ranks = Order(seed: 3).ConvertAll(name => name.Name.Rank);
        // Of a random order the mean distance of neighbours is a third of the length; each tenth of the scan has names of every tenth of the list.
        double distance = ranks.Zip(ranks.Skip(1)).Average(pair => Math.Abs(pair.First - pair.Second));
        Assert.InRange(distance, Names * 0.32, Names * 0.35);
        for (int tenth = 0; tenth < 10; tenth++)
        {
            var part = ranks.Skip(tenth * Names / 10).Take(Names / 10).GroupBy(rank => (rank - 1) * 10 / Names).ToDictionary(group => group.Key, group => group.Count());
            Assert.All(Enumerable.Range(0, 10), list => Assert.InRange(part.GetValueOrDefault(list), Names / 100 - 100, Names / 100 + 100));
        }
    }

    [Fact]
    public void A_sample_with_the_same_seed_is_spread_over_all_blocks()
    {
        var ranks = Order(seed: 5, sample: 1_000).ConvertAll(name => name.Name.Rank);
        Assert.Equal(1_000, ranks.Distinct().Count());
        Assert.InRange(ranks.Take(500).Average(), Names * 0.4, Names * 0.6);
    }

    [Fact]
    public void What_is_done_is_left_out_and_the_others_keep_their_positions()
    {
        var all = Order(seed: 1);
        using var source = Source();
        var options = new ListOptions { Source = "-", Seed = 1 };
        using var order = ScanOrder.Build(source, ListSurvey.Read(source, options), options, _folder.Path("order"));
        Assert.Equal(all.Where(name => name.Position % 7 == 0), order.Names(position => position % 7 != 0));
        Assert.Equal(all.Where(name => name.Position > 30_000), order.Names(position => position <= 30_000));
        Assert.Empty(order.Names(_ => true));
    }

    [Fact]
    public void Names_come_back_as_they_were_listed()
    {
        string list = "1,example.com\n2,MÜNCHEN.de\n3,192.0.2.1\n4,co.uk\n5,http://www.Example.org/path\n6,a..b\n" + $"7,{new string('x', 40_000)}.com\n8,{new string('y', 64)}.com\n";
        using var source = ListSource.FromText("list", new MemoryStream(Encoding.UTF8.GetBytes(list)));
        var options = new ListOptions { Source = "-" };
        var survey = ListSurvey.Read(source, options);
        using var order = ScanOrder.Build(source, survey, options, _folder.Path("order"));
        Assert.Equal(ListReader.Read(source, survey, options), order.Names().Select(name => name.Name).OrderBy(name => name.Rank));
    }

    [Fact]
    public void The_spool_goes_with_the_order()
    {
        Order(seed: 1);
        Assert.False(File.Exists(_folder.Path("order")));
    }

    private List<OrderedName> Order(long seed, int? sample = null)
    {
        using var source = Source();
        var options = new ListOptions { Source = "-", Seed = seed, Sample = sample };
        using var order = ScanOrder.Build(source, ListSurvey.Read(source, options), options, _folder.Path("order"));
        return [.. order.Names()];
    }

    private static ListSource Source() =>
        ListSource.FromText("list", new MemoryStream(Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(1, Names).Select(i => $"{i},name{i}.com\n")))));
}
