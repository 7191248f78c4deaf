using System.Globalization;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Scanner.Dns.Transport;

namespace Scanner.Dns.Tests.Transport;

public sealed class TxtOctetsTests
{
    /// <summary>What DnsClient 1.8.0 makes of a string; the contract suite proves it against the real one.</summary>
    private static (string Escaped, string Text) Texts(byte[] octets) =>
        (string.Concat(octets.Select(b => b is < 32 or > 126 ? string.Create(CultureInfo.InvariantCulture, $"\\{b:000}") : b == '"' ? "\\\"" : ((char)b).ToString())),
            Encoding.UTF8.GetString(octets));

    /// <summary>Octets that meet often where the two texts are hard to read: lead and continuation octets, backslashes, digits, quotes.</summary>
    private static readonly Gen<byte[]> Hard = Gen.Elements<byte>(0xE2, 0x82, 0xC3, 0xF0, 0x9F, 0xFF, (byte)'\\', (byte)'1', (byte)'3', (byte)'0', (byte)'2', (byte)'"', 9, (byte)'a').ArrayOf();

    [Fact]
    public void Random_octets_come_back_or_are_refused()
    {
        Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), ExactOrRefused).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
        Prop.ForAll(Hard.ToArbitrary(), ExactOrRefused).Check(Config.QuickThrowOnFailure.WithMaxTest(5000));

        static bool ExactOrRefused(byte[] octets)
        {
            var (escaped, text) = Texts(octets);
            return TxtOctets.Recover(escaped, text) is not { } recovered || recovered.SequenceEqual(octets);
        }
    }

    [Fact]
    public void Two_strings_with_the_same_texts_are_refused()
    {
        byte[] first = [0xE2, 0x82, .. @"\130"u8, 0xE2, .. @"\226"u8, 0x82];
        byte[] second = [0xE2, .. @"\130"u8, 0x82, .. @"\226"u8, 0xE2, 0x82];
        Assert.Equal(Texts(first), Texts(second));
        var (escaped, text) = Texts(first);
        Assert.Null(TxtOctets.Recover(escaped, text));
    }

    [Fact]
    public void Refusing_takes_more_than_a_broken_sequence_and_a_backslash()
    {
        foreach (byte[] octets in (byte[][])[[0xE9, .. @"\009 \; \200 \\"u8], [.. @"\130\130"u8, 0x82, 0x82], [0xE2, 0x82, .. @"\130"u8]])
        {
            var (escaped, text) = Texts(octets);
            Assert.Equal(Convert.ToHexString(octets), Convert.ToHexString(TxtOctets.Recover(escaped, text)!));
        }
    }

    [Fact]
    public void The_worst_string_takes_no_time()
    {
        byte[] octets = [.. Enumerable.Range(0, 50).SelectMany(i => (byte[])[0xE2, .. @"\130"u8])];
        var (escaped, text) = Texts(octets);
        var recovered = TxtOctets.Recover(escaped, text);
        Assert.True(recovered is null || recovered.SequenceEqual(octets));
    }
}
