using System.Globalization;
using Scanner.Dns.Resolve;
using Scanner.Input;

namespace Scanner.Cli;

/// <summary><c>--dry-run</c>: what a scan would do and cost, with nothing sent.</summary>
internal static class DryRun
{
    /// <summary>Questions per name beyond the base ones: A and AAAA for names without MX, ancestors and includes that the cache does
    /// not hold, retries. classification.md section 13 puts the whole at 5.5 to 7 for five checks.</summary>
    private const double ExtraLow = 0.5, ExtraHigh = 2;

    public static int Print(ListSource source, ListOptions options, ScanChecks checks, ResolverOptions resolver, TextWriter output)
    {
        var survey = ListSurvey.Read(source, options);
        long names = survey.Selected - survey.SelectedUnqueryable - survey.SelectedExcluded;
        int perName = checks.Names().Count;
        double low = names * (perName + ExtraLow), high = names * (perName + ExtraHigh);
        output.WriteLine(Invariant($"list       {Terminal.Safe(source.DisplayName)} ({survey.Format}), sha256 {survey.Sha256}"));
        output.WriteLine(Invariant($"lines      {survey.LinesRead:N0} read, {survey.Names:N0} distinct names, {survey.InvalidLines:N0} invalid, {survey.DuplicateLines:N0} duplicate"));
        output.WriteLine(Invariant($"rows       {survey.Selected:N0}, of them {survey.SelectedExcluded:N0} excluded and {survey.SelectedUnqueryable:N0} that cannot be asked for"));
        output.WriteLine(Invariant($"checks     {string.Join(',', checks.Names())}"));
        output.WriteLine(Invariant($"queries    about {low:N0} to {high:N0}: {perName} a name at once, then addresses, includes and ancestors"));
        output.WriteLine(resolver.QueriesPerSecond == 0
            ? "time       no ceiling (--qps 0): as fast as the resolvers answer"
            : Invariant($"time       at least {Duration(low / resolver.QueriesPerSecond)} to {Duration(high / resolver.QueriesPerSecond)} at --qps {resolver.QueriesPerSecond}"));
        BadLines.Print(survey, Console.Error);
        output.WriteLine("nothing was sent (--dry-run)");
        return ExitCode.Complete;

        static string Duration(double seconds) => TimeSpan.FromSeconds(Math.Ceiling(seconds)).ToString(@"d\.hh\:mm\:ss", CultureInfo.InvariantCulture);
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

/// <summary>The first bad lines of a list, for people.</summary>
internal static class BadLines
{
    public static void Print(ListSurvey survey, TextWriter output)
    {
        if (survey.InvalidLines == 0) return;
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{survey.InvalidLines:N0} bad lines were skipped; the first:"));
        foreach (var line in survey.FirstBadLines)
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  line {line.Line}: {Terminal.Safe(line.Reason)}"));
    }
}
