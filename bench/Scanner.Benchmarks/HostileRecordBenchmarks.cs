using BenchmarkDotNet.Attributes;

namespace Scanner.Benchmarks;

/// <summary>
/// The shapes that were the slowest of their reader when all were tried (<c>--hostile</c>), and those that took the square of their length before
/// they were mended. Four times the octets should take four times as long. Bound: 5 ms for 60 KiB.
/// </summary>
[MemoryDiagnoser]
public class HostileRecordBenchmarks
{
    public static IEnumerable<string> Shapes =>
    [
        "spf classifier|v=spf1 x=|x= ", "spf classifier|v=spf1 redirect=|include:%{d}.x ", "spf classifier|v=spf1 |a ", "spf classifier|v| ",
        "spf evaluator|v=spf1 redirect=|%{o}.",
        "dmarc|v=DMARC1;|#=;", "dmarc|v| ",
        "mta-sts record|v=STSv1|;", "mta-sts policy|version: STSv1\nmode: enforce\nmax_age: 1\n|mx:a\n", "mta-sts policy||mx: *.#.x\n",
        "tls-rpt|v=TLSRPTv1; rua=mailto:|;", "dkim|v=DKIM1; p=|p=;", "bimi|v=BIMI1; l=https://|;",
        "tlsa||#", "mx||#", "one text, many records| v=spf1|#", "evidence||\u00FF",
    ];

    [ParamsSource(nameof(Shapes))]
    public string Shape { get; set; } = "";

    [Params(HostileRecords.Most / 4, HostileRecords.Most)]
    public int Octets { get; set; }

    private Func<object?> _read = () => null;

    [GlobalSetup]
    public void Prepare()
    {
        string[] parts = Shape.Split('|');
        _read = HostileRecords.Readers.Single(r => r.Name == parts[0]).Prepare(HostileRecords.Text(parts[1], parts[2], Octets));
    }

    [Benchmark]
    public object? Read() => _read();
}
