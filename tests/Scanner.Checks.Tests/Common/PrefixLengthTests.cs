using Scanner.Checks.Bimi;
using Scanner.Checks.Dane;
using Scanner.Checks.Dkim;
using Scanner.Checks.Dmarc;
using Scanner.Checks.TlsRpt;
using Scanner.Dns;

namespace Scanner.Checks.Tests.Common;

/// <summary>classification.md 2.1 point 4: the longest name below which each service record can still exist (RFC 1035 §2.3.4).</summary>
public class PrefixLengthTests
{
    [Theory]
    [InlineData(DmarcLookup.Label, 246)]
    [InlineData("_mta-sts", 244)]
    [InlineData("mta-sts", 245)]
    [InlineData(TlsRptClassifier.Labels, 242)]
    [InlineData(BimiLookup.Labels, 239)]
    [InlineData(DkimLookup.Label, 242)]
    [InlineData(DaneLookup.Labels, 244)]
    public void LongestName(string labels, int longest)
    {
        Assert.True(DomainName.TryPrefix(labels, NameOf(longest), out string? owner));
        Assert.Equal(253, owner!.Length);
        Assert.False(DomainName.TryPrefix(labels, NameOf(longest + 1), out _));
    }

    // Such a name cannot exist: absent, and never unknown.
    [Fact]
    public void TooLongIsAbsent() => Assert.Equal(Presence.Absent, DnsStatus.NameTooLong.Presence());

    private static string NameOf(int length) => string.Join('.', Enumerable.Repeat(new string('a', 49), 6))[..(length - 2)] + ".b";
}
