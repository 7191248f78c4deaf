using System.Net;
using BenchmarkDotNet.Attributes;
using Scanner.Checks.MtaSts;
using Scanner.Checks.Names;
using Scanner.Input;
using Scanner.Lab.World;
using Scanner.Resolve;
using Scanner.Write;

namespace Scanner.Benchmarks;

/// <summary>One listed name: from the name to its result with every answer at hand, and from the result to its row in a Parquet file. The
/// two together are the floor of what a scan costs besides DNS.</summary>
[MemoryDiagnoser]
public class ScanBenchmarks
{
    private const int Names = 20_000;

    private static readonly RunStamp Stamp = new()
    {
        ScanId = "benchmark",
        ToolVersion = "0",
        ListSha256 = "0",
        PslVersion = PublicSuffixList.Embedded.Version,
    };

    private readonly ListedName[] _names = LabNames.Take(Names);
    private readonly DomainScanner _scanner;
    private readonly DomainResult[] _results = new DomainResult[Names];
    private readonly string _folder = Directory.CreateTempSubdirectory("scanner-bench-").FullName;
    private int _next;

    public ScanBenchmarks()
    {
        var answers = new LabResolver(new LabWorld());
        var options = new ScanOptions
        {
            List = new ListOptions { Source = "benchmark" },
            Output = _folder,
            Resolvers = [new IPEndPoint(IPAddress.Loopback, 53)],
            PolicyFetch = new PolicyFetchOptions { UserAgent = "none" },
        };
        _scanner = new DomainScanner(answers, answers, options, TimeProvider.System);
    }

    [GlobalSetup]
    public async Task ResultsAsync()
    {
        for (int i = 0; i < Names; i++) _results[i] = await _scanner.ScanAsync(_names[i], default);
    }

    [GlobalCleanup]
    public void Clean() => Directory.Delete(_folder, recursive: true);

    /// <summary>The five base questions, what follows from them, and all classifiers.</summary>
    [Benchmark(Baseline = true)]
    public Task<DomainResult> ScanOneName() => _scanner.ScanAsync(_names[(int)((uint)_next++ % Names)], default);

    /// <summary>A row: 20,000 of them make one row group of one file.</summary>
    [Benchmark(OperationsPerInvoke = Names)]
    public async Task WriteOneRow()
    {
        string folder = Path.Combine(_folder, Guid.NewGuid().ToString());
        await using (var writer = new PartWriter(folder, Stamp))
        {
            foreach (var result in _results) await writer.AddAsync(result);
            await writer.CloseAsync();
        }
        Directory.Delete(folder, recursive: true);
    }
}
