using Scanner.Dns;

namespace Scanner.Checks.Spf;

/// <summary>DNS answers in, <see cref="SpfResult"/> out (classification.md 4). Runs as well on recorded answers as on live ones.</summary>
public static class SpfClassifier
{
    /// <summary>Prefix of the words in <see cref="SpfResult.Errors"/> that name the cause of a <c>permerror_nested</c>, as in
    /// <c>nested_syntax</c>: the status words themselves speak of the listed name's own record.</summary>
    private const string NestedPrefix = "nested_";

    private static readonly IReadOnlyList<string> NoWords = [];

    private static readonly string[] PtrQuirk = ["ptr"];

    /// <summary>One list for all the names that a thread classifies, back to its first size after a hostile one.</summary>
    [ThreadStatic]
    private static List<SpfIp4Network>? s_passingIp4;

    private const int MostPassingKept = 1024;

    /// <param name="zone">Must hold the TXT answer at its own name; what else is needed is noted as missing there.</param>
    /// <param name="level">How far the record is followed. Below full the void and MX limits are not looked at.</param>
    public static SpfResult Classify(SpfZone zone, SpfEvalLevel level)
    {
        // RFC 7208 §4.3: a malformed or single-label domain is "none", whatever DNS says.
        if (!SpfTarget.IsMultiLabelName(zone.Sender)) return Result(zone, level, null, SpfStatus.None);
        var reading = zone.Read(zone.Sender)!;
        return reading.State switch
        {
            SpfReadingState.Unknown => Result(zone, level, reading, SpfStatus.Unknown),
            SpfReadingState.None => Result(zone, level, reading, SpfStatus.None),
            SpfReadingState.Multiple => Result(zone, level, reading, SpfStatus.PermerrorMultipleRecords),
            SpfReadingState.Malformed => Result(zone, level, reading, SpfStatus.PermerrorSyntax),
            _ => Evaluate(zone, level, reading),
        };
    }

    /// <summary>What level <see cref="SpfEvalLevel.Full"/> needs to know beyond the answers in the zone; the addresses of MX hosts only after
    /// the MX answers.</summary>
    public static IReadOnlyCollection<DnsQuestion> HostQuestions(SpfZone zone)
    {
        if (!SpfTarget.IsMultiLabelName(zone.Sender) || zone.Read(zone.Sender)?.Record is not { } record) return [];
        new SpfWalk(zone, SpfEvalLevel.Full, null).Visit(zone.Sender, record, passing: true, isOwn: true);
        return zone.TakeMissing();
    }

    /// <summary>The worst case term by term, for a person to read; empty without a valid record.</summary>
    public static IReadOnlyList<SpfStep> StepsOf(SpfZone zone, SpfEvalLevel level)
    {
        var steps = new List<SpfStep>();
        if (SpfTarget.IsMultiLabelName(zone.Sender) && zone.Read(zone.Sender)?.Record is { } record)
            new SpfWalk(zone, level, null, steps).Visit(zone.Sender, record, passing: true, isOwn: true);
        return steps;
    }

    private static SpfResult Evaluate(SpfZone zone, SpfEvalLevel level, SpfReading reading)
    {
        var passingIp4 = s_passingIp4 ??= [];
        passingIp4.Clear();
        if (passingIp4.Capacity > MostPassingKept) passingIp4.Capacity = 0;
        var walk = new SpfWalk(zone, level, passingIp4);
        var outcome = walk.Visit(zone.Sender, reading.Record!, passing: true, isOwn: true);
        // RFC 7208 §4.6.4: eleven terms are permerror, and so is a loop, which never stops adding.
        if (walk.HasLoop || walk.Lookups > SpfLimits.Lookups) outcome.Errors.Add(SpfStatus.PermerrorLookupLimit);
        if (level == SpfEvalLevel.Full && walk.Voids > SpfLimits.Voids) outcome.Errors.Add(SpfStatus.PermerrorVoidLimit);
        // The order of the enum is the precedence; temperror stands last, since the permerrors beside it are certain without it.
        return Result(zone, level, reading, outcome.Errors.Any ? outcome.Errors.First : SpfStatus.Valid, walk, outcome, passingIp4);
    }

    /// <summary>One object, written once: a row is made for every name of a scan.</summary>
    /// <param name="reading">Null for a name that no record can stand at.</param>
    /// <param name="walk">Not null exactly for a record that satisfies the grammar, and so <paramref name="outcome"/> and <paramref name="passingIp4"/>.</param>
    private static SpfResult Result(
        SpfZone zone, SpfEvalLevel level, SpfReading? reading, SpfStatus status, SpfWalk? walk = null, SpfWalk.Outcome? outcome = null,
        List<SpfIp4Network>? passingIp4 = null)
    {
        var answer = zone.Answer(zone.Sender, DnsRecordType.Txt)!;
        bool known = !answer.Status.IsUnknown();
        var sizes = TxtSizes.Of(answer);
        var txt = reading?.Txt;
        var record = walk is null ? null : reading!.Record;
        return new SpfResult
        {
            Status = status,
            Class = ClassOf(status, outcome),
            Answer = answer,
            All = record is null ? null : AllOf(record),
            EffectiveAll = outcome?.EffectiveAll,
            Permissive = outcome?.Permissive,
            // RFC 7208 §10.1.2
            NoMail = txt is null ? null : status == SpfStatus.Valid && record!.Directives is [{ Mechanism: SpfMechanism.All, Qualifier: SpfQualifier.Fail }],
            Errors = ErrorWords(status, walk, outcome),
            SyntaxError = reading?.SyntaxError,
            // An evaluator that goes round a loop counts to the limit and one more.
            LookupsWorst = walk is null ? null : walk.HasLoop ? Math.Max(walk.Lookups, SpfLimits.Lookups + 1) : walk.Lookups,
            VoidWorst = level == SpfEvalLevel.Full ? walk?.Voids : null,
            EvalLevel = status is SpfStatus.Unknown or SpfStatus.None ? null : level,
            RedirectChain = walk?.RedirectChain ?? [],
            Includes = walk?.Includes ?? [],
            IncludeDepth = walk?.Depth,
            Ipv4Count = passingIp4 is null ? null : CountAddresses(passingIp4),
            WidestIp4 = passingIp4 is null or { Count: 0 } ? null : WidestOf(passingIp4),
            HasPtr = record?.HasPtr,
            HasDynamicMacro = record?.HasDynamicMacro,
            Length = txt?.Text.Length,
            Strings = txt?.Strings.Count,
            NearMiss = reading?.NearMiss,
            Quirks = record is null ? NoWords : QuirksOf(record, txt!.Text),
            Raw = txt is null ? null : Evidence.Escape(txt.Text),
            Candidates = reading is null || reading.Candidates.Count == 0 ? [] : Escaped(reading.Candidates),
            TxtRrsetBytes = known ? sizes.Rdata : null,
            // RFC 7208 §3.4: "under 450 octets" with the name.
            TxtOver450 = known ? sizes.NameAndText >= 450 : null,
            TxtOver512 = known ? sizes.Message > 512 : null,
            // A truncated answer that TCP did not complete needed it too.
            TxtNeededTcp = known || answer.Status == DnsStatus.Truncated ? answer.OverTcp || answer.Status == DnsStatus.Truncated : null,
            Zone = zone,
        };
    }

    private static string[] ErrorWords(SpfStatus status, SpfWalk? walk, SpfWalk.Outcome? outcome)
    {
        if (status is SpfStatus.Unknown or SpfStatus.None or SpfStatus.Valid) return [];
        if (outcome is null) return [status.Word()];
        return
        [
            .. outcome.Errors.InOrder().Select(e => e.Word()),
            .. walk!.HasLoop ? ["loop"] : Array.Empty<string>(),
            .. outcome.Inner.InOrder().Select(e => e.Word().Replace("permerror_", NestedPrefix, StringComparison.Ordinal)),
        ];
    }

    private static string[] Escaped(IReadOnlyList<string> texts) => [.. texts.Select(Evidence.Escape)];

    private static SpfClass ClassOf(SpfStatus status, SpfWalk.Outcome? outcome) => status switch
    {
        SpfStatus.None => SpfClass.None,
        SpfStatus.Unknown => SpfClass.Unknown,
        // Published, but what it comes to could not be seen: not "invalid".
        SpfStatus.Temperror => SpfClass.Unknown,
        SpfStatus.Valid when outcome!.Permissive != SpfPermissive.None => SpfClass.Pass,
        SpfStatus.Valid => outcome!.EffectiveAll switch
        {
            SpfEffectiveAll.Fail => SpfClass.Fail,
            SpfEffectiveAll.Softfail => SpfClass.Softfail,
            SpfEffectiveAll.Neutral or SpfEffectiveAll.NeutralDefault => SpfClass.Neutral,
            SpfEffectiveAll.Pass => SpfClass.Pass,
            SpfEffectiveAll.Dynamic => SpfClass.Dynamic,
            // A redirect that was not followed (level record).
            _ => SpfClass.Unknown,
        },
        _ => SpfClass.Invalid,
    };

    private static SpfAll AllOf(SpfRecord record) => record.All?.Qualifier switch
    {
        SpfQualifier.Fail => SpfAll.Fail,
        SpfQualifier.Softfail => SpfAll.Softfail,
        SpfQualifier.Neutral => SpfAll.Neutral,
        SpfQualifier.Pass => SpfAll.Pass,
        _ => record.Redirect is null ? SpfAll.Missing : SpfAll.Redirect,
    };

    private static IReadOnlyList<string> QuirksOf(SpfRecord record, string text)
    {
        bool versionCase = !text.StartsWith("v=spf1", StringComparison.Ordinal);
        // RFC 7208 §5.5: ptr SHOULD NOT be published.
        if (!record.HasMechanismAsModifier && !versionCase) return record.HasPtr ? PtrQuirk : NoWords;
        var quirks = new List<string>();
        if (record.HasMechanismAsModifier) quirks.Add("mechanism_as_modifier");
        if (record.HasPtr) quirks.Add("ptr");
        if (versionCase) quirks.Add("version_case");
        return quirks;
    }

    private static int WidestOf(List<SpfIp4Network> networks)
    {
        int widest = 32;
        foreach (var network in networks) widest = Math.Min(widest, network.Prefix);
        return widest;
    }

    /// <summary>Distinct addresses, 0 to 2^32: as disjoint ranges. Sorts the list.</summary>
    private static long CountAddresses(List<SpfIp4Network> networks)
    {
        networks.Sort(static (a, b) => FirstOf(a).CompareTo(FirstOf(b)));
        long count = 0, end = 0;
        foreach (var network in networks)
        {
            long first = FirstOf(network), last = first + (1L << (32 - network.Prefix));
            if (last <= end) continue;
            count += last - Math.Max(first, end);
            end = last;
        }
        return count;

        static long FirstOf(SpfIp4Network network) => network.Address & ~((1L << (32 - network.Prefix)) - 1);
    }
}
