using Scanner.Dns;

namespace Scanner.Reclassify;

/// <summary>Answers from what a row holds. What is not in it was not asked then, so it is "not queried" now, and whatever hangs on it is unknown:
/// a rule that needs more evidence than there is invents none.</summary>
internal sealed class ReplayResolver : IResolver
{
    private readonly Dictionary<DnsQuestion, DnsAnswer> _answers;

    public ReplayResolver(IEnumerable<DnsAnswer> answers) => _answers = answers.ToDictionary(a => a.Question);

    public ValueTask<DnsAnswer> QueryAsync(DnsQuestion question, CancellationToken cancellationToken) =>
        new(_answers.GetValueOrDefault(question) ?? DnsAnswer.Without(question, DnsStatus.NotQueried));
}
