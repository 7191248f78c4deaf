using System.Globalization;
using Scanner.Dns.Resolve;
using Scanner.Input;

namespace Scanner.Cli;

/// <summary><c>--dry-run</c>: what a scan would do and cost, with nothing sent.</summary>
internal static class DryRun
{
    public static int Print(ListSource source, ListOptions options, CheckCosts costs, ResolverOptions resolver, TextWriter output)
    {
        var survey = ListSurvey.Read(source, options);
        long names = survey.Selected - survey.SelectedUnqueryable - survey.SelectedExcluded;
        var (lowPerName, highPerName) = costs.PerName;
        double low = names * lowPerName, high = names * highPerName;
        output.WriteLine(Invariant($"list       {Terminal.Safe(source.DisplayName)} ({survey.Format}), sha256 {survey.Sha256}"));
        output.WriteLine(Invariant($"lines      {survey.LinesRead:N0} read, {survey.Names:N0} distinct names, {survey.InvalidLines:N0} invalid, {survey.DuplicateLines:N0} duplicate"));
        output.WriteLine(Invariant($"rows       {survey.Selected:N0}, of them {survey.SelectedExcluded:N0} excluded and {survey.SelectedUnqueryable:N0} that cannot be asked for"));
        output.WriteLine(Invariant($"checks     {string.Join(',', costs.Checks.Names())}"));
        output.WriteLine(Invariant($"queries    about {low:N0} to {high:N0}: {(costs.Checks & ScanChecks.Default).Names().Count} a name for the base, then addresses, includes and ancestors"));
        foreach (var (words, least, most) in costs.Extras) output.WriteLine(Invariant($"           {names * least:N0} to {names * most:N0} of them for {words}"));
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
