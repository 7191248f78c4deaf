using System.Diagnostics;
using Scanner.Dns;

namespace Scanner.Checks.Spf;

/// <summary>
/// Asks what the classifier needs: the TXT records of includes and redirects level by level, then, at level full, the hosts.
/// SPF RFC 7208; NODATA RFC 2308.
/// </summary>
public static class SpfLookup
{
    /// <summary>TXT lookups for one listed name beyond its own. Real trees stay under 40; each name asked stands for at least one term
    /// counted, so a tree that is cut here is over the limit of ten for certain (RFC 7208 §4.6.4).</summary>
    public const int MaxTxtLookups = 50;

    /// <param name="name">The listed name: lower-case A-labels, no trailing dot.</param>
    /// <param name="apexTxt">The TXT answer at that name.</param>
    /// <param name="resolver">Cached and shared: the same includes stand in thousands of records.</param>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> fired.</exception>
    public static async ValueTask<SpfResult> RunAsync(
        string name, DnsAnswer apexTxt, IResolver resolver, SpfEvalLevel level, CancellationToken cancellationToken)
    {
        var zone = new SpfZone(name, apexTxt);
        if (level >= SpfEvalLevel.Tree && SpfTarget.IsMultiLabelName(name)) await ReadTreeAsync(zone, resolver, cancellationToken);
        if (level >= SpfEvalLevel.Full)
        {
            // Twice: first what the terms name, then the hosts of MX answers. At most ten terms before the limit, ten hosts each.
            for (int round = 0; round < 2; round++)
                await AskAsync(zone, [.. SpfClassifier.HostQuestions(zone)], resolver, cancellationToken);
        }
        return SpfClassifier.Classify(zone, level);
    }

    /// <summary>check_host() for one client (RFC 7208 §4).</summary>
    /// <param name="domain">The name whose record is asked, in A-labels, without the trailing dot.</param>
    /// <param name="resolver">Asked for what the evaluation meets, and no more: at most ten terms, each with at most ten hosts.</param>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> fired.</exception>
    public static async ValueTask<SpfCheck> CheckHostAsync(string domain, SpfClient client, IResolver resolver, CancellationToken cancellationToken)
    {
        string name = domain.ToLowerInvariant();
        var zone = new SpfZone(name);
        while (true)
        {
            if (SpfEvaluator.CheckHost(zone, client, name) is { } check) return check;
            var missing = zone.TakeMissing();
            // An evaluation that gives up without saying what it wants would be tried for ever.
            if (missing.Count == 0) throw new UnreachableException("check_host() has neither a result nor a question");
            await AskAsync(zone, [.. missing], resolver, cancellationToken);
        }
    }

    private static async ValueTask ReadTreeAsync(SpfZone zone, IResolver resolver, CancellationToken cancellationToken)
    {
        if (zone.Read(zone.Sender)?.Record is null) return;
        // Level behind level. Most records refer to nothing or to a handful of names.
        List<string> known = [zone.Sender];
        int level = 0;
        while (true)
        {
            int next = known.Count;
            for (; level < next; level++) zone.AddReferences(known[level], known, MaxTxtLookups + 1);
            if (known.Count == next) return;
            var questions = new DnsQuestion[known.Count - next];
            for (int i = 0; i < questions.Length; i++) questions[i] = new DnsQuestion(known[next + i], DnsRecordType.Txt);
            await AskAsync(zone, questions, resolver, cancellationToken);
        }
    }

    /// <summary>All at once: there are never more than <see cref="MaxTxtLookups"/>, and the resolver has its own limits.</summary>
    private static async ValueTask AskAsync(
        SpfZone zone, DnsQuestion[] questions, IResolver resolver, CancellationToken cancellationToken)
    {
        if (questions is [var single])
        {
            zone.Add(single, await resolver.QueryAsync(single, cancellationToken));
            return;
        }
        var asked = new Task<DnsAnswer>[questions.Length];
        for (int i = 0; i < asked.Length; i++) asked[i] = resolver.QueryAsync(questions[i], cancellationToken).AsTask();
        var answers = await Task.WhenAll(asked);
        for (int i = 0; i < answers.Length; i++) zone.Add(questions[i], answers[i]);
    }
}
