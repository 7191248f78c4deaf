using FsCheck;
using FsCheck.Fluent;
using Scanner.Checks.Dmarc;
using Scanner.Dns;
using static Scanner.Checks.Tests.Dmarc.DmarcZone;

namespace Scanner.Checks.Tests.Dmarc;

public class DmarcEffectTests
{
    private static DmarcFound Found(string tags, DmarcSource source) => new(source, "example.com", Parse("v=DMARC1; " + tags));

    [Theory]
    [InlineData("p=reject; t=y; pct=0", "quarantine", "quarantine", "each reading has its own step down")]
    [InlineData("p=reject; t=y; pct=100", "quarantine", "reject", "7489 ignores t")]
    [InlineData("p=reject; t=n; pct=0", "reject", "quarantine", "9989 ignores pct")]
    [InlineData("p=quarantine; t=y; pct=50", "none", "quarantine", "a sample keeps its policy")]
    [InlineData("p=none; t=y; pct=0", "none", "none", "nothing is below none")]
    [InlineData("p=reject; pct=bad", "reject", "reject", "not a percentage is 100")]
    [InlineData("p=reject; pct=101", "reject", "reject", "not a percentage is 100")]
    [InlineData("p=bad; t=y; pct=0; rua=mailto:a@b.example", "none", "none", "the rescue is p=none")]
    [InlineData("p=bad; t=y; pct=0", "no_processing", "no_processing", "nothing to lower")]
    [InlineData("p=reject; np=bad; pct=0", "no_processing", "quarantine", "np concerns 9989 only")]
    public void T_and_pct(string tags, string policy9989, string policy7489, string why)
    {
        var found = Found(tags, DmarcSource.Self);
        Assert.True((DmarcEffect.Policy9989(found, Presence.Present).Word(), DmarcEffect.Policy7489(found).Word()) == (policy9989, policy7489), why);
    }

    [Theory]
    [InlineData("p=reject", "reject", "reject", "reject", "reject")]
    [InlineData("p=reject; sp=none", "none", "none", "none", "none")]
    [InlineData("p=none; np=reject", "none", "reject", "unknown", "none")]
    [InlineData("p=reject; sp=quarantine; np=none", "quarantine", "none", "unknown", "quarantine")]
    [InlineData("p=reject; sp=quarantine; np=quarantine", "quarantine", "quarantine", "quarantine", "quarantine")]
    [InlineData("p=reject; sp=none; np=quarantine; t=y", "none", "none", "none", "none")]
    [InlineData("p=reject; np=bad", "no_processing", "no_processing", "no_processing", "reject")]
    public void Inherited(string tags, string exists, string missing, string unknown, string policy7489)
    {
        foreach (var source in new[] { DmarcSource.Org, DmarcSource.Psd })
        {
            var found = Found(tags, source);
            Assert.Equal(exists, DmarcEffect.Policy9989(found, Presence.Present).Word());
            Assert.Equal(missing, DmarcEffect.Policy9989(found, Presence.Absent).Word());
            Assert.Equal(unknown, DmarcEffect.Policy9989(found, Presence.Unknown).Word());
            Assert.Equal(policy7489, DmarcEffect.Policy7489(found).Word());
        }
    }

    [Fact]
    public void Existence_does_not_matter_to_an_own_record() =>
        Assert.Equal(DmarcPolicy.Reject, DmarcEffect.Policy9989(Found("p=reject; sp=none; np=quarantine", DmarcSource.Self), Presence.Unknown));

    // The five flags of classification.md 5.6, in this order: enf_p enf_reject enf_7489 enf_full enf_9989; Y yes, n no.
    [Theory]
    [InlineData("p=none", "self", "nnnnn", "monitoring")]
    [InlineData("p=quarantine", "self", "YnYYY", "quarantine everywhere")]
    [InlineData("p=reject", "self", "YYYYY", "reject everywhere")]
    [InlineData("p=reject; sp=none", "self", "YYYnn", "subdomains excepted")]
    [InlineData("p=reject; sp=quarantine", "self", "YYYYY", "subdomains weaker but not open")]
    [InlineData("p=reject; np=none", "self", "YYYYn", "np is only known to 9989")]
    [InlineData("p=reject; sp=none; np=reject", "self", "YYYnn", "existing subdomains open")]
    [InlineData("p=none; sp=reject; np=reject", "self", "nnnnn", "the name itself open")]
    [InlineData("p=reject; pct=50", "self", "YYnnY", "half of the mail under 7489, all of it under 9989")]
    [InlineData("p=quarantine; pct=0", "self", "YnnnY", "none of the mail under 7489")]
    [InlineData("p=reject; pct=0", "self", "YYnnY", "quarantine is not for 100 percent")]
    [InlineData("p=reject; t=y", "self", "YYYYY", "test mode of reject is quarantine")]
    [InlineData("p=quarantine; t=y", "self", "YnYYn", "test mode of quarantine is none")]
    [InlineData("p=reject; sp=quarantine; t=y", "self", "YYYYn", "test mode opens the subdomains")]
    [InlineData("p=reject; sp=bad", "self", "YYnnn", "p says reject, but the record has no effect")]
    [InlineData("p=reject; sp=bad; rua=mailto:a@b.example", "self", "YYnnn", "p says reject, but the record acts as none")]
    [InlineData("p=reject; np=bad", "self", "YYYYn", "no effect under 9989 only")]
    [InlineData("p=none; p=reject", "self", "nnnnn", "a contradiction says nothing")]
    [InlineData("p=reject; p=none", "self", "nnnnn", "in either order")]
    [InlineData("p=bad", "self", "nnnnn", "no policy")]
    [InlineData("p=reject", "org", "YYYYY", "inherited by fallback")]
    [InlineData("p=none; sp=reject", "org", "YYYnn", "the name is covered, the organization is not at enforcement")]
    [InlineData("p=reject; sp=none", "org", "nnnnn", "the name is excepted")]
    [InlineData("p=reject; sp=quarantine; np=none", "org", "YnYYn", "what does not exist is open")]
    [InlineData("p=reject; sp=bad", "org", "nnnnn", "the tag for the name says nothing")]
    [InlineData("p=none; sp=reject", "psd", "YYYnY", "p of a suffix speaks of the suffix, not of organizational domains below")]
    [InlineData("p=reject; sp=none", "psd", "nnnnn", "the names below are excepted")]
    [InlineData("p=reject", "psd", "YYYYY", "by fallback")]
    [InlineData("p=none; sp=reject; np=none", "psd", "YYYnn", "what does not exist is open")]
    public void Enforcement(string tags, string source, string flags, string why)
    {
        Assert.True(Words.TryParse(source, out DmarcSource from));
        var found = Found(tags, from);
        Assert.True(flags == Flags(found, found), $"{why}: {Flags(found, found)}");
    }

    [Fact]
    public void No_record_enforces_nothing_and_unknown_stays_unknown()
    {
        Assert.Equal("nnnnn", Flags(DmarcFound.None, DmarcFound.None));
        Assert.Equal("?????", Flags(DmarcFound.Unknown, DmarcFound.Unknown));
        Assert.Equal("YYnYY", Flags(Found("p=reject", DmarcSource.Org), DmarcFound.None));
        Assert.Equal("??Y??", Flags(DmarcFound.Unknown, Found("p=reject", DmarcSource.Org)));
    }

    [Fact]
    public void Stricter_definitions_lie_inside_the_wider_ones() =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(2000), Prop.ForAll(
            Gen.Elements("p=none", "p=quarantine", "p=reject", "p=x", "sp=none", "sp=quarantine", "sp=reject", "sp=x", "np=none", "np=reject", "np=x",
                "t=y", "pct=0", "pct=50", "rua=mailto:a@b.example").ArrayOf().Select(t => string.Join("; ", t)).ToArbitrary(),
            Gen.Elements(DmarcSource.Self, DmarcSource.Org, DmarcSource.Psd).ToArbitrary(),
            (tags, source) =>
            {
                var found = Found(tags, source);
                bool enfP = DmarcEffect.EnfP(found) == true;
                return Implies(DmarcEffect.EnfReject(found), enfP)
                       && Implies(DmarcEffect.EnfFull(found), enfP)
                       && Implies(DmarcEffect.Enf9989(found), enfP)
                       && Implies(DmarcEffect.Enf9989(found), DmarcEffect.Policy9989(found, Presence.Present) is DmarcPolicy.Quarantine or DmarcPolicy.Reject)
                       && Implies(DmarcEffect.Enf9989(found), DmarcEffect.Policy9989(found, Presence.Absent) is DmarcPolicy.Quarantine or DmarcPolicy.Reject)
                       && Implies(DmarcEffect.Enf7489(found), DmarcEffect.Policy7489(found) is DmarcPolicy.Quarantine or DmarcPolicy.Reject);
            }));

    private static bool Implies(bool? condition, bool consequence) => condition != true || consequence;

    private static string Flags(DmarcFound found, DmarcFound found7489) => string.Concat(
        new[] { DmarcEffect.EnfP(found), DmarcEffect.EnfReject(found), DmarcEffect.Enf7489(found7489), DmarcEffect.EnfFull(found), DmarcEffect.Enf9989(found) }
            .Select(f => f switch { true => "Y", false => "n", null => "?" }));
}
