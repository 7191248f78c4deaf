using Scanner.Dns;

namespace Scanner.Checks.Spf;

/// <summary>DNS answers in, <see cref="SpfResult"/> out (classification.md 4). Runs as well on recorded answers as on live ones.</summary>
public static class SpfClassifier
{
    /// <summary>Prefix of the words in <see cref="SpfResult.Errors"/> that name the cause of a <c>permerror_nested</c>, as in
    /// <c>nested_syntax</c>: the status words themselves speak of the listed name's own record.</summary>
    private const string NestedPrefix = "nested_";

    private static readonly string[] MechanismNames = [.. Words.All<SpfMechanism>()];

    public static SpfResult Classify(SpfZone zone, SpfEvalLevel level)
    {
        var answer = zone.Answer(zone.Sender, DnsRecordType.Txt)!;
        // RFC 7208 §4.3: a malformed or single-label domain is "none", whatever DNS says.
        if (!SpfTarget.IsMultiLabelName(zone.Sender)) return Without(answer, SpfStatus.None, SpfClass.None);
        var reading = zone.Read(zone.Sender)!;
        return Of(reading) with { Zone = zone };

        SpfResult Of(SpfReading reading) => reading.State switch
        {
            SpfReadingState.Unknown => Without(answer, SpfStatus.Unknown, SpfClass.Unknown),
            SpfReadingState.None => Without(answer, SpfStatus.None, SpfClass.None) with
            {
                NearMiss = reading.NearMiss,
                Candidates = Escaped(reading.Candidates),
            },
            SpfReadingState.Multiple => Without(answer, SpfStatus.PermerrorMultipleRecords, SpfClass.Invalid) with
            {
                Errors = [SpfStatus.PermerrorMultipleRecords.Word()],
                Candidates = Escaped(reading.Candidates),
                EvalLevel = level,
            },
            SpfReadingState.Malformed => WithText(answer, reading, SpfStatus.PermerrorSyntax, SpfClass.Invalid) with
            {
                Errors = [SpfStatus.PermerrorSyntax.Word()],
                SyntaxError = reading.SyntaxError,
                EvalLevel = level,
            },
            _ => Evaluate(zone, level, answer, reading),
        };
    }

    /// <summary>What level <see cref="SpfEvalLevel.Full"/> needs to know beyond the answers in the zone; the addresses of MX hosts only after
    /// the MX answers.</summary>
    public static IReadOnlyCollection<DnsQuestion> HostQuestions(SpfZone zone)
    {
        if (!SpfTarget.IsMultiLabelName(zone.Sender) || zone.Read(zone.Sender)?.Record is not { } record) return [];
        new SpfWalk(zone, SpfEvalLevel.Full).Visit(zone.Sender, record, passing: true, isOwn: true);
        return zone.TakeMissing();
    }

    /// <summary>The worst case term by term, for a person to read; empty without a valid record.</summary>
    public static IReadOnlyList<SpfStep> StepsOf(SpfZone zone, SpfEvalLevel level)
    {
        var steps = new List<SpfStep>();
        if (SpfTarget.IsMultiLabelName(zone.Sender) && zone.Read(zone.Sender)?.Record is { } record)
            new SpfWalk(zone, level, steps).Visit(zone.Sender, record, passing: true, isOwn: true);
        return steps;
    }

    private static SpfResult Evaluate(SpfZone zone, SpfEvalLevel level, DnsAnswer answer, SpfReading reading)
    {
        var record = reading.Record!;
        var walk = new SpfWalk(zone, level);
        var outcome = walk.Visit(zone.Sender, record, passing: true, isOwn: true);
        // RFC 7208 §4.6.4: eleven terms are permerror, and so is a loop, which never stops adding.
        if (walk.HasLoop || walk.Lookups > SpfLimits.Lookups) outcome.Errors.Add(SpfStatus.PermerrorLookupLimit);
        if (level == SpfEvalLevel.Full && walk.Voids > SpfLimits.Voids) outcome.Errors.Add(SpfStatus.PermerrorVoidLimit);
        // The order of the enum is the precedence; temperror stands last, since the permerrors beside it are certain without it.
        var status = outcome.Errors.Count > 0 ? outcome.Errors.Min : SpfStatus.Valid;
        return WithText(answer, reading, status, ClassOf(status, outcome)) with
        {
            All = AllOf(record),
            EffectiveAll = outcome.EffectiveAll,
            Permissive = outcome.Permissive,
            // RFC 7208 §10.1.2
            NoMail = status == SpfStatus.Valid && record.Directives is [{ Mechanism: SpfMechanism.All, Qualifier: SpfQualifier.Fail }],
            Errors =
            [
                .. outcome.Errors.Select(e => e.Word()),
                .. walk.HasLoop ? ["loop"] : Array.Empty<string>(),
                .. outcome.Inner.Select(e => e.Word().Replace("permerror_", NestedPrefix, StringComparison.Ordinal)),
            ],
            // An evaluator that goes round a loop counts to the limit and one more.
            LookupsWorst = walk.HasLoop ? Math.Max(walk.Lookups, SpfLimits.Lookups + 1) : walk.Lookups,
            VoidWorst = level == SpfEvalLevel.Full ? walk.Voids : null,
            EvalLevel = level,
            RedirectChain = walk.RedirectChain,
            Includes =
            [
                .. record.BeforeAll.Where(d => d.Mechanism == SpfMechanism.Include)
                    .Select(d => SpfTarget.Of(d.Domain, zone.Sender, zone.Sender).Text),
            ],
            IncludeDepth = walk.Depth,
            Ipv4Count = CountAddresses(walk.PassingIp4),
            WidestIp4 = walk.PassingIp4.Count == 0 ? null : walk.PassingIp4.Min(n => n.Prefix),
            HasPtr = record.Directives.Any(d => d.Mechanism == SpfMechanism.Ptr),
            HasDynamicMacro = record.Directives.Any(d => d.Domain is { IsDynamic: true }) || record.Redirect is { Value.IsDynamic: true },
            Quirks = [.. QuirksOf(record, reading.Txt!.Text)],
        };
    }

    private static SpfResult Without(DnsAnswer answer, SpfStatus status, SpfClass @class)
    {
        bool known = !answer.Status.IsUnknown();
        var sizes = TxtSizes.Of(answer);
        return new SpfResult
        {
            Status = status,
            Class = @class,
            Answer = answer,
            TxtRrsetBytes = known ? sizes.Rdata : null,
            // RFC 7208 §3.4: "under 450 octets" with the name.
            TxtOver450 = known ? sizes.NameAndText >= 450 : null,
            TxtOver512 = known ? sizes.Message > 512 : null,
            // A truncated answer that TCP did not complete needed it too.
            TxtNeededTcp = known || answer.Status == DnsStatus.Truncated ? answer.OverTcp || answer.Status == DnsStatus.Truncated : null,
        };
    }

    private static SpfResult WithText(DnsAnswer answer, SpfReading reading, SpfStatus status, SpfClass @class) =>
        Without(answer, status, @class) with
        {
            NoMail = false,
            Length = reading.Txt!.Text.Length,
            Strings = reading.Txt.Strings.Count,
            Raw = Evidence.Escape(reading.Txt.Text),
        };

    private static string[] Escaped(IReadOnlyList<string> texts) => [.. texts.Select(Evidence.Escape)];

    private static SpfClass ClassOf(SpfStatus status, SpfWalk.Outcome outcome) => status switch
    {
        // Published, but what it comes to could not be seen: not "invalid".
        SpfStatus.Temperror => SpfClass.Unknown,
        SpfStatus.Valid when outcome.Permissive != SpfPermissive.None => SpfClass.Pass,
        SpfStatus.Valid => outcome.EffectiveAll switch
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

    private static IEnumerable<string> QuirksOf(SpfRecord record, string text)
    {
        // RFC 7208 §6: "include=x" is an unknown modifier, and ignored.
        if (record.Terms.OfType<SpfModifier>().Any(m => MechanismNames.Contains(m.Name, StringComparer.OrdinalIgnoreCase)))
            yield return "mechanism_as_modifier";
        // RFC 7208 §5.5: SHOULD NOT be published.
        if (record.Directives.Any(d => d.Mechanism == SpfMechanism.Ptr)) yield return "ptr";
        if (!text.StartsWith("v=spf1", StringComparison.Ordinal)) yield return "version_case";
    }

    /// <summary>Distinct addresses, 0 to 2^32: as disjoint ranges.</summary>
    private static long CountAddresses(List<SpfIp4Network> networks)
    {
        var ranges = networks.Select(n =>
        {
            long size = 1L << (32 - n.Prefix);
            long first = n.Address & ~(size - 1);
            return (First: first, End: first + size);
        });
        long count = 0, end = 0;
        foreach (var range in ranges.OrderBy(r => r.First))
        {
            if (range.End <= end) continue;
            count += range.End - Math.Max(range.First, end);
            end = range.End;
        }
        return count;
    }
}
