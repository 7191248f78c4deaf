using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Scanner.Dns.Tests.Transport;
using Scanner.Dns.Wire;

namespace Scanner.Dns.Tests.Wire;

public sealed class WireNameTests
{
    [Theory]
    [InlineData("example.com", "076578616D706C6503636F6D00")]
    [InlineData(".", "00")]
    [InlineData("_25._tcp.MX.example", "035F3235045F746370024D58076578616D706C6500")]
    [InlineData("a\\.b.c", "03612E62016300")]
    [InlineData("a\\\\b", "03615C6200")]
    [InlineData("a\\032b\\255", "04612062FF00")]
    [InlineData("a\\;b", "03613B6200")]
    public void Written(string name, string hex) => Assert.Equal(hex, Convert.ToHexString(Write(name)!));

    [Theory]
    [InlineData("", "no name")]
    [InlineData("a..b", "empty label")]
    [InlineData(".a", "empty first label")]
    [InlineData("a.", "a trailing dot is not our form")]
    [InlineData("a b", "a space without escape")]
    [InlineData("a\u00E9", "not ASCII")]
    [InlineData("a\\", "an escape without anything")]
    [InlineData("a\\25", "an escape of two digits")]
    [InlineData("a\\256", "no octet")]
    [InlineData("a\\2x5", "digits and a letter")]
    [InlineData("a\\ b", "a space behind the escape")]
    public void Not_written(string name, string why) => Assert.True(Write(name) is null, why);

    [Fact]
    public void Lengths_at_the_edge()
    {
        string label = new('a', 63);
        Assert.NotNull(Write(label));
        Assert.Null(Write(label + "a"));
        string longest = $"{label}.{label}.{label}.{new string('b', 61)}";
        Assert.Equal((253, 255), (longest.Length, Write(longest)!.Length));
        Assert.Null(Write(longest + "b"));
        Assert.Null(Write("c." + longest));
        // Escaped octets count once.
        Assert.Equal(65, Write(string.Concat(Enumerable.Repeat("\\001", 63)))!.Length);
    }

    [Theory]
    [InlineData("example.com", "example.com", true, "the same")]
    [InlineData("EXAMPLE.com", "example.com", true, "case")]
    [InlineData("example.com", "eXample.cOm", true, "case of the name asked")]
    [InlineData("example.net", "example.com", false, "another label")]
    [InlineData("example", "example.com", false, "shorter")]
    [InlineData("example.com.org", "example.com", false, "longer")]
    [InlineData("exampl.ecom", "example.com", false, "a dot elsewhere")]
    [InlineData("a@b", "a`b", false, "signs that differ by the letters' bit")]
    [InlineData("[.com", "{.com", false, "more of them")]
    [InlineData("com", ".", false, "not the root")]
    public void Matches(string wire, string name, bool same, string why)
    {
        byte[] octets = [.. DnsMessage.NameOf(wire), 1, 2];
        Assert.True(WireName.Matches(octets, name, out int length) == same, why);
        if (same) Assert.Equal(octets.Length - 2, length);
        Assert.True(WireName.MatchesExactly(octets, name, 0, out _) == (wire == name), why);
    }

    [Fact]
    public void A_dot_inside_a_label_is_no_dot_between_labels()
    {
        byte[] oneLabel = [3, (byte)'a', (byte)'.', (byte)'b', 0];
        Assert.False(WireName.Matches(oneLabel, "a.b", out _));
        Assert.True(WireName.Matches(oneLabel, "a\\.b", out _));
        Assert.True(WireName.Matches(oneLabel, "A\\.b", out _));
        Assert.False(WireName.Matches([1, (byte)'a', 1, (byte)'b', 0], "a\\.b", out _));
    }

    [Fact]
    public void A_name_cut_short_never_matches()
    {
        byte[] octets = DnsMessage.NameOf("www.example.com");
        for (int length = 0; length < octets.Length; length++)
        {
            Assert.False(WireName.Matches(octets.AsSpan(0, length), "www.example.com", out _));
            Assert.False(WireName.Matches(octets.AsSpan(0, length), "www.example\\.com", out _));
        }
    }

    [Fact]
    public void Pointer_backwards()
    {
        // At 0 "com", at 5 "a" and a pointer to it, at 9 a pointer to that, at 11 the root by a pointer.
        byte[] message = [.. DnsMessage.NameOf("com"), 1, (byte)'a', 0xC0, 0, 0xC0, 5, 0xC0, 4];
        foreach (var (start, name, end) in (ReadOnlySpan<(int, string, int)>)[(5, "a.com", 9), (9, "a.com", 11), (11, ".", 13)])
        {
            int at = start;
            Assert.Equal(name, Read(message, ref at));
            Assert.Equal(end, at);
        }
    }

    [Theory]
    [InlineData("C000", "pointer to itself")]
    [InlineData("0161C000", "label and pointer to the label before it")]
    [InlineData("C002C000", "pointer forwards")]
    [InlineData("C0FF", "pointer behind the end")]
    [InlineData("C0", "half a pointer")]
    [InlineData("0361", "label cut short")]
    [InlineData("0161", "no root")]
    [InlineData("", "nothing")]
    [InlineData("4161", "label kind 01")]
    [InlineData("8161", "label kind 10")]
    public void Malformed(string hex, string why)
    {
        int at = 0;
        Assert.True(Read(Convert.FromHexString(hex), ref at) is null, why);
    }

    [Fact]
    public void Pointers_that_lead_to_each_other_end()
    {
        int at = 2;
        Assert.Null(Read([0xC0, 2, 0xC0, 0], ref at)); // 2 -> 0 -> 2
        at = 0;
        Assert.Null(Read([0xC0, 2, 0xC0, 0], ref at));
    }

    [Fact]
    public void Pointers_make_no_name_longer_than_255_octets()
    {
        // Labels of 63, each followed by a pointer to the one before: 63 * 4 + 4 length octets + root is 257.
        var message = new List<byte> { 0 };
        int previous = 0;
        int[] starts = new int[4];
        for (int i = 0; i < 4; i++)
        {
            starts[i] = message.Count;
            message.Add(63);
            message.AddRange(Enumerable.Repeat((byte)'x', 63));
            message.AddRange([(byte)(0xC0 | previous >> 8), (byte)previous]);
            previous = starts[i];
        }
        int at = starts[2];
        Assert.Equal(3 * 64 - 1, Read([.. message], ref at)!.Length);
        at = starts[3];
        Assert.Null(Read([.. message], ref at));
    }

    [Fact]
    public void Random_labels_come_back_as_they_were()
    {
        var labels = ArbMap.Default.GeneratorFor<byte[]>().Where(l => l.Length is > 0 and < 64).ListOf().Where(l => l.Count > 0 && l.Sum(x => x.Length + 1) < 255);
        Prop.ForAll(labels.ToArbitrary(), list =>
        {
            byte[] wire = [.. list.SelectMany(l => (byte[])[(byte)l.Length, .. l]), 0];
            int at = 0;
            string text = Read(wire, ref at)!;
            byte[] back = Write(text)!;
            // Letters come back small.
            return at == wire.Length && WireName.Matches(wire, text, out int length) && length == wire.Length
                && Encoding.Latin1.GetString(back).Equals(Encoding.Latin1.GetString(wire), StringComparison.OrdinalIgnoreCase);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    private static byte[]? Write(string name)
    {
        Span<byte> to = stackalloc byte[WireName.MaxLength];
        return WireName.TryWrite(name, to, out int length) ? to[..length].ToArray() : null;
    }

    private static string? Read(byte[] message, ref int at)
    {
        Span<char> text = stackalloc char[WireName.MaxPresentation];
        int skipped = at;
        bool can = WireName.TryRead(message, ref at, text, out int length);
        Assert.Equal(can, WireName.TryRead(message, ref skipped, [], out _));
        if (can) Assert.Equal(at, skipped);
        return can ? text[..length].ToString() : null;
    }
}
