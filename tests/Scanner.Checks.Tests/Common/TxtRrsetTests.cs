using Scanner.Dns;

namespace Scanner.Checks.Tests.Common;

public class TxtRrsetTests
{
    private static IReadOnlyList<string> Texts(params string[][] records) => TxtRrset.Texts(new DnsAnswer
    {
        Question = new DnsQuestion("example.com", DnsRecordType.Txt),
        Status = DnsStatus.Ok,
        Records = [.. records.Select(r => TxtRecord.FromText("example.com", 60, r))],
    });

    [Fact]
    public void Strings_join_with_nothing_between_and_the_order_stays() => Assert.Equal(["b", "ac"], Texts(["b"], ["a", "", "c"]));

    [Fact]
    public void Identical_records_collapse() => Assert.Equal(["a", "bc"], Texts(["a"], ["b", "c"], ["a"], ["b", "c"]));

    [Fact]
    public void The_same_text_split_differently_is_another_record() => Assert.Equal(["ab", "ab", "ab"], Texts(["ab"], ["a", "b"], ["", "ab"]));

    [Fact]
    public void Nothing_comes_of_nothing() => Assert.Empty(Texts());
}
