using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Scanner.Write;

namespace Scanner.Report;

/// <summary>summary.json (interface.md section 4). Beyond it: <c>mail_unknown</c> and <c>queries</c>, the completeness.</summary>
public static class SummaryJson
{
    public static string Text(Summary summary)
    {
        using var buffer = new MemoryStream();
        // A file, not HTML: names of lists as they are.
        var options = new JsonWriterOptions { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        using (var json = new Utf8JsonWriter(buffer, options)) Write(json, summary);
        return Encoding.UTF8.GetString(buffer.ToArray()) + "\n";
    }

    private static void Write(Utf8JsonWriter json, Summary summary)
    {
        var (run, figures) = summary;
        json.WriteStartObject();
        json.WriteNumber("schema_version", ResultSchema.Version);

        json.WriteStartObject("run");
        json.WriteString("list", run.List);
        json.WriteString("list_sha256", run.ListSha256);
        json.WriteString("started", run.Started.UtcDateTime);
        if (run.Ended is { } ended) json.WriteString("ended", ended.UtcDateTime);
        else json.WriteNull("ended");
        json.WriteBoolean("complete", run.Complete);
        json.WriteEndObject();

        json.WriteStartObject("denominators");
        foreach (var (name, size) in figures.Denominators) Number(json, name, size);
        json.WriteEndObject();
        Number(json, "mail_unknown", figures.MailUnknown);

        json.WriteStartArray("metrics");
        foreach (var f in figures.All)
        {
            json.WriteStartObject();
            json.WriteString("metric", f.Metric);
            json.WriteString("denominator", f.Denominator);
            json.WriteNumber("numerator", f.Numerator);
            json.WriteNumber("decided", f.Decided);
            json.WriteNumber("unknown", f.Unknown);
            json.WriteNumber("size", f.Size);
            Share(json, "share", f.Share);
            Share(json, "low", f.Low);
            Share(json, "high", f.High);
            json.WriteEndObject();
        }
        json.WriteEndArray();

        json.WriteStartArray("queries");
        foreach (var q in figures.Queries)
        {
            json.WriteStartObject();
            json.WriteString("query", q.Query);
            json.WriteString("status", q.Status);
            json.WriteBoolean("is_unknown", q.IsUnknown);
            json.WriteNumber("listed", q.Listed);
            json.WriteNumber("resolvable", q.Resolvable);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Number(Utf8JsonWriter json, string name, long? value)
    {
        if (value is { } v) json.WriteNumber(name, v);
        else json.WriteNull(name);
    }

    /// <summary>Six decimals: one name in a million still shows.</summary>
    private static void Share(Utf8JsonWriter json, string name, double? value)
    {
        if (value is { } v) json.WriteNumber(name, Math.Round(v, 6));
        else json.WriteNull(name);
    }
}
