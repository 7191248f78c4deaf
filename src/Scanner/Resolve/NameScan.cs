using Scanner.Checks;
using Scanner.Checks.Bimi;
using Scanner.Checks.Dane;
using Scanner.Checks.Dkim;
using Scanner.Checks.Dmarc;
using Scanner.Checks.Dnssec;
using Scanner.Checks.MtaSts;
using Scanner.Checks.Mx;
using Scanner.Checks.Names;
using Scanner.Checks.Spf;
using Scanner.Checks.TlsRpt;
using Scanner.Dns;

namespace Scanner.Resolve;

/// <summary>
/// One pass over one name. First MX and TXT of the name itself; then, unless they say that there is no such name, what lies below it; and
/// from each answer what its check calls for. All questions come close together in time, so that they speak of the same state
/// (classification.md 11 point 5).
/// </summary>
/// <param name="ask">For questions that belong to this name only.</param>
/// <param name="askShared">For questions that many names share. Cached, single flight.</param>
internal sealed class NameScan(ListedName listed, IResolver ask, IResolver askShared, ScanOptions options, CancellationToken ct)
{
    private readonly string _name = listed.Name;
    private readonly Lock _lock = new();
    private Task<DnsAnswer>? _control;

    public async Task<DomainResult> RunAsync(DomainResult empty)
    {
        // DANE rests on the AD bit of the MX answer itself, so that one is asked with proof then.
        var mxAnswer = Has(ScanChecks.Mx) ? Ask(_name, DnsRecordType.Mx, dnssec: Has(ScanChecks.Dane)) : null;
        var txtAnswer = Has(ScanChecks.Spf) ? Ask(_name, DnsRecordType.Txt) : null;
        // What follows from each does not wait for the others.
        var mx = mxAnswer is null ? null : Mx(mxAnswer);
        var spf = txtAnswer is null ? null : Spf(txtAnswer);
        var dnssec = Has(ScanChecks.Dnssec) ? DnssecLookup.RunAsync(_name, options.AdTrusted, ask, ct) : null;
        var below = await WhatLiesBelowAsync(mxAnswer, txtAnswer).ConfigureAwait(false);

        var dmarcAnswer = Has(ScanChecks.Dmarc) ? AskBelow(DmarcLookup.Label, below) : null;
        var mtaStsAnswer = Has(ScanChecks.MtaSts) ? AskBelow("_mta-sts", below) : null;
        var tlsRptAnswer = Has(ScanChecks.TlsRpt) ? AskBelow(TlsRptClassifier.Labels, below) : null;
        var domainKeyAnswer = Has(ScanChecks.Dkim) ? AskBelow(DkimLookup.Label, below) : null;
        var bimiAnswer = Has(ScanChecks.Bimi) ? AskBelow(BimiLookup.Labels, below) : null;

        var dmarc = dmarcAnswer is null ? null : Dmarc(dmarcAnswer, mxAnswer, txtAnswer);
        var dkim = domainKeyAnswer is null ? null : Dkim(domainKeyAnswer, mx);
        var dane = Has(ScanChecks.Dane) ? Dane(mx!) : null;
        var bimi = bimiAnswer is null ? null : Bimi(bimiAnswer, dmarc);

        var dmarcResult = dmarc is null ? null : await dmarc.ConfigureAwait(false);
        var mtaSts = mtaStsAnswer is null ? null : MtaStsClassifier.ClassifyRecord(await mtaStsAnswer.ConfigureAwait(false));
        var tlsRpt = tlsRptAnswer is null ? null : TlsRptClassifier.Classify(await tlsRptAnswer.ConfigureAwait(false));
        return empty with
        {
            Mx = mx is null ? null : await mx.ConfigureAwait(false),
            Spf = spf is null ? null : await spf.ConfigureAwait(false),
            Dmarc = dmarcResult,
            MtaSts = mtaSts,
            TlsRpt = tlsRpt,
            Dkim = dkim is null ? null : await dkim.ConfigureAwait(false),
            Dane = dane is null ? null : await dane.ConfigureAwait(false),
            Bimi = bimi is null ? null : await bimi.ConfigureAwait(false),
            Dnssec = dnssec is null ? null : await dnssec.ConfigureAwait(false),
            Wildcard = await WildcardAsync(dmarcResult, mtaSts, tlsRpt).ConfigureAwait(false),
        };
    }

    private bool Has(ScanChecks check) => (options.Checks & check) == check;

    private async Task<MxResult> Mx(Task<DnsAnswer> answer)
    {
        var result = await MxLookup.RunAsync(
            _name, await answer.ConfigureAwait(false), ask, options.MxAddresses ? askShared : null, Has(ScanChecks.Dane), ct).ConfigureAwait(false);
        return result with { Provider = MxProviders.Embedded.Of(_name, listed.OrganizationalDomain, result.Targets, options.List.PublicSuffixList) };
    }

    private async Task<SpfResult> Spf(Task<DnsAnswer> answer) =>
        await SpfLookup.RunAsync(_name, await answer.ConfigureAwait(false), askShared, options.SpfLevel, ct).ConfigureAwait(false);

    private async Task<DmarcResult> Dmarc(Task<DnsAnswer> answer, Task<DnsAnswer>? mxAnswer, Task<DnsAnswer>? txtAnswer)
    {
        var own = await answer.ConfigureAwait(false);
        var apexMx = mxAnswer is null ? null : await mxAnswer.ConfigureAwait(false);
        var apexTxt = txtAnswer is null ? null : await txtAnswer.ConfigureAwait(false);
        return await DmarcLookup.RunAsync(
            _name, Exists(apexMx, apexTxt, own), own, apexTxt, listed.OrganizationalDomain, askShared, ct,
            // A record anywhere shows that the name exists; only an empty answer can be a compact denial.
            apexMx?.Status == DnsStatus.Ok || apexTxt?.Status == DnsStatus.Ok || own.Status == DnsStatus.Ok ? null : IsDeniedAsync,
            options.CheckReportAuth ? options.List.PublicSuffixList : null).ConfigureAwait(false);
    }

    private async Task<bool> IsDeniedAsync() => (await Ask(_name, DnsRecordType.Txt, dnssec: true).ConfigureAwait(false)).NameDenied;

    private async Task<DkimResult> Dkim(Task<DnsAnswer> answer, Task<MxResult>? mx)
    {
        string? provider = mx is null ? null : (await mx.ConfigureAwait(false)).Provider;
        return await DkimLookup.RunAsync(_name, await answer.ConfigureAwait(false), ControlAsync, DkimSelectors.Embedded.For(provider, options.DkimTier), ask, ct)
            .ConfigureAwait(false);
    }

    private async Task<DaneResult> Dane(Task<MxResult> mx) =>
        await DaneLookup.RunAsync(_name, await mx.ConfigureAwait(false), options.AdTrusted, askShared, ct).ConfigureAwait(false);

    private async Task<BimiResult> Bimi(Task<DnsAnswer> answer, Task<DmarcResult>? dmarc) =>
        await BimiLookup.RunAsync(_name, await answer.ConfigureAwait(false), listed.OrganizationalDomain, dmarc, askShared, ct).ConfigureAwait(false);

    /// <summary>Did a TXT wildcard make any of the records found? One probe, and only where the answers at hand do not say (see
    /// <see cref="WildcardProvenance"/>).</summary>
    private async ValueTask<WildcardFindings?> WildcardAsync(DmarcResult? dmarc, MtaStsResult? mtaSts, TlsRptResult? tlsRpt)
    {
        if (dmarc is null && mtaSts is null && tlsRpt is null) return null;
        var found = new List<(string Check, DnsAnswer Answer, Predicate<string> IsRecord)>();
        if (dmarc is { Own: true }) found.Add(("dmarc", dmarc.Answer, text => DmarcRecordParser.IsDmarc(text)));
        if (mtaSts is { Record: not (MtaStsRecordState.Absent or MtaStsRecordState.Unknown) }) found.Add(("mta-sts", mtaSts.Answer, MtaStsRecordParser.IsCandidateAlone));
        if (tlsRpt is { Status: not (TlsRptStatus.Absent or TlsRptStatus.Unknown) })
            found.Add(("tls-rpt", tlsRpt.Answer, text => TlsRptRecordParser.Parse(text, out _) != RecordMatch.NotThisType));
        if (found.Count == 0)
        {
            // A record that could not be looked for may be there, and may be a wildcard's.
            bool unknown = dmarc is { Own: null } || mtaSts is { Record: MtaStsRecordState.Unknown } || tlsRpt is { Status: TlsRptStatus.Unknown };
            return unknown ? WildcardFindings.Unknown : WildcardFindings.None;
        }
        if (!WildcardProvenance.IsPossible([dmarc?.Answer, mtaSts?.Answer])) return WildcardFindings.None;

        var control = await ControlAsync().ConfigureAwait(false);
        var made = found.Select(f => (f.Check, Made: WildcardProvenance.IsSynthesised(f.Answer, control, f.IsRecord))).ToArray();
        return made.Any(m => m.Made is null) ? WildcardFindings.Unknown : new WildcardFindings([.. made.Where(m => m.Made == true).Select(m => m.Check)]);
    }

    /// <summary>TXT at a name that nobody made: for the DKIM namespace and for wildcards, asked at most once.</summary>
    private Task<DnsAnswer> ControlAsync()
    {
        lock (_lock) return _control ??= AskBelow(ControlName.LabelFor(_name), Below.Ask);
    }

    /// <summary>What the answers to the name itself say about those below it.</summary>
    private enum Below
    {
        Ask,

        /// <summary>There are none. RFC 8020 §2: NXDOMAIN for the name says so for all names under it.</summary>
        Denied,

        /// <summary>Nothing, and whoever serves them is likely to serve the names below as well.</summary>
        AskLater,
    }

    /// <summary>
    /// One definitive answer of another kind shows that the NXDOMAIN of the other is a server's fault, and then everything is asked. After a
    /// CNAME the RCODE speaks of the target (RFC 6604 §3). Waits no longer than the answers leave it open.
    /// </summary>
    private async Task<Below> WhatLiesBelowAsync(Task<DnsAnswer>? mx, Task<DnsAnswer>? txt)
    {
        // One unanswered question may be due to its type, or to the size of its answer.
        bool later = options.LeaveBelowForLater && mx is not null && txt is not null;
        if (!options.Prune && !later) return Below.Ask;
        bool denied = false;
        var (next, last) = (mx ?? txt, mx is null ? null : txt);
        if (next is not null && last is not null && await Task.WhenAny(next, last).ConfigureAwait(false) == last) (next, last) = (last, next);
        for (; next is not null; (next, last) = (last, null))
        {
            var answer = await next.ConfigureAwait(false);
            if (answer.Presence == Presence.Unknown) continue;
            later = false;
            if (!options.Prune || !answer.IsDenial) return Below.Ask;
            denied = true;
        }
        return denied ? Below.Denied : later ? Below.AskLater : Below.Ask;
    }

    /// <summary>Does the name itself exist? Only NXDOMAIN for the very name says no (RFC 9989 §3.2.13); after a CNAME it speaks of
    /// the target, and the name exists. A record or an empty answer below it says yes (RFC 8020 §2).</summary>
    private static Presence Exists(DnsAnswer? apexMx, DnsAnswer? apexTxt, DnsAnswer below)
    {
        foreach (var answer in (ReadOnlySpan<DnsAnswer?>)[apexMx, apexTxt])
        {
            if (answer is null || answer.Presence == Presence.Unknown) continue;
            return answer.IsDenial ? Presence.Absent : Presence.Present;
        }
        return below.Status is DnsStatus.Ok or DnsStatus.Nodata ? Presence.Present : Presence.Unknown;
    }

    private Task<DnsAnswer> AskBelow(string labels, Below below)
    {
        if (!DomainName.TryPrefix(labels, _name, out string? full))
            return Task.FromResult(DnsAnswer.Without(new DnsQuestion($"{labels}.{_name}", DnsRecordType.Txt), DnsStatus.NameTooLong));
        return below switch
        {
            Below.Denied => Task.FromResult(DnsAnswer.PrunedBelow(new DnsQuestion(full, DnsRecordType.Txt))),
            Below.AskLater => Task.FromResult(DnsAnswer.Without(new DnsQuestion(full, DnsRecordType.Txt), DnsStatus.NotQueried)),
            _ => Ask(full, DnsRecordType.Txt),
        };
    }

    private Task<DnsAnswer> Ask(string name, DnsRecordType type, bool dnssec = false) =>
        ask.QueryAsync(new DnsQuestion(name, type, dnssec), ct).AsTask();
}
