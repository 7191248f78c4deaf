using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Scanner.Cli.Observe;

/// <summary>
/// A log of JSON lines, to a file or to standard error: time, level, event, message, and every value of the message by its name. The JSON
/// writer escapes control characters, quotes and everything beyond ASCII, so nothing that a stranger put into a name or a record can
/// write a line of its own or speak to a terminal. A file is appended to, and a log that cannot be written does not end a scan.
/// </summary>
internal sealed class JsonLog(Stream output, LogLevel level, TimeProvider time) : ILoggerProvider, ILogger
{
    private readonly Lock _lock = new();
    private bool _broken;

    /// <exception cref="UsageException">The file cannot be opened.</exception>
    public static JsonLog ToFile(string path, LogLevel level, TimeProvider time)
    {
        try
        {
            return new JsonLog(new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0), level, time);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"--log-file {path}: {e.Message}");
        }
    }

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= level && logLevel != LogLevel.None;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel)) return;
        using var line = new MemoryStream();
        using (var json = new Utf8JsonWriter(line))
        {
            json.WriteStartObject();
            json.WriteString("time", time.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
            json.WriteString("level", logLevel.ToString().ToLowerInvariant());
            json.WriteString("event", eventId.Name);
            json.WriteString("message", formatter(state, exception));
            if (state is IReadOnlyList<KeyValuePair<string, object?>> values)
            {
                foreach (var (key, value) in values)
                    if (key != "{OriginalFormat}") Write(json, key, value);
            }
            if (exception is not null) json.WriteString("exception", exception.ToString());
            json.WriteEndObject();
        }
        line.Write("\n"u8);
        lock (_lock)
        {
            if (_broken) return;
            try
            {
                output.Write(line.GetBuffer(), 0, (int)line.Length);
            }
            catch (IOException)
            {
                _broken = true;
            }
        }
    }

    public void Dispose() => output.Dispose();

    private static void Write(Utf8JsonWriter json, string key, object? value)
    {
        json.WritePropertyName(key);
        switch (value)
        {
            case null: json.WriteNullValue(); break;
            case bool flag: json.WriteBooleanValue(flag); break;
            case int number: json.WriteNumberValue(number); break;
            case long number: json.WriteNumberValue(number); break;
            case double number when double.IsFinite(number): json.WriteNumberValue(Math.Round(number, 3)); break;
            case IFormattable formattable: json.WriteStringValue(formattable.ToString(null, CultureInfo.InvariantCulture)); break;
            default: json.WriteStringValue(value.ToString()); break;
        }
    }
}
