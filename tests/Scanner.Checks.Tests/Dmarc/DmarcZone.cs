using System.Text;
using Scanner.Checks.Dmarc;
using Scanner.Dns;
using Scanner.TestSupport;

namespace Scanner.Checks.Tests.Dmarc;

/// <summary>Short ways to a DMARC result from a few lines of zone.</summary>
internal static class DmarcZone
{
    /// <summary>Text as it would stand in the RDATA: UTF-8, one char per octet.</summary>
    public static string Octets(string text) => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text));

    public static DnsAnswer Own(FakeResolver zone, string name) => DmarcLookup.Question(name) is { } question
        ? zone.Query(question.Name, question.Type)
        : DnsAnswer.Without(new DnsQuestion("_dmarc." + name, DnsRecordType.Txt), DnsStatus.NameTooLong);

    public static DmarcResult Run(
        FakeResolver zone, string name, string? orgDomainPsl, Presence nameExists = Presence.Present, DnsAnswer? apexTxt = null)
    {
        // The fake resolver answers at once, so the task is done when it comes back.
        var running = DmarcLookup.RunAsync(
            name, nameExists, Own(zone, name), apexTxt, orgDomainPsl, zone, TestContext.Current.CancellationToken).AsTask();
        Assert.True(running.IsCompletedSuccessfully);
        return running.GetAwaiter().GetResult();
    }

    /// <summary>A registrable name with the given records at <c>_dmarc</c>.</summary>
    public static DmarcResult RunAt(params string[] records)
    {
        var zone = new FakeResolver();
        foreach (string record in records) zone.Txt("_dmarc.example.com", record);
        return Run(zone, "example.com", "example.com");
    }

    public static DmarcRecord Parse(string text)
    {
        Assert.NotEqual(RecordMatch.NotThisType, DmarcRecordParser.Parse(text, out var record));
        return record!;
    }

    public static DmarcSelection Select(params string[] texts) => DmarcSelector.Select(Answer(texts));

    public static DnsAnswer Answer(params string[] texts) => new()
    {
        Question = new DnsQuestion("_dmarc.example.com", DnsRecordType.Txt),
        Status = texts.Length == 0 ? DnsStatus.Nxdomain : DnsStatus.Ok,
        Records = texts.Select(t => TxtRecord.FromText("_dmarc.example.com", 60, t)).ToArray(),
    };
}
