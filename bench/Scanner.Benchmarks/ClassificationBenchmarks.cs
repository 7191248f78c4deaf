using BenchmarkDotNet.Attributes;
using Scanner.Checks.Dmarc;
using Scanner.Checks.MtaSts;
using Scanner.Checks.Spf;
using Scanner.Dns;

namespace Scanner.Benchmarks;

/// <summary>One record classified, from the answer to the result. An operation takes the next record, so the figure is a mean over all.</summary>
[MemoryDiagnoser]
public class ClassificationBenchmarks
{
    private static readonly Dictionary<string, DmarcSelection> NoAncestors = [];

    private readonly DnsAnswer[] _spf = RealRecords.SpfAnswers();
    private readonly DnsAnswer[] _dmarc = RealRecords.DmarcAnswers();
    private readonly DnsAnswer[] _mtaSts = RealRecords.MtaStsAnswers();
    private readonly byte[][] _policies = RealRecords.PolicyBodies();
    private int _next;

    /// <summary>The listed name's own record; includes are not followed.</summary>
    [Benchmark(Baseline = true)]
    public SpfResult Spf() => SpfClassifier.Classify(new SpfZone("example.com", Next(_spf)), SpfEvalLevel.Record);

    [Benchmark]
    public DmarcResult Dmarc() =>
        DmarcClassifier.Classify("example.com", Presence.Present, DmarcSelector.Select(Next(_dmarc)), NoAncestors, null, "example.com");

    [Benchmark]
    public MtaStsResult MtaStsRecord() => MtaStsClassifier.ClassifyRecord(Next(_mtaSts));

    [Benchmark]
    public MtaStsPolicy MtaStsPolicy() => MtaStsPolicyParser.Parse(Next(_policies));

    private T Next<T>(T[] all) => all[(int)((uint)_next++ % (uint)all.Length)];
}
