namespace Scanner.Checks.Tests.Common;

public class ReportUriTests
{
    [Theory]
    [InlineData("mailto:a@b.example", "mailto", "b.example")]
    [InlineData("MailTo:A@B.Example", "mailto", "b.example")]
    [InlineData("mailto:a%2Cb@b.example?subject=x", "mailto", "b.example")]
    [InlineData("mailto:a@localhost", "mailto", "localhost")]
    [InlineData("mailto:a@[192.0.2.1]", "mailto", "[192.0.2.1]")]
    [InlineData("mailto:a@under_score.example", "mailto", "under_score.example")]
    [InlineData("https://r.example", "https", "r.example")]
    [InlineData("https://user:pw@R.example.:8443/a?b=c@d", "https", "r.example")]
    [InlineData("https://[2001:db8::1]:443/", "https", "[2001:db8::1]")]
    [InlineData("http://r.example/x", "http", "r.example")]
    [InlineData("ftp://r.example", "ftp", "r.example")]
    [InlineData("tel:+123", "tel", null)]
    public void Valid(string text, string scheme, string? host)
    {
        Assert.True(ReportUri.TryParse(text, out var uri));
        Assert.Equal((scheme, host), (uri.Scheme, uri.Host));
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("a@b.example", "no scheme")]
    [InlineData(":a@b.example", "empty scheme")]
    [InlineData("1mailto:a@b.example", "a scheme begins with a letter")]
    [InlineData("mail to:a@b.example", "blank in the scheme")]
    [InlineData("mailto:", "nothing after the scheme")]
    [InlineData("mailto:a", "no host")]
    [InlineData("mailto:@b.example", "no local part")]
    [InlineData("mailto:a@", "empty host")]
    [InlineData("mailto:a@b..example", "empty label")]
    [InlineData("mailto:a@.example", "empty first label")]
    [InlineData("mailto:a@.", "only a dot")]
    [InlineData("mailto:a@b@c.example", "two at signs")]
    [InlineData("mailto://a@b.example", "not hierarchical")]
    [InlineData("mailto: a@b.example", "blank")]
    [InlineData("mailto:a b@c.example", "blank")]
    [InlineData("mailto:a!b@c.example", "'!' must be encoded")]
    [InlineData("mailto:a,b@c.example", "',' must be encoded")]
    [InlineData("mailto:a%2@c.example", "half an escape")]
    [InlineData("mailto:a%zz@c.example", "not hexadecimal")]
    [InlineData("mailto:a@b.example%", "escape cut short")]
    [InlineData("mailto:\u00E4@b.example", "not ASCII")]
    [InlineData("mailto:<a@b.example>", "angle brackets")]
    [InlineData("mailto:?to=a@b.example", "no address")]
    [InlineData("https:r.example", "no authority")]
    [InlineData("https:///x", "empty host")]
    [InlineData("https://r.example:x/", "port is no number")]
    [InlineData("https://[x;y]/", "not an address literal")]
    public void Invalid(string text, string why) => Assert.False(ReportUri.TryParse(text, out _), why);
}
