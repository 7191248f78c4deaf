using System.Diagnostics.Metrics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Scanner.Cli.Observe;

/// <summary>
/// <c>http://127.0.0.1:PORT/metrics</c>: the meter <c>Scanner</c> in the text form of Prometheus 0.0.4, on loopback only. OpenTelemetry's own
/// exporter for Prometheus exists as a pre-release alone (1.20.1-beta.1), and the form is a page of text: hence these few lines. Whoever
/// scrapes asks now and then, so one connection is served at a time, without keep-alive.
/// </summary>
internal sealed class PrometheusEndpoint : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly TcpListener _listener;
    private readonly MeterListener _meters = new();
    private readonly CancellationTokenSource _end = new();
    private readonly Task _serving;
    private readonly Dictionary<Instrument, List<(string Tags, double Value)>> _values = [];

    /// <exception cref="UsageException">The port is taken.</exception>
    public PrometheusEndpoint(int port)
    {
        _listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            _listener.Start();
        }
        catch (SocketException e)
        {
            throw new UsageException($"--metrics-port {port}: {e.Message}");
        }
        _meters.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument.Meter.Name == ScanMetrics.MeterName) listener.EnableMeasurementEvents(instrument);
        };
        _meters.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
        _meters.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Add(instrument, value, tags));
        _meters.Start();
        _serving = ServeAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Collects every instrument once.</summary>
    public string Text()
    {
        lock (_values)
        {
            _values.Clear();
            _meters.RecordObservableInstruments();
            var text = new StringBuilder();
            foreach (var (instrument, values) in _values.OrderBy(pair => pair.Key.Name, StringComparer.Ordinal))
            {
                bool counts = instrument is ObservableCounter<long>;
                string name = instrument.Name.Replace('.', '_') + (counts ? "_total" : "");
                text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {instrument.Description}\n# TYPE {name} {(counts ? "counter" : "gauge")}\n");
                foreach (var (tags, value) in values) text.Append(CultureInfo.InvariantCulture, $"{name}{tags} {value}\n");
            }
            return text.ToString();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync().ConfigureAwait(false);
        _listener.Stop();
        await _serving.ConfigureAwait(false);
        _meters.Dispose();
        _end.Dispose();
    }

    private void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var text = new StringBuilder();
        foreach (var (key, tag) in tags)
            text.Append(text.Length == 0 ? '{' : ',').Append(CultureInfo.InvariantCulture, $"{key}=\"{Escape(tag?.ToString() ?? "")}\"");
        if (text.Length > 0) text.Append('}');
        if (!_values.TryGetValue(instrument, out var values)) _values.Add(instrument, values = []);
        values.Add((text.ToString(), value));
    }

    private static string Escape(string label) => label.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    private async Task ServeAsync()
    {
        while (!_end.IsCancellationRequested)
        {
            try
            {
                using var client = await _listener.AcceptTcpClientAsync(_end.Token).ConfigureAwait(false);
                using var patience = CancellationTokenSource.CreateLinkedTokenSource(_end.Token);
                patience.CancelAfter(Patience);
                await AnswerAsync(client.GetStream(), patience.Token).ConfigureAwait(false);
            }
            catch (Exception e) when (e is OperationCanceledException or IOException or SocketException or ObjectDisposedException)
            {
                // The client went away or said nothing, or the scan is over: a scrape is never worth more.
            }
        }
    }

    private async Task AnswerAsync(NetworkStream stream, CancellationToken cancellationToken)
    {
        byte[] request = new byte[4096];
        int length = 0;
        while (length < request.Length && !request.AsSpan(0, length).EndsWith("\r\n\r\n"u8))
        {
            int read = await stream.ReadAsync(request.AsMemory(length), cancellationToken).ConfigureAwait(false);
            if (read == 0) return;
            length += read;
        }
        bool found = request.AsSpan(0, length).StartsWith("GET /metrics "u8);
        byte[] body = Encoding.UTF8.GetBytes(found ? Text() : "the metrics are at /metrics\n");
        string head = string.Create(CultureInfo.InvariantCulture,
            $"HTTP/1.1 {(found ? "200 OK" : "404 Not Found")}\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n");
        await stream.WriteAsync(Encoding.ASCII.GetBytes(head), cancellationToken).ConfigureAwait(false);
        await stream.WriteAsync(body, cancellationToken).ConfigureAwait(false);
    }
}
