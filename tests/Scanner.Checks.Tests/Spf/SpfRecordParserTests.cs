using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Scanner.Checks.Spf;
using Scanner.Dns;

namespace Scanner.Checks.Tests.Spf;

public sealed class SpfRecordParserTests
{
    private static (RecordMatch Match, SpfRecord? Record, SpfSyntaxError? Error) Parse(params string[] strings)
    {
        var match = SpfRecordParser.Parse(TxtRecord.FromText("example.com", 0, strings), out var record, out var error);
        return (match, record, error);
    }

    [Theory]
    [InlineData("foo", "unknown_mechanism", "no such name, RFC 7208 §4.6.2")]
    [InlineData("redirect:x.example", "unknown_mechanism", "':' makes it a mechanism, §6.1")]
    [InlineData("moo.cow/far_out=man:dog/cat", "unknown_mechanism", "'/' before '=', §4.6.1")]
    [InlineData("moo.cow:far_out=man:dog/cat", "unknown_mechanism", "':' before '=', §4.6.1")]
    [InlineData("ipv4:192.0.2.1", "unknown_mechanism", "the name is ip4, §5.6")]
    [InlineData("192.0.2.1", "unknown_mechanism", "an address without ip4:")]
    [InlineData("-", "unknown_mechanism", "a qualifier alone, §4.6.1")]
    [InlineData("--all", "unknown_mechanism", "one qualifier only, §4.6.1")]
    [InlineData("-all,", "unknown_mechanism", "a comma")]
    [InlineData("ip4:192.0.2", "bad_ip4", "parts omitted, §5.6")]
    [InlineData("ip4:192.0.2.256", "bad_ip4", "qnum is at most 255, §5.6")]
    [InlineData("ip4:192.0.2.010", "bad_ip4", "leading zero, §5.6")]
    [InlineData("ip4:0xC0.0.2.1", "bad_ip4", "decimal only, §5.6")]
    [InlineData("ip4:192.0.2.1.1", "bad_ip4", "four parts, §5.6")]
    [InlineData("ip4:192.0.2.1.", "bad_ip4", "no trailing dot, §5.6")]
    [InlineData("ip4:192.0.2.1:25", "bad_ip4", "no port, §5.6")]
    [InlineData("ip4:192.0.2.1,192.0.2.2", "bad_ip4", "one network, §5.6")]
    [InlineData("ip4:mail.example.com", "bad_ip4", "no names, §5.6")]
    [InlineData("ip4::192.0.2.1", "bad_ip4", "two colons")]
    [InlineData("ip6:2001:db8", "bad_ip6", "eight groups without '::', RFC 4291 §2.2")]
    [InlineData("ip6:2001:db8:::1", "bad_ip6", "three colons")]
    [InlineData("ip6::CAFE::BABE", "bad_ip6", "'::' only once; RFC 7208 test suite ip6-bad1")]
    [InlineData("ip6:1::2::3", "bad_ip6", "'::' only once")]
    [InlineData("ip6:1:2:3:4:5:6:7:8:9", "bad_ip6", "nine groups")]
    [InlineData("ip6:1:2:3:4::5:6:7:8", "bad_ip6", "'::' stands for one group or more")]
    [InlineData("ip6:12345::", "bad_ip6", "five hex digits")]
    [InlineData("ip6:fe80::1%eth0", "bad_ip6", "scope id")]
    [InlineData("ip6:192.0.2.1", "bad_ip6", "IPv4 in ip6")]
    [InlineData("ip6:::1.2.3.4:5", "bad_ip6", "the quad comes last")]
    [InlineData("ip4:192.0.2.0/33", "bad_cidr", "0 to 32, §5.6")]
    [InlineData("ip4:192.0.2.0/032", "bad_cidr", "leading zero, §5.6")]
    [InlineData("ip4:192.0.2.0/", "bad_cidr", "no digits")]
    [InlineData("ip4:192.0.2.0/-1", "bad_cidr", "digits only")]
    [InlineData("ip4:192.0.2.0//32", "bad_cidr", "ip4 has no second prefix")]
    [InlineData("ip4:192.0.2.0/255.255.255.0", "bad_cidr", "no net masks")]
    [InlineData("ip6:2001:db8::/129", "bad_cidr", "0 to 128, §5.6")]
    [InlineData("ip6:::1.1.1.1//33", "bad_cidr", "RFC 7208 test suite cidr6-bad")]
    [InlineData("a/33", "bad_cidr", "0 to 32")]
    [InlineData("a//129", "bad_cidr", "0 to 128")]
    [InlineData("a/24/64", "bad_cidr", "RFC 7208 test suite a-dual-cidr-ip4-err")]
    [InlineData("a/", "bad_cidr", "no digits")]
    [InlineData("a/24//", "bad_cidr", "no digits")]
    [InlineData("mx//64/24", "bad_cidr", "the wrong order")]
    [InlineData("a:example.com/2x", "bad_cidr", "a good name, then no number")]
    [InlineData("a/x", "bad_cidr", "no number")]
    [InlineData("a:192.0.2.1", "bad_domain_spec", "toplabel of digits, §7.1")]
    [InlineData("a:localhost", "bad_domain_spec", "no dot, §7.1")]
    [InlineData("a:museum.", "bad_domain_spec", "no dot before toplabel, §7.1")]
    [InlineData("a:example.com..", "bad_domain_spec", "one trailing dot, §7.1")]
    [InlineData("a:example.-com", "bad_domain_spec", "toplabel begins with a hyphen, §7.1")]
    [InlineData("a:example.com-", "bad_domain_spec", "toplabel ends in a hyphen, §7.1")]
    [InlineData("a:example.com:8080", "bad_domain_spec", "no port, §7.1")]
    [InlineData("a:example.co_m", "bad_domain_spec", "underscore in toplabel, §7.1")]
    [InlineData("include:com", "bad_domain_spec", "no dot, §7.1")]
    [InlineData("include:_spf.example.com?all", "bad_domain_spec", "the blank is missing")]
    [InlineData("include:example.com/24", "bad_domain_spec", "include has no prefix, §5.2")]
    [InlineData("exists:mail.example.com/24", "bad_domain_spec", "exists has no prefix, §5.7")]
    [InlineData("exists:%{i}spf", "bad_domain_spec", "text without a dot after the macro, §7.1")]
    [InlineData("exists:%{i}.", "bad_domain_spec", "nothing between dot and end, §7.1")]
    [InlineData("redirect=bogus", "bad_domain_spec", "no dot, §7.1")]
    [InlineData("redirect=-all", "bad_domain_spec", "RFC 7208 test suite redirect-syntax-error")]
    [InlineData("exp=-all", "bad_domain_spec", "RFC 7208 test suite exp-syntax-error")]
    [InlineData("include", "missing_argument", "§5.2")]
    [InlineData("include:", "missing_argument", "§5.2")]
    [InlineData("exists", "missing_argument", "§5.7")]
    [InlineData("exists:", "missing_argument", "§5.7")]
    [InlineData("ip4", "missing_argument", "§5.6")]
    [InlineData("ip4:", "missing_argument", "§5.6")]
    [InlineData("ip4:/24", "missing_argument", "§5.6")]
    [InlineData("ip6/64", "missing_argument", "§5.6")]
    [InlineData("a:", "missing_argument", "§5.3")]
    [InlineData("a:/24", "missing_argument", "§5.3")]
    [InlineData("mx:", "missing_argument", "§5.4")]
    [InlineData("ptr:", "missing_argument", "§5.5")]
    [InlineData("redirect=", "missing_argument", "§6.1")]
    [InlineData("exp=", "missing_argument", "§6.2")]
    [InlineData("-all:foobar", "unexpected_argument", "§5.1")]
    [InlineData("-all/8", "unexpected_argument", "§5.1")]
    [InlineData("ptr/0", "unexpected_argument", "§5.5")]
    [InlineData("exists:%(ir).example.com", "bad_macro", "'%' before '(', §7.3")]
    [InlineData("exists:foo%.sbl.example.com", "bad_macro", "'%' before '.', §7.3")]
    [InlineData("exists:%", "bad_macro", "'%' at the end, §7.3")]
    [InlineData("exists:%{i.example.com", "bad_macro", "no '}', §7.1")]
    [InlineData("exists:%{}.example.com", "bad_macro", "no letter, §7.1")]
    [InlineData("exists:%{x}.example.com", "bad_macro", "no such letter, §7.2")]
    [InlineData("exists:%{s0}.example.com", "bad_macro", "digits are not zero, §7.3")]
    [InlineData("exists:%{s00}.example.com", "bad_macro", "digits are not zero, §7.3")]
    [InlineData("exists:%{dr2}.example.com", "bad_macro", "digits before r, §7.1")]
    [InlineData("exists:%{d:}.example.com", "bad_macro", "':' is no delimiter, §7.1")]
    [InlineData("exp=%{r}.example.com", "bad_macro", "r only in the explanation text, §7.2")]
    [InlineData("a:%{c}.example.com", "bad_macro", "c only in the explanation text, §7.2")]
    [InlineData("foo=%abc", "bad_macro", "a macro-string also here, §4.6.1; test suite unknown-modifier-syntax")]
    [InlineData("redirect=a.example Redirect=b.example", "duplicate_modifier", "§6")]
    [InlineData("exp=a.example -all EXP=a.example", "duplicate_modifier", "§6")]
    [InlineData("=all", "bad_modifier", "no name, §6")]
    [InlineData("1up=foo", "bad_modifier", "begins with a digit, §6")]
    [InlineData("a,b=foo", "bad_modifier", "',' in the name, §6")]
    [InlineData("-=foo", "bad_modifier", "a qualifier and no name")]
    [InlineData("-redirect=a.example", "qualifier_on_modifier", "§4.6.1")]
    [InlineData("?x=y", "qualifier_on_modifier", "§4.6.1")]
    [InlineData("\u00E2\u0080\u0093all", "non_ascii", "EN DASH, §3.1")]
    [InlineData("ip4:192.0.2.1\u00C2\u00A0-all", "non_ascii", "NBSP, §3.1")]
    [InlineData("a\0", "control_char", "NUL; test suite a-null")]
    [InlineData("mx\t-all", "control_char", "TAB is no SP, §4.6.1")]
    [InlineData("-all\n", "control_char", "LF")]
    [InlineData("a:example.com\x7F", "control_char", "DEL")]
    public void Malformed(string terms, string cause, string why)
    {
        Assert.True(Words.TryParse(cause, out SpfSyntaxError expected));
        foreach (string text in new[] { $"v=spf1 {terms}", $"v=spf1 -all {terms}", $"V=spf1  ip4:192.0.2.1  {terms}  ?all" })
        {
            var (match, record, error) = Parse(text);
            Assert.True(match == RecordMatch.Malformed && error == expected, $"{text}: {match}, {error}; {why}");
            Assert.Null(record);
        }
    }

    [Theory]
    [InlineData("v=spf1", "the version alone, §4.5")]
    [InlineData("V=SpF1   ", "*SP at the end, §4.6.1")]
    [InlineData("v=spf1 a:foo:bar/baz.example.com", "macro-literals hold ':' and '/'; test suite a-colon-domain")]
    [InlineData("v=spf1 a:foo.example.xn--zckzah -all", "inner hyphens in toplabel, §7.1")]
    [InlineData("v=spf1 a:a.1-2", "a hyphen and no letter, §7.1")]
    [InlineData("v=spf1 a:.com", "an empty macro-string before domain-end, §7.1")]
    [InlineData("v=spf1 a:mail.example...com", "empty labels are no matter of syntax; test suite invalid-domain-empty-label")]
    [InlineData("v=spf1 a:macro%%percent%_%_space%-url-space.example.com", "test suite macro-mania-in-domain")]
    [InlineData("v=spf1 exists:%%.%{l1r+}.%{d}", "every kind of macro-expand")]
    [InlineData("v=spf1 exists:x%%", "'%%' is a macro-expand, and may end a domain-spec, §7.1")]
    [InlineData("v=spf1 a:%{d}/24//64", "a prefix after a macro")]
    [InlineData("v=spf1 a:%{D2R.-+,/_=}", "upper case, transformers and all delimiters, §7.1")]
    [InlineData("v=spf1 exists:%{d999999999999999999}.x.example", "more digits than an int holds")]
    [InlineData("v=spf1 a/0 a//0 mx/0//0", "prefix 0")]
    [InlineData("v=spf1 ip6::: ip6:::1 ip6:1:: ip6:1:2:3:4:5:6:7:8 ip6:::FFFF:1.2.3.4 ip6:1:2:3:4:5:6:1.2.3.4", "RFC 4291 §2.2")]
    [InlineData("v=spf1 moo.cow-far_out=man:dog/cat", "test suite modifier-charset-good")]
    [InlineData("v=spf1 x= x= all=1 v=spf1", "unknown modifiers: empty, repeated, named like mechanisms, §6")]
    [InlineData("v=spf1 default=+", "test suite default-modifier-obsolete2")]
    [InlineData("v=spf1 exp=a.example redirect=b.example", "one of each, §6")]
    [InlineData("v=spf1 include:a.example.cominclude:b.example.com", "a lost blank that the grammar lets pass")]
    public void Valid(string text, string why)
    {
        var (match, record, error) = Parse(text);
        Assert.True(match == RecordMatch.Valid, $"{error}; {why}");
        Assert.NotNull(record);
        Assert.Null(error);
    }

    [Theory]
    [InlineData("")]
    [InlineData("v=spf")]
    [InlineData("v=spf10")]
    [InlineData("v=spf1;")]
    [InlineData("v=spf1\u00A0-all")]
    [InlineData(" v=spf1")]
    public void NotSpf(string text) => Assert.Equal((RecordMatch.NotThisType, null, null), Parse(text));

    [Theory]
    [InlineData("v=spf1 ip4:192.0.2.1|ip4:192.0.2.2 -all", "split_boundary", "both halves legal")]
    [InlineData("v=spf1 ip4:192.0.2.1 -all|redirect=a.example", "split_boundary", "a mechanism and a modifier")]
    [InlineData("v=spf1 a|mx|ptr -all", "unknown_mechanism", "three terms: no two halves are legal")]
    [InlineData("v=spf1 ip4:192.0.2|.300 -all", "bad_ip4", "the right half is no term")]
    [InlineData("v=spf1 ip4:192.0.2.300| -all", "bad_ip4", "the join is at the end of the term")]
    [InlineData("v=spf1 |foo -all", "unknown_mechanism", "the join is before the term")]
    [InlineData("v=spf1 foo ip4:192.0.2.1|mx", "unknown_mechanism", "the first bad term counts")]
    public void SplitBoundary(string text, string cause, string why)
    {
        var (_, _, error) = Parse(text.Split('|'));
        Assert.True(error?.Word() == cause, $"{error}; {why}");
    }

    [Fact]
    public void ParsedForm()
    {
        var record = Parse("v=spf1 ~A:%{d2}/24//64 mX//48 ?ip4:192.0.2.129/25 -ip6:2001:DB8::1.2.3.4/32 ptr x=1 exists:%{Ir-+}.e.example +all exp=e.%{d} -all").Record!;
        Assert.Equal(
            ["A Softfail %{d2} 24 64", "Mx Pass  32 48", "Ip4 Neutral  32 128", "Ip6 Fail  32 128", "Ptr Pass  32 128",
                "Exists Pass %{Ir-+}.e.example 32 128", "All Pass  32 128", "All Fail  32 128"],
            record.Directives.Select(d => $"{d.Mechanism} {d.Qualifier} {d.Domain} {d.Ip4Prefix} {d.Ip6Prefix}"));
        Assert.Equal(new SpfIp4Network(0xC0000281, 25), record.Directives[2].Ip4);
        Assert.Equal(new SpfIp6Network(new UInt128(0x20010DB8_00000000, 0x01020304), 32), record.Directives[3].Ip6);
        Assert.Equal(new SpfMacro('i', true, null, true, "-+"), record.Directives[5].Domain!.Parts[0].Macro);
        Assert.Equal(".e.example", record.Directives[5].Domain!.Parts[1].Literal);
        Assert.Equal(10, record.Terms.Count);
        Assert.Same(record.Directives[6], record.All);
        Assert.Equal("e.%{d}", record.Exp!.Value.Text);
        Assert.Equal(6, record.BeforeAll.Count);
        Assert.Null(record.FollowedRedirect);
    }

    [Fact]
    public void RandomOctetsNeverThrow()
    {
        var octets = ArbMap.Default.ArbFor<byte[]>();
        // Every other one made of the pieces that the grammar is about.
        string[] pieces = [" ", "a", "mx", "ip4:", "ip6:", "include:", "exists:", "redirect=", "all", ":", "::", "/", "//", "%", "%{", "}", "%%", "d", "r",
            "0", "1", "255", ".", "-", "~", "=", "\t", "\u00FF", "example.com", "2001:db8::"];
        var grammar = Gen.Elements(pieces).ArrayOf().Select(p => "v=spf1 " + string.Concat(p)).ToArbitrary();
        bool Consistent(string text)
        {
            var match = SpfRecordParser.Parse(text, [3, 9, 12], out var record, out var error);
            _ = SpfSelector.NearMissOf(text);
            return (match == RecordMatch.Valid) == (record is not null) && (match == RecordMatch.Malformed) == (error is not null);
        }
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(1000), Prop.ForAll(octets, o => Consistent(Encoding.Latin1.GetString(o))));
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(1000), Prop.ForAll(octets, o => Consistent("v=spf1 " + Encoding.Latin1.GetString(o))));
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(3000), Prop.ForAll(grammar, Consistent));
    }

    /// <summary>RFC 7208 §3.3: strings are joined without blanks, so where they are split means nothing.</summary>
    [Theory]
    [InlineData("v=spf1 ip4:192.0.2.1 include:_spf.example.net a:%{d2}/24//64 redirect=x.example")]
    [InlineData("v=spf1 ip4:192.0.2.1ip4:192.0.2.2 -all")]
    [InlineData("v=spf1 mx a:localhost -all")]
    [InlineData("v=spf1 amx")]
    [InlineData("v=spf10 -all")]
    public void SplittingChangesNothingButTheNameOfTheError(string text)
    {
        var whole = Parse(text);
        for (int i = 0; i <= text.Length; i++)
        {
            var split = Parse(text[..i], text[i..]);
            Assert.Equal(whole.Match, split.Match);
            Assert.Equal(whole.Record?.Terms.Select(t => t.Text), split.Record?.Terms.Select(t => t.Text));
            Assert.True(split.Error == whole.Error || split.Error == SpfSyntaxError.SplitBoundary, $"split at {i}: {split.Error}");
        }
    }

    [Theory]
    [InlineData("v=spf1 a foo bar -all", "foo")]
    [InlineData("v=spf1 -all ip4:1", "ip4:1")]
    [InlineData("v=spf1 -all", null)]
    [InlineData("hello", null)]
    public void TheFirstBadTermIsShown(string text, string? term) => Assert.Equal(term, SpfRecordParser.BadTerm(text));
}
