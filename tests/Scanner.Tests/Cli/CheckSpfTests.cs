using System.Text.Json;

namespace Scanner.Tests.Cli;

/// <summary>What <c>check</c> says of SPF to a person: the tree with its lookups, the rule, and check_host() for one client.</summary>
public sealed class CheckSpfTests
{
    private static async Task<string> CheckAsync(params string[] arguments)
    {
        var (exit, output, error) = await ScannerProcess.RunWithOutputAsync(["check", "--lab", .. arguments], null, TestContext.Current.CancellationToken);
        Assert.Equal(0, exit);
        Assert.Empty(error.Trim());
        return output;
    }

    private static void ContainsInOrder(string output, params string[] parts)
    {
        int at = 0;
        foreach (string part in parts)
        {
            int found = output.IndexOf(part, at, StringComparison.Ordinal);
            Assert.True(found >= 0, $"\"{part}\" is missing, or not after what stands before it");
            at = found + part.Length;
        }
    }

    [Fact]
    public async Task The_tree_counts_lookups_and_names_the_rule()
    {
        string output = await CheckAsync("spf-loop.lab");
        ContainsInOrder(output, "SPF", "invalid (permerror_lookup_limit)", "  1  include:b.spf-loop.lab", "  2    include:spf-loop.lab", "a loop", "11 of 10 lookups",
            "error: loop", "rule: ", "§4.6.4", "means:", "next: ");
    }

    [Fact]
    public async Task A_syntax_error_is_shown_where_it_stands() =>
        ContainsInOrder(await CheckAsync("spf-error-after-all.lab"), "permerror_syntax", "syntax error: unknown_mechanism in \"foo\"", "§4.6", "next:  mechanisms are");

    [Fact]
    public async Task A_near_miss_says_what_to_mend() =>
        ContainsInOrder(await CheckAsync("spf-quoted.lab"), "none (none)", "§4.5", "next:  mend the record: the quotation marks");

    [Fact]
    public async Task One_client_is_judged_as_a_receiver_would()
    {
        string output = await CheckAsync("spf-redirect.lab", "--ip", "203.0.113.77", "--sender", "joe@spf-redirect.lab", "--helo", "mx.example.com");
        ContainsInOrder(output, "for a client at 203.0.113.77, HELO mx.example.com, MAIL FROM joe@spf-redirect.lab", "softfail: ", "§8.5", "redirect=", "~all    <- match: softfail",
            "decided by ~all");
    }

    [Fact]
    public async Task Json_has_a_line_for_the_row_and_one_for_the_client()
    {
        string[] lines = (await CheckAsync("spf-hardfail.lab", "--json", "--ip", "2001:db8::1")).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        Assert.Equal(2, lines.Length);
        using var row = JsonDocument.Parse(lines[0]);
        Assert.Equal("fail", row.RootElement.GetProperty("spf_class").GetString());
        Assert.False(row.RootElement.GetProperty("txt_over_512").GetBoolean());
        using var check = JsonDocument.Parse(lines[1]);
        Assert.Equal(["spf-hardfail.lab", "2001:db8::1", "postmaster@spf-hardfail.lab", "fail", "-all"],
            ((string[])["check_host", "ip", "sender", "result", "mechanism"]).Select(key => check.RootElement.GetProperty(key).GetString()));
    }

    [Theory]
    [InlineData("--ip", "1", "no IP address")]
    [InlineData("--ip", "192.0.2.010", "no IP address")]
    [InlineData("--helo", "mx.example.com", "--ip")]
    [InlineData("--sender", "joe@example.com", "--ip")]
    public async Task A_client_that_makes_no_sense_is_refused(string option, string value, string because)
    {
        var (exit, _, error) = await ScannerProcess.RunWithOutputAsync(["check", "--lab", "spf-hardfail.lab", option, value], null, TestContext.Current.CancellationToken);
        Assert.Equal(2, exit);
        Assert.Contains(because, error, StringComparison.Ordinal);
    }
}
