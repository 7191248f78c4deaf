using Scanner.Checks.Spf;
using Scanner.Dns;
using Scanner.TestSupport;

namespace Scanner.Checks.Tests.Spf;

/// <summary>classification.md 4.7: with several errors the status is the first of the order given there, and all of them are listed. Each case has
/// the errors of two neighbours in that order, the lesser one first in the record.</summary>
public class SpfPrecedenceTests
{
    private static FakeResolver World()
    {
        var world = new FakeResolver().A("here.example", "192.0.2.1").Txt("none.example", "no record").Txt("bad.example", "v=spf1 foo")
            .Fail("dead.example", DnsRecordType.Txt, DnsStatus.Timeout).Fail("deadhost.example", DnsRecordType.A, DnsStatus.Servfail)
            .Fail("deadhost.example", DnsRecordType.Aaaa, DnsStatus.Servfail);
        for (int i = 0; i < 11; i++) world.Mx("many.example", i, $"mx{i}.example");
        return world;
    }

    [Theory]
    [InlineData("v=spf1 a:deadhost.example a:x1.example a:x2.example a:x3.example -all", "permerror_void_limit temperror")]
    [InlineData("v=spf1 a:x1.example a:x2.example a:x3.example mx:many.example -all", "permerror_mx_limit permerror_void_limit")]
    [InlineData("v=spf1 mx:many.example include:bad.example -all", "permerror_nested permerror_mx_limit nested_syntax")]
    [InlineData("v=spf1 include:bad.example include:none.example -all", "permerror_include_missing permerror_nested nested_syntax")]
    [InlineData("v=spf1 include:none.example redirect=none.example", "permerror_redirect_missing permerror_include_missing")]
    [InlineData("v=spf1 a:here.example a:here.example a:here.example a:here.example a:here.example a:here.example a:here.example a:here.example a:here.example a:here.example redirect=none.example",
        "permerror_lookup_limit permerror_redirect_missing")]
    [InlineData("v=spf1 include:dead.example include:none.example -all", "permerror_include_missing temperror")] // certain without the unknown branch
    public async Task TheFirstOfTheOrderWins(string record, string errors)
    {
        var world = World().Txt("example.com", record);
        var result = await SpfLookup.RunAsync(
            "example.com", world.Query("example.com", DnsRecordType.Txt), world, SpfEvalLevel.Full, TestContext.Current.CancellationToken);
        Assert.Equal(errors, string.Join(' ', result.Errors));
        Assert.Equal(errors.Split(' ')[0], result.Status.Word());
        Assert.Equal(SpfClass.Invalid, result.Class);
    }

    // RFC 7208 §4.5, §4.6: several records are not parsed, and a syntax error is found before anything is looked up.
    [Theory]
    [InlineData("permerror_multiple_records", "v=spf1 foo", "v=spf1 -all")]
    [InlineData("permerror_syntax", "v=spf1 include:none.example foo")]
    public async Task NothingIsEvaluated(string status, params string[] records)
    {
        var world = World();
        foreach (string record in records) world.Txt("example.com", record);
        var apex = world.Query("example.com", DnsRecordType.Txt);
        int before = world.Asked.Count;
        var result = await SpfLookup.RunAsync("example.com", apex, world, SpfEvalLevel.Full, TestContext.Current.CancellationToken);
        Assert.Equal([status], result.Errors);
        Assert.Equal(status, result.Status.Word());
        Assert.Equal(before, world.Asked.Count);
    }
}
