using BenchmarkDotNet.Attributes;
using Scanner.Checks.Dmarc;
using Scanner.Checks.MtaSts;
using Scanner.Checks.Mx;
using Scanner.Checks.Spf;
using Scanner.Checks.TlsRpt;
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
    private readonly RealRecords.RealName[] _names = RealRecords.RealNames();
    private readonly DnsAnswer _none = DnsAnswer.Without(new DnsQuestion("_mta-sts.example.com", DnsRecordType.Txt), DnsStatus.Nxdomain);
    private int _next;

    /// <summary>The listed name's own record; includes are not followed.</summary>
    [Benchmark(Baseline = true)]
    public SpfResult Spf() => SpfClassifier.Classify(new SpfZone("example.com", Next(_spf)), SpfEvalLevel.Record);

    /// <summary>One of 5,000 real names: its SPF record with the whole tree of includes and redirects, every answer at hand.</summary>
    [Benchmark]
    public SpfResult SpfTree() => SpfTree(Next(_names));

    private static SpfResult SpfTree(RealRecords.RealName name)
    {
        var zone = new SpfZone(name.Name, name.Txt);
        foreach (var (question, answer) in name.Tree) zone.Add(question, answer);
        return SpfClassifier.Classify(zone, SpfEvalLevel.Tree);
    }

    /// <summary>The same name's base set: MX, SPF with its tree, a DMARC record, and no MTA-STS and TLS-RPT, as at nearly all names.</summary>
    [Benchmark]
    public object[] RealName()
    {
        var name = Next(_names);
        return
        [
            MxClassifier.Classify(name.Mx),
            SpfTree(name),
            Dmarc(),
            MtaStsClassifier.ClassifyRecord(_none),
            TlsRptClassifier.Classify(_none),
        ];
    }

    [Benchmark]
    public DmarcResult Dmarc() =>
        DmarcClassifier.Classify("example.com", Presence.Present, DmarcSelector.Select(Next(_dmarc)), NoAncestors, null, "example.com");

    [Benchmark]
    public MtaStsResult MtaStsRecord() => MtaStsClassifier.ClassifyRecord(Next(_mtaSts));

    [Benchmark]
    public MtaStsPolicy MtaStsPolicy() => MtaStsPolicyParser.Parse(Next(_policies));

    private T Next<T>(T[] all) => all[(int)((uint)_next++ % (uint)all.Length)];
}
