using Scanner.Checks.MtaSts;
using Scanner.Dns;
using Scanner.Resolve;
using Scanner.Tests.Write;

namespace Scanner.Tests.Resume;

/// <summary>Which rows are suspect of resting on a lie, and that each comes out once, in order.</summary>
public sealed class HeldRowsTests
{
    private const int UnderWay = 10;
    private const string Liar = "192.0.2.1:53", Other = "192.0.2.2:53";

    private readonly HeldRows _held = new(UnderWay);
    private int _rank;

    [Fact]
    public void Rows_that_were_under_way_when_the_lie_began_are_suspect()
    {
        Add(200, denied: false);
        // Confirmed before the lie, denied below in it: they come before the first name that is denied itself.
        int first = _rank + 1;
        Add(UnderWay, denied: false, milliseconds: 2 * UnderWay);
        Assert.False(_held.IsSuspecting);
        Add(HeldRows.Sample, denied: true);
        Assert.True(_held.IsSuspecting);
        int last = _rank;
        Add(HeldRows.Sample, denied: false);
        Assert.False(_held.IsSuspecting);
        Add(200, denied: false);

        var rows = TakeAll();
        Assert.Equal(Enumerable.Range(1, _rank), rows.Select(row => row.Rank));
        var suspect = rows.Where(row => row.Suspect).Select(row => row.Rank).ToList();
        // All of the lie, and what was asked while the suspicion lasted; not what lies well before and behind.
        Assert.Subset(suspect.ToHashSet(), Enumerable.Range(first, last - first + 1).ToHashSet());
        Assert.Equal(first, suspect.Min());
        Assert.InRange(suspect.Max(), last, last + HeldRows.Sample);
    }

    [Fact]
    public void Rows_are_held_until_enough_have_come_behind_them()
    {
        Add(UnderWay + HeldRows.Sample, denied: false);
        Assert.False(_held.TryTake(all: false, out _, out _, out _));
        Add(1, denied: false);
        Assert.True(_held.TryTake(all: false, out var row, out _, out _));
        Assert.Equal(1, row.Name.Rank);
        Assert.False(_held.TryTake(all: false, out _, out _, out _));
    }

    // A twentieth of a list does not exist, here at its worst; and who is honest is not suspected with the liar.
    [Fact]
    public void Names_that_do_not_exist_and_other_resolvers_are_not_suspect()
    {
        for (int i = 0; i < 20; i++)
        {
            Add(HeldRows.Suspicious - 1, denied: true);
            Add(HeldRows.Sample - HeldRows.Suspicious + 1, denied: false);
        }
        Assert.DoesNotContain(TakeAll(), row => row.Suspect);
        for (int i = 0; i < 50; i++)
        {
            Add(1, denied: true);
            Add(1, denied: false, Other);
        }
        Assert.All(TakeAll(), row => Assert.Equal(row.By == Liar, row.Suspect));
    }

    // The address of a policy's host was asked for by somebody; whom is not kept.
    [Fact]
    public void A_policy_host_that_was_denied_makes_a_row_suspect()
    {
        Add(40, denied: true);
        Add(1, denied: false, Other, row => row.Evidence!.Fetch = new PolicyFetch { FailedStage = MtaStsStage.Dns, Error = MtaStsError.HostNxdomain });
        Add(1, denied: false, Other, row => row.Evidence!.Fetch = new PolicyFetch { FailedStage = MtaStsStage.Tcp, Error = MtaStsError.ConnTimeout });
        Assert.Equal([true, false], TakeAll().TakeLast(2).Select(row => row.Suspect));
    }

    [Fact]
    public void Rows_that_were_not_asked_for_pass()
    {
        _held.Add(Samples.Bare(1), Samples.Time);
        Assert.True(_held.TryTake(all: true, out var row, out var ended, out bool isSuspect));
        Assert.Equal((1, Samples.Time, false), (row.Name.Rank, ended, isSuspect));
    }

    /// <summary>Names one after the other, begun 1 ms apart. Below them nothing exists.</summary>
    private void Add(int count, bool denied, string by = Liar, Action<DomainResult>? change = null, int milliseconds = 5)
    {
        for (int i = 0; i < count; i++)
        {
            var row = Samples.Bare(++_rank) with { ScannedAt = Samples.Time.AddMilliseconds(_rank), Evidence = new NameEvidence() };
            string name = row.Name.Name;
            row.Evidence.Add(DnsAnswer.Without(new DnsQuestion(name, DnsRecordType.Mx), denied ? DnsStatus.Nxdomain : DnsStatus.Nodata) with { Resolver = by }, shared: false);
            row.Evidence.Add(DnsAnswer.Without(new DnsQuestion($"_dmarc.{name}", DnsRecordType.Txt), DnsStatus.Nxdomain) with { Resolver = by }, shared: false);
            change?.Invoke(row);
            _held.Add(row, row.ScannedAt.AddMilliseconds(milliseconds));
        }
    }

    private List<(int Rank, bool Suspect, string By)> TakeAll()
    {
        var taken = new List<(int, bool, string)>();
        while (_held.TryTake(all: true, out var row, out _, out bool isSuspect)) taken.Add((row.Name.Rank, isSuspect, row.Evidence!.Own[0].Resolver!));
        return taken;
    }
}
