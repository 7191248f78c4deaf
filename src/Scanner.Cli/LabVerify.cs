using System.Globalization;
using DuckDB.NET.Data;
using Scanner.Checks;
using Scanner.Checks.Names;
using Scanner.Lab.World;
using Scanner.Write;

namespace Scanner.Cli;

/// <summary><c>scanner lab verify RUN</c>: every row of a lab run against the truth, column by column, and the headline shares with it.</summary>
/// <param name="except">Columns that begin so are not compared; null compares all.</param>
internal sealed class LabVerify(LabWorld world, string? except = null)
{
    /// <summary>Columns that are null unless their check ran.</summary>
    private static readonly string[] OptionalChecks = ["dkim", "dane", "bimi", "dnssec"];

    private readonly Dictionary<string, int> _differences = [];
    private readonly List<string> _examples = [];

    /// <summary>Rows compared.</summary>
    public long Rows { get; private set; }

    /// <summary>Values compared.</summary>
    public long Values { get; private set; }

    /// <summary>Values that are unknown in the row where the truth is not: honest, but to be counted.</summary>
    public long Unknown { get; private set; }

    /// <summary>Rows that claim absence where the truth says present: never allowed, whatever the network did.</summary>
    public long FalselyAbsent { get; private set; }

    public IReadOnlyDictionary<string, int> Differences => _differences;

    /// <summary>The first differing values, for people.</summary>
    public IReadOnlyList<string> Examples => _examples;

    /// <summary>Words with which a column says "we could not tell".</summary>
    private static bool IsUnknown(string? value) => value is null or "unknown" or "temperror" or "mx_unverified" or "dynamic";

    /// <summary>Words with which a column says "there is none".</summary>
    private static bool IsAbsent(string? value) => value is "absent" or "none" or "nxdomain" or "no_mail" or "false";

    /// <exception cref="Write.RunFolderException">There is no run in the folder.</exception>
    /// <exception cref="IOException">Its rows cannot be read.</exception>
    public void Compare(string runFolder)
    {
        var run = RunFolder.Open(runFolder);
        if (run.ClosedParts().Count == 0) throw new RunFolderException($"{runFolder}: no part of the run is whole yet, so there is nothing to compare");
        try
        {
            CompareRows(run);
        }
        catch (DuckDBException e)
        {
            throw new IOException($"{runFolder}: cannot read the rows: {e.Message}", e);
        }
    }

    private void CompareRows(RunFolder folder)
    {
        var run = folder.LoadManifest();
        bool IsOn(string option) => run.Options.GetValueOrDefault(option) == "yes";
        var truth = new LabTruth(world) { Full = IsOn("mx-addresses") && IsOn("check-report-auth") };
        string[] notRun = [.. OptionalChecks.Except(run.Checks)];
        using var connection = new DuckDBConnection("DataSource=:memory:");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = $"SELECT * FROM read_parquet('{folder.FullPath.Replace("'", "''", StringComparison.Ordinal)}/domains/part-*.parquet')";
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            string name = reader.GetString(reader.GetOrdinal("name"));
            _ = Words.TryParse(reader.GetString(reader.GetOrdinal("input_class")), out InputClass inputClass);
            var listed = new ListedName { Rank = 0, Input = name, Name = name, Class = inputClass, Tld = "", OrganizationalDomain = Text(reader.GetValue(reader.GetOrdinal("org_domain_psl"))) };
            Rows++;
            foreach (var (column, want) in truth.Expect(listed))
            {
                if (except is not null && column.StartsWith(except, StringComparison.Ordinal)) continue;
                if (notRun.Any(check => column.StartsWith(check + "_", StringComparison.Ordinal))) continue;
                string? got = Text(reader.GetValue(reader.GetOrdinal(column)));
                Values++;
                if (got == (want == "null" ? null : want)) continue;
                if (IsUnknown(got) && !IsUnknown(want)) Unknown++;
                else if (IsAbsent(got) && !IsAbsent(want) && !IsUnknown(want)) FalselyAbsent++;
                _differences[column] = _differences.GetValueOrDefault(column) + 1;
                if (_examples.Count < 200) _examples.Add($"{name} {column}: truth {want ?? "null"}, row {got ?? "null"}");
            }
        }
    }

    private static string? Text(object? value) => value switch
    {
        null or DBNull => null,
        bool flag => flag ? "true" : "false",
        string text => text,
        // The kind of a null MX is the word "null", which is taken for no value on both sides.
        System.Collections.IEnumerable list => string.Join(',', list.Cast<object?>()) is var joined && joined != "null" ? joined : null,
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString(),
    };
}
