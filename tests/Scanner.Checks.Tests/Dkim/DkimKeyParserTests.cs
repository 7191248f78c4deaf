using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Scanner.Checks.Dkim;

namespace Scanner.Checks.Tests.Dkim;

public class DkimKeyParserTests
{
    // Keys made for these tests; nobody signs with them.
    internal const string Rsa512 = "MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAMaY14RvLVi4fNGqdPSeKhj/XvXyU4aK3L1gYCsUMnnR0ZUZ2fP8Fnwg2aB1v6cTjFEmz3ME7+F9unRHKZNZ/48CAwEAAQ==";
    internal const string Rsa1024 = "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCkP+kmEhkFPH7oHH1W+9nwC706z6PisYX0b/GxMcDlMfXo5xbb2/MTonvuoERdScOTqsqS9V2gX2XcMkJXZCA8w0ijD96mKxh0xUVXnzPf1s4SDi+HSLLklHyQYnSrTzbQMKJgLTKHQD4U27s+8tux7vduCftFx0aiAENgQj7YSwIDAQAB";
    internal const string Rsa2048 = "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAzneFIbqgW022Jqwi+Wwfv3OpNSObjVKBFTCGw+UXjyqGZY4CBgmQjVXk7MxKuRTAkjyZxk1chq0x/nEw1p4GgN1DjRyAe7ksLK7ClPSs1bEEWLRu6M6MxhPXz+WZpX5ufBF5x3mz5xceTCGkP5KO0Srco7YOksOREd/lO3vUsrQ/2atGuVEmZgMsZMIQ0tsqQG3DHSymUwUIPN/tM7t0esukPBh3He/JiBiu+NEVvnxCE+1NgXM/24VmVLXOr8TXLKZyTVjf/aa8xpO1HUOVwiKVF7+oZeISyG7cBFlR1OkOCWqe3EYvpCwubicgOOk/mtEYcXXNMkytQB6GqhAf5QIDAQAB";
    internal const string Ed25519 = "lzR5D97kEQxI9yTQLk+hqCbKgCmf0fBiIef3bgVTRGo=";

    /// <summary>RSAPublicKey without SubjectPublicKeyInfo around it, modulus of 1024 bits.</summary>
    private static readonly string s_bareRsa1024 = BareRsa();

    [Theory]
    [InlineData("v=DKIM1; k=rsa; p=" + Rsa2048, "valid", 2048, "RFC 6376 §3.6.1, the usual form")]
    [InlineData("p=" + Rsa1024, "valid", 1024, "v and k have defaults; a search for v=DKIM1 would lose this key")]
    [InlineData("k=rsa;t=s;p=" + Rsa1024 + ";", "valid", 1024, "one semicolon may close the list (§3.2)")]
    [InlineData("v=DKIM1; p=" + Rsa512, "weak", 512, "RFC 8301 §3.2")]
    [InlineData("v=DKIM1; t=y; p=" + Rsa1024, "testing", 1024, "t=y")]
    [InlineData("v=DKIM1; t=s : y; p=" + Rsa1024, "testing", 1024, "flags are a colon list with blanks (§3.6.1)")]
    [InlineData("v=DKIM1; t=y; p=" + Rsa512, "weak", 512, "a weak key is weak in test too")]
    [InlineData("v=DKIM1; p=", "revoked", null, "§3.6.1: empty means revoked")]
    [InlineData("v=DKIM1; p= ", "revoked", null, "blanks are no key")]
    [InlineData("v=DKIM1; k=ed25519; p=" + Ed25519, "valid", 256, "RFC 8463 §4")]
    [InlineData("v=DKIM1; k=ed25519; p=" + Rsa1024, "malformed", null, "not 32 octets")]
    [InlineData("v=DKIM1; k=rsa; p=" + Ed25519, "malformed", null, "32 octets are no RSA key")]
    [InlineData("v=DKIM1; k=dsa; p=" + Rsa1024, "malformed", null, "§3.6.1: unrecognised key types are ignored")]
    [InlineData("v=DKIM1; k=rsa", "malformed", null, "p is required")]
    [InlineData("v=DKIM1; p=!!", "malformed", null, "no base64")]
    [InlineData("v=DKIM1; p=" + Rsa1024 + "; p=", "malformed", null, "§3.2: duplicate tags void the list")]
    [InlineData("k=rsa; v=DKIM1; p=" + Rsa1024, "malformed", null, "§3.6.1: v comes first if it is there")]
    [InlineData("v=DKIM1;; p=" + Rsa1024, "malformed", null, "an empty tag in the middle (§3.2)")]
    [InlineData("v=DKIM1; junk; p=" + Rsa1024, "malformed", null, "a tag without =")]
    [InlineData("v=DKIM1; p=AAAA", "malformed", null, "base64 of no key")]
    [InlineData("v=DKIM1; p=MAA=", "malformed", null, "an empty sequence")]
    [InlineData("v=DKIM1; p=MAYCAQACAQM=", "malformed", null, "a modulus of zero is none")]
    [InlineData("v=DKIM1; p=MAMCASM=", "malformed", null, "a modulus without exponent")]
    [InlineData("v=DKIM1; =x; p=" + Rsa1024, "malformed", null, "a tag without name")]
    [InlineData("v=DKIM1; 1x=; p=" + Rsa1024, "malformed", null, "§3.2: a tag name begins with a letter")]
    [InlineData("v=DKIM1; x-y=; p=" + Rsa1024, "malformed", null, "§3.2: ALNUMPUNC is letters, digits and the underscore")]
    [InlineData("v=DKIM1; x_1=y; p=" + Rsa1024, "valid", 1024, "§3.2: ALNUMPUNC; unknown tags are ignored")]
    [InlineData("x; v=DKIM1; p=" + Rsa1024, "malformed", null, "junk in front, and v is not first")]
    [InlineData("v=DKIM1; t=yy; p=" + Rsa1024, "valid", 1024, "another flag")]
    public void Keys(string text, string state, int? bits, string why)
    {
        DkimKeyParser.Parse(text, out var record);
        Assert.True(record?.State.Word() == state && record.Bits == bits, $"{why}: {record}");
        Assert.Equal(state == "malformed" ? RecordMatch.Malformed : RecordMatch.Valid, DkimKeyParser.Parse(text, out _));
    }

    [Theory]
    [InlineData("v=spf1 -all")]
    [InlineData("v=DMARC1; p=none")]
    [InlineData("v=DKIM2; p=abc")]
    [InlineData("v=dkim1; p=abc")] // exactly DKIM1
    [InlineData("o=~; r=a@example.com")] // an old DomainKeys policy
    [InlineData("google-site-verification=abc")]
    [InlineData("")]
    public void NotAKey(string text)
    {
        Assert.Equal(RecordMatch.NotThisType, DkimKeyParser.Parse(text, out var record));
        Assert.Null(record);
    }

    // RFC 6376 §3.6.1 says RSAPublicKey, its example and erratum 3017 say SubjectPublicKeyInfo; verifiers take both.
    [Fact]
    public void BothFormsOfAnRsaKey()
    {
        DkimKeyParser.Parse("p=" + s_bareRsa1024, out var record);
        Assert.Equal((DkimKeyState.Valid, 1024), (record!.State, record.Bits!.Value));
    }

    // RFC 6376 §3.2 base64string: white space inside means nothing.
    [Fact]
    public void FoldedBase64()
    {
        DkimKeyParser.Parse("v=DKIM1; p=" + string.Join(" \t\r\n ", Rsa1024.Chunk(30).Select(c => new string(c))), out var record);
        Assert.Equal(DkimKeyState.Valid, record!.State);
    }

    [Fact]
    public void NeverThrows() => Prop.ForAll<byte[], byte[]>((head, key) =>
    {
        DkimKeyParser.Parse(Encoding.Latin1.GetString(head), out _);
        DkimKeyParser.Parse("v=DKIM1; p=" + Encoding.Latin1.GetString(head), out _);
        DkimKeyParser.Parse("v=DKIM1; k=rsa; p=" + Convert.ToBase64String(key), out _);
        // Real keys with an octet changed: the reader of ASN.1 must survive every length and tag.
        byte[] broken = Convert.FromBase64String(Rsa1024);
        for (int i = 0; i < key.Length && i < broken.Length; i++) broken[i] ^= key[i];
        DkimKeyParser.Parse("p=" + Convert.ToBase64String(broken), out _);
        return true;
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void EveryPrefixOfAKeyIsReadOrRefused()
    {
        byte[] key = Convert.FromBase64String(Rsa1024);
        for (int length = 1; length < key.Length; length++)
        {
            DkimKeyParser.Parse("p=" + Convert.ToBase64String(key.AsSpan(0, length)), out var record);
            Assert.Equal(DkimKeyState.Malformed, record!.State);
        }
    }

    private static string BareRsa()
    {
        var writer = new System.Formats.Asn1.AsnWriter(System.Formats.Asn1.AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            byte[] modulus = new byte[128];
            Array.Fill(modulus, (byte)0xC1);
            writer.WriteIntegerUnsigned(modulus);
            writer.WriteInteger(65537);
        }
        return Convert.ToBase64String(writer.Encode());
    }
}
