using System.Net;
using Scanner.Checks.Spf;
using Scanner.TestSupport;

namespace Scanner.Checks.Tests.Spf;

/// <summary>The public suites of check_host(), through the evaluator: every result, and every explanation that a test asks for.</summary>
public sealed class SpfEvaluatorSuiteTests(ITestOutputHelper output)
{
    private static readonly DateTimeOffset Now = new(2026, 11, 25, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("spf/rfc7208-tests.json", 203)]
    [InlineData("spf/pyspf-own-test.json", 16)]
    public async Task EveryTest(string path, int total)
    {
        if (SharedVectors.Find(path) is not { } file)
        {
            Assert.Skip(SharedVectors.Missing(path));
            return;
        }
        int right = 0, tests = 0;
        var wrong = new List<string>();
        foreach (var test in SpfSuite.Read(await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken)))
        {
            tests++;
            var client = new SpfClient(IPAddress.Parse(test.Host), test.Helo, test.MailFrom, Now);
            var check = await SpfLookup.CheckHostAsync(client.Domain, client, test.Zone, TestContext.Current.CancellationToken);
            string verdict = check.Verdict.Word();
            if (Expected(test) != test.Results) output.WriteLine($"{test.Id}: {test.Results[0]} in a mode that is no check_host(); neutral by RFC 7208 §6, §4.7; ours {verdict}");
            if (test.Results.Length > 1) output.WriteLine($"{test.Id}: {string.Join(" or ", test.Results)}; ours {verdict} {check.Problem}");
            if (Expected(test).Contains(verdict) && IsExplanation(test.Explanation, check.Explanation)) right++;
            else wrong.Add($"{test.Id}: {string.Join('/', test.Results)} \"{test.Explanation}\"; ours {verdict} \"{check.Explanation}\" {check.Problem}");
        }
        output.WriteLine($"{path}: {right} of {tests}");
        Assert.Empty(wrong);
        Assert.Equal(total, tests);
        Assert.Equal(total, right);
    }

    /// <summary>
    /// pyspf has three degrees of strictness. The suite of its own asks for two that are no check_host(): lax ("0"), in which the modifier
    /// default= of a draft before RFC 4408 is obeyed, and harsh ("2"), which reports "ambiguous". RFC 7208 §6: "Unrecognized modifiers MUST
    /// be ignored"; what is left of the record comes to the default result, neutral (§4.7).
    /// </summary>
    private static string[] Expected(SpfSuite.Case test) => test.Id is "default-modifier" or "default-modifier-harsh" ? ["neutral"] : test.Results;

    /// <summary>The suite writes the nibbles of %{i} in upper case, RFC 7208 §7.4 in lower; in a name it is all the same.</summary>
    private static bool IsExplanation(string? expected, string? ours) => expected switch
    {
        null => true,
        "DEFAULT" => ours is null,
        _ => expected.Equals(ours, StringComparison.OrdinalIgnoreCase),
    };
}
