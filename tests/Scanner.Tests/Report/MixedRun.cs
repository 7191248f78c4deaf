using DuckDB.NET.Data;
using Scanner.Checks.Dmarc;
using Scanner.Checks.MtaSts;
using Scanner.Checks.Mx;
using Scanner.Checks.Spf;
using Scanner.Checks.TlsRpt;
using Scanner.Report;
using Scanner.Tests.Write;
using Scanner.Write;

namespace Scanner.Tests.Report;

/// <summary>A run with every kind of row, and its report, written once for all the classes that look at one.</summary>
[CollectionDefinition(Name)]
public sealed class MixedRun : ICollectionFixture<MixedRun>, IAsyncLifetime
{
    public const string Name = "one mixed run";

    private readonly TestFolder _folder = new();

    public string Path => _folder["run"];

    public async ValueTask InitializeAsync() => await WriteReportAsync(Path, Mixed().Select((row, i) => row with { ScannedAt = row.ScannedAt.AddMilliseconds(i * 40) }));

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>A DuckDB with the run's rows and the views and macros of its <c>tables/sql</c>, as a notebook makes it.</summary>
    public DuckDBConnection OpenAsANotebook()
    {
        var connection = new DuckDBConnection("DataSource=:memory:");
        connection.Open();
        ParquetRows.Query(connection, Script("schema"));
        string quoted = Path.Replace("'", "''", StringComparison.Ordinal).Replace("[", "[[]", StringComparison.Ordinal);
        ParquetRows.Query(connection, $"CREATE VIEW domains AS FROM no_rows UNION ALL BY NAME FROM read_parquet('{quoted}/domains/part-*.parquet', union_by_name = true)");
        foreach (string name in (string[])["facts", "denominators", "macros"]) ParquetRows.Query(connection, Script(name));
        return connection;

        string Script(string name) => File.ReadAllText(System.IO.Path.Combine(Path, "tables", "sql", name + ".sql"));
    }

    internal static async Task WriteReportAsync(string path, IEnumerable<DomainResult> rows)
    {
        var run = RunFolder.Create(path);
        run.Save(RunFolderTests.Manifest);
        await Samples.WriteAsync(run.FullPath, rows);
        Reporter.Write([run], run.FullPath);
    }

    /// <summary>Every kind of row, a few of each, so that most tables have several.</summary>
    internal static DomainResult[] Mixed() =>
    [
        Samples.Full(1), Samples.Full(2),
        Samples.AllAbsent(3), Samples.AllUnknown(4), Samples.Bare(5),
        .. Enumerable.Range(6, 145).Select(n => Samples.Bare(n, $"n{n}.example")
            .Mx(n % 5 == 0 ? MxClass.NullMx : n % 7 == 0 ? MxClass.Unknown : MxClass.MxPresent)
            .Spf(n % 3 == 0 ? SpfStatus.Valid : n % 3 == 1 ? SpfStatus.Unknown : SpfStatus.None, n % 3 == 0 ? SpfClass.Fail : n % 3 == 1 ? SpfClass.Unknown : SpfClass.None, SpfEffectiveAll.Fail, SpfPermissive.None)
            .Dmarc(n % 4 == 0 ? DmarcClass.Reject : n % 4 == 1 ? DmarcClass.Unknown : DmarcClass.Absent, own: n % 4 == 1 ? null : n % 4 == 0, enforcing: n % 4 == 1 ? null : n % 4 == 0)
            .MtaSts(n % 6 == 0 ? MtaStsStatus.ValidEnforce : n % 6 == 1 ? MtaStsStatus.Unknown : MtaStsStatus.Absent, n % 6 == 0 ? MtaStsMxMatch.All : null)
            .TlsRpt(TlsRptStatus.Absent)),
    ];
}
