using System.CommandLine;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using Scanner.Checks.Names;
using Scanner.Dns.Resolve;
using Scanner.Input;

namespace Scanner.Cli.Observe;

/// <summary>The options by which a run is watched from outside: log, metrics, heartbeat, trace of one name.</summary>
internal sealed class ObservingOptions
{
    private static readonly string[] Levels = ["trace", "debug", "information", "warning", "error", "critical"];

    /// <summary>How often metrics are sent. A scan lasts minutes to hours.</summary>
    private static readonly TimeSpan ExportInterval = TimeSpan.FromSeconds(10);

    private readonly Option<string?> _logFile = new("--log-file") { Description = "append a log of JSON lines to FILE; - for standard error", HelpName = "FILE" };
    private readonly Option<string?> _logLevel = new("--log-level") { Description = $"lowest level that is logged: {string.Join(", ", Levels)} (default: information)", HelpName = "LEVEL" };
    private readonly Option<string?> _otlp = new("--metrics-otlp") { Description = "send metrics to this OTLP collector over gRPC every 10 seconds, for example http://127.0.0.1:4317", HelpName = "URL" };
    private readonly Option<int?> _port = new("--metrics-port") { Description = "serve metrics for Prometheus at http://127.0.0.1:N/metrics; 0 for a free port", HelpName = "N" };
    private readonly Option<string?> _heartbeat = new("--heartbeat") { Description = "write FILE anew every 10 seconds, for a watchdog", HelpName = "FILE" };
    private readonly Option<string?> _trace = new("--trace") { Description = "write everything about one name, message by message, to trace.jsonl in the run folder", HelpName = "NAME" };

    public ObservingOptions()
    {
        ResolvingOptions.Require(_logLevel, text => text is null || Levels.Contains(text), $"must be one of {string.Join(", ", Levels)}");
        ResolvingOptions.Require(_otlp, text => text is null || (Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"), "must be an http or https URL");
        ResolvingOptions.Require(_port, port => port is null or (>= 0 and <= 65_535), "must be 0 to 65535");
        ResolvingOptions.Require(_trace, text => text is null || NameNormaliser.Clean(text).Form == NameForm.Name, "must be a domain name");
    }

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[_logFile, _logLevel, _otlp, _port, _heartbeat, _trace]) command.Options.Add(option);
    }

    /// <summary>The name to trace, normalised as the list's names are.</summary>
    public string? Trace(ParseResult parsed) => parsed.GetValue(_trace) is { } text ? NameNormaliser.Clean(text).Name : null;

    /// <summary>Begins to watch.</summary>
    /// <param name="display">The terminal's; watches along.</param>
    public Watch Begin(ParseResult parsed, IScanObserver display, TimeProvider time)
    {
        var watch = new Watch(display);
        if (parsed.GetValue(_logFile) is { } file) watch.Add(OpenLog(file, parsed.GetValue(_logLevel), time));
        else if (parsed.GetValue(_logLevel) is not null) throw new UsageException("--log-level needs --log-file FILE, or --log-file - for standard error");
        if (parsed.GetValue(_heartbeat) is { } heartbeat) watch.Add(new Heartbeat(heartbeat, time));
        if (parsed.GetValue(_port) is { } port)
        {
            var endpoint = new PrometheusEndpoint(port);
            if (port == 0) Terminal.Note($"metrics: http://127.0.0.1:{endpoint.Port}/metrics");
            watch.Keep(endpoint);
        }
        if (parsed.GetValue(_otlp) is { } collector) watch.Keep(Export(new Uri(collector)));
        return watch;
    }

    private static JsonLog OpenLog(string file, string? level, TimeProvider time)
    {
        var lowest = level is null ? LogLevel.Information : Enum.Parse<LogLevel>(level, ignoreCase: true);
        return file == "-" ? new JsonLog(Console.OpenStandardError(), lowest, time) : JsonLog.ToFile(file, lowest, time);
    }

    /// <summary>OpenTelemetry's exporter sends from a thread of its own; a collector that does not answer costs the scan nothing.</summary>
    private static MeterProvider Export(Uri collector) => Sdk.CreateMeterProviderBuilder()
        .AddMeter(ScanMetrics.MeterName)
        .AddOtlpExporter((exporter, reader) =>
        {
            exporter.Endpoint = collector;
            exporter.Protocol = OtlpExportProtocol.Grpc;
            exporter.TimeoutMilliseconds = (int)ExportInterval.TotalMilliseconds / 2;
            reader.PeriodicExportingMetricReaderOptions.ExportIntervalMilliseconds = (int)ExportInterval.TotalMilliseconds;
        })
        .Build();

    /// <summary>Everybody who watches one run.</summary>
    internal sealed class Watch(IScanObserver display) : IAsyncDisposable
    {
        private readonly List<IScanObserver> _observers = [display, new MetricsSource()];
        private readonly List<object> _resources = [];
        private LoggingObserver? _log;

        public IScanObserver Observer => new Observers(_observers);

        public void Add(JsonLog log)
        {
            _resources.Add(log);
            _observers.Add(_log = new LoggingObserver(log));
        }

        public void Add(Heartbeat heartbeat)
        {
            _resources.Add(heartbeat);
            _observers.Add(heartbeat);
        }

        public void Keep(object resource) => _resources.Add(resource);

        public void Ended(ScanOutcome outcome) => _log?.Ended(outcome);

        public async ValueTask DisposeAsync()
        {
            // The exporters first: they collect once more, while the instruments are still there.
            foreach (object resource in Enumerable.Reverse(_resources))
            {
                if (resource is IAsyncDisposable asynchronous) await asynchronous.DisposeAsync().ConfigureAwait(false);
                else ((IDisposable)resource).Dispose();
            }
            foreach (var source in _observers.OfType<MetricsSource>()) source.Dispose();
        }
    }

    /// <summary>The instruments live as long as the run.</summary>
    private sealed class MetricsSource : IScanObserver, IDisposable
    {
        private ScanMetrics? _metrics;

        public void ListSurveyed(ListSurvey survey)
        {
        }

        public void Warning(string text)
        {
        }

        public void Started(ScanProgress progress, ResolverStatistics statistics) => _metrics = new ScanMetrics(progress, statistics);

        public void Dispose() => _metrics?.Dispose();
    }
}
