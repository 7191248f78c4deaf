using Scanner.Checks;
using Scanner.Checks.Dkim;
using Scanner.Checks.MtaSts;
using Scanner.Checks.Names;
using Scanner.Checks.Spf;
using Scanner.Report;
using Scanner.Resolve;
using Scanner.Write;

namespace Scanner.Reclassify;

/// <summary>What became of a reclassification.</summary>
public sealed record ReclassifyOutcome(string Folder, long Rows, Summary? Summary);

/// <summary>
/// Classifies a run anew from its rows, without network: the same <see cref="DomainScanner"/> works on the answers that the rows hold
/// (<c>evidence_own</c>, <c>evidence_shared</c> and the facts of the policy fetch). So a new rule can be applied to an old run, and anyone can check that the
/// classes follow from the evidence.
/// </summary>
public static class ReclassifyRun
{
    /// <summary>Rows worked on at once; each takes microseconds, so the batch only has to be larger than the number of processors.</summary>
    private const int Batch = 1_000;

    /// <exception cref="RunFolderException">The run cannot be read, or the output cannot be made.</exception>
    public static async Task<ReclassifyOutcome> RunAsync(
        RunFolder run, string output, PublicSuffixList suffixes, IReadOnlyList<string> commandLine, TimeProvider time, CancellationToken cancellationToken)
    {
        var old = run.LoadManifest();
        var options = OptionsOf(old, suffixes);
        var folder = RunFolder.Create(output);
        var manifest = old with
        {
            SchemaVersion = ResultSchema.Version,
            ScanId = Guid.CreateVersion7(time.GetUtcNow()).ToString(),
            ToolVersion = RunManifest.Tool.Version,
            ToolCommit = RunManifest.Tool.Commit,
            CommandLine = commandLine,
            PslVersion = suffixes.Version,
            DataVersions = RunManifest.EmbeddedData,
            ReclassifiedFrom = old.ScanId,
            ReclassifiedAt = time.GetUtcNow(),
            Complete = false,
            InterruptedReason = "reclassify did not come to its end",
        };
        folder.Save(manifest);

        var stamp = new RunStamp
        {
            ScanId = manifest.ScanId,
            ToolVersion = manifest.ToolVersion,
            ListSha256 = manifest.ListSha256,
            PslVersion = manifest.PslVersion,
            Vantage = manifest.Vantage,
        };
        long rows = 0;
        await using (var writer = new PartWriter(folder.DomainsPath, stamp))
        {
            foreach (var batch in run.ClosedParts().SelectMany(StoredRow.Read).Chunk(Batch))
            {
                var results = new DomainResult[batch.Length];
                await Parallel.ForAsync(0, batch.Length, cancellationToken, async (i, _) =>
                    results[i] = await ClassifyAsync(batch[i], options, time).ConfigureAwait(false)).ConfigureAwait(false);
                foreach (var result in results) await writer.AddAsync(result).ConfigureAwait(false);
                rows += batch.Length;
            }
            await writer.CloseAsync().ConfigureAwait(false);
        }
        folder.Save(manifest with { RowsWritten = rows, Complete = old.Complete, InterruptedReason = old.InterruptedReason });
        return new ReclassifyOutcome(output, rows, rows == 0 ? null : Reporter.Write([folder], folder.FullPath));
    }

    private static async Task<DomainResult> ClassifyAsync(StoredRow row, ScanOptions options, TimeProvider time)
    {
        var waiting = new PendingName(0, row.Name(options.List.PublicSuffixList), row.ScannedAt, row.ScannedAt, row.Evidence(options.Checks));
        var nobody = new EvidenceResolver(waiting.Evidence);
        return await new DomainScanner(nobody, nobody, options, time).ReplayAsync(new ScanItem(waiting.Position, waiting.Name, waiting), row.Pass).ConfigureAwait(false);
    }

    /// <summary>The options of the run that say what was asked and how far, as run.json has them. An older run.json lacks some; then they are what
    /// the program did before they existed.</summary>
    private static ScanOptions OptionsOf(RunManifest run, PublicSuffixList suffixes)
    {
        _ = ScanCheckNames.TryParse(string.Join(',', run.Checks), out var checks);
        bool Yes(string option) => run.Options.GetValueOrDefault(option) == "yes";
        return new ScanOptions
        {
            List = new Input.ListOptions { Source = run.List, PublicSuffixList = suffixes },
            Output = "",
            Resolvers = [],
            PolicyFetch = new PolicyFetchOptions { UserAgent = "" },
            Checks = checks,
            SpfLevel = Words.TryParse(run.Options.GetValueOrDefault("spf-eval-level", ""), out SpfEvalLevel level) ? level : SpfEvalLevel.Tree,
            MxAddresses = Yes("mx-addresses"),
            CheckReportAuth = Yes("check-report-auth"),
            Prune = Yes("prune"),
            DkimTier = Words.TryParse(run.Options.GetValueOrDefault("dkim-tier", ""), out DkimTier tier) ? tier : DkimTier.A,
            AdTrusted = Yes("ad-trusted"),
        };
    }
}
