using Scanner.Checks.Mx;
using Scanner.Dns;

namespace Scanner.Checks.MtaSts;

/// <summary>
/// Answers in, verdict out (classification.md 6.5), in two steps, because what the TXT says decides whether a policy is fetched at all.
/// Nothing here looks at a parent: MTA-STS is not inherited (RFC 8461 §3.4).
/// </summary>
public static class MtaStsClassifier
{
    /// <summary>Everything known before a fetch. For a record that is ok the status is <see cref="MtaStsStatus.Unknown"/> until
    /// <see cref="Classify"/> has seen the fetch.</summary>
    public static MtaStsResult ClassifyRecord(DnsAnswer txt)
    {
        // RFC 8461 §3.1 lets a sender go on without policy when it cannot look; a study must not call that "no record".
        if (txt.Presence == Presence.Unknown) return Result(MtaStsRecordState.Unknown, MtaStsStatus.Unknown);

        var texts = TxtRrset.Texts(txt);
        // Nearly every name.
        if (texts.Count == 0) return Result(MtaStsRecordState.Absent, MtaStsStatus.Absent);
        // With one TXT the grammar decides; with several, what does not begin with the literal "v=STSv1;" is discarded first. RFC 8461 §3.1
        Predicate<string> isCandidate = texts.Count == 1 ? MtaStsRecordParser.IsCandidateAlone : MtaStsRecordParser.IsCandidateAmongSeveral;
        var selected = new List<string>(texts.Count);
        List<string>? nearly = null;
        MtaStsNearMiss? nearMiss = null;
        foreach (string text in texts)
        {
            if (isCandidate(text)) selected.Add(text);
            else if (MtaStsRecordParser.NearMiss(text) is { } miss)
            {
                (nearly ??= []).Add(text);
                // The order of an RRset means nothing: the first kind of the enum is told.
                if (nearMiss is null || miss < nearMiss) nearMiss = miss;
            }
        }
        string[] candidates = [.. selected.Concat(nearly ?? []).Select(Evidence.Escape)];
        // Not exactly one left: the domain has no policy. RFC 8461 §3.1
        if (selected.Count == 0)
            return Result(MtaStsRecordState.Absent, MtaStsStatus.Absent) with { Candidates = candidates, NearMiss = nearMiss };
        if (selected.Count > 1) return Result(MtaStsRecordState.RecordMultiple, MtaStsStatus.RecordMultiple) with { Candidates = candidates };

        bool valid = MtaStsRecordParser.Parse(selected[0], out var reading) == RecordMatch.Valid;
        return Result(valid ? MtaStsRecordState.Ok : MtaStsRecordState.RecordInvalid, valid ? MtaStsStatus.Unknown : MtaStsStatus.RecordInvalid) with
        {
            Candidates = candidates,
            RecordError = reading.Error,
            Id = reading.Id,
            RecordLenient = reading.Lenient,
            RawTxt = Evidence.Escape(selected[0]),
        };

        MtaStsResult Result(MtaStsRecordState record, MtaStsStatus status) => new() { Answer = txt, Record = record, Status = status, TxtCname = txt.CnameTarget };
    }

    /// <summary>Is the policy to be fetched? For an invalid record only when a lenient reader would: so that we know what strictness costs.</summary>
    public static bool WantsFetch(MtaStsResult result) =>
        result.Record == MtaStsRecordState.Ok || (result.Record == MtaStsRecordState.RecordInvalid && result.RecordLenient == true);

    /// <summary>The final verdict.</summary>
    /// <param name="recordOnly">From <see cref="ClassifyRecord"/>; one that <see cref="WantsFetch"/> nothing comes back as it is.</param>
    /// <param name="mx">What the MX check found, or null when it was not asked for.</param>
    public static MtaStsResult Classify(MtaStsResult recordOnly, PolicyFetch fetch, MxResult? mx)
    {
        if (!WantsFetch(recordOnly)) return recordOnly;
        // Not asked is not failed: the status stays unknown, and a later pass may ask.
        if (fetch.NotAsked) return recordOnly with { Fetch = fetch };
        var result = recordOnly with
        {
            Fetch = fetch,
            Stage = fetch.FailedStage,
            Error = fetch.Error,
            RawPolicy = fetch.Body is null ? null : Evidence.Escape(fetch.Body),
        };
        if (fetch.FailedStage is { } stage) return WithStatus(result, FailedAt(stage));

        var policy = MtaStsPolicyParser.Parse(fetch.Body);
        result = result with { PolicyStrict = policy.Strict, Quirks = policy.Quirks, PolicyErrors = policy.Errors };
        if (!policy.Usable)
        {
            // Octets in which no field can be read and that are no text at all (a picture, something compressed) fail one rung earlier.
            if (policy.Errors.Count == MtaStsPolicyParser.MostErrors && policy.Quirks.Contains("not_text"))
                return WithStatus(result with { Stage = MtaStsStage.Body, Error = MtaStsError.NotText }, MtaStsStatus.FetchFailedBody);
            // An empty body and a web page are policy failures with all four errors, not failures of the body. classification.md P22, P23
            return WithStatus(result with { Stage = MtaStsStage.Policy, Error = policy.Errors[0] }, MtaStsStatus.PolicyInvalid);
        }
        var mode = policy.Mode!.Value;
        return WithStatus(result with
        {
            Mode = mode,
            MaxAge = policy.MaxAge,
            MxPatterns = policy.MxPatterns,
            MxMatch = MtaStsMxMatcher.Match(mode, policy.MxPatterns, mx, out var unused),
            UnusedPatterns = unused,
        }, mode switch
        {
            MtaStsMode.Enforce => MtaStsStatus.ValidEnforce,
            MtaStsMode.Testing => MtaStsStatus.ValidTesting,
            _ => MtaStsStatus.ValidNone,
        });
    }

    /// <summary>A bad record stays a bad record; what its policy came to stands beside it.</summary>
    private static MtaStsResult WithStatus(MtaStsResult result, MtaStsStatus status) =>
        result.Record == MtaStsRecordState.Ok ? result with { Status = status } : result with { LenientStatus = status };

    private static MtaStsStatus FailedAt(MtaStsStage stage) => stage switch
    {
        MtaStsStage.Dns => MtaStsStatus.FetchFailedDns,
        MtaStsStage.Tcp => MtaStsStatus.FetchFailedTcp,
        MtaStsStage.Tls => MtaStsStatus.FetchFailedTls,
        MtaStsStage.Http => MtaStsStatus.FetchFailedHttp,
        MtaStsStage.Body => MtaStsStatus.FetchFailedBody,
        _ => MtaStsStatus.PolicyInvalid,
    };
}
