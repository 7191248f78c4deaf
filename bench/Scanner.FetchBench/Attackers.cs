using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Scanner.FetchBench;

/// <summary>Hostile policy hosts, each kind at an address of its own on one port, all by the name mta-sts.example.com. Run as a process of
/// its own, so that the memory that is measured is the fetcher's alone.</summary>
internal static class Attackers
{
    public static readonly string[] Kinds =
    [
        "silent", "tls drip", "tls reset", "status drip", "header drip", "interim drip", "body drip", "chunk drip",
        "header flood", "interim flood", "body flood", "chunk flood", "bomb", "redirect", "chain of 100", "ping flood", "good",
    ];

    /// <summary>127.0.1.1 and on: all of 127/8 is loopback on Linux.</summary>
    public static IPAddress AddressOf(int kind) => new([127, 0, 1, (byte)(kind + 1)]);

    /// <summary>Serves until standard input ends.</summary>
    public static async Task<int> RunAsync(string folder)
    {
        using var root = PolicyHosts.Authority("CN=Attack root", null);
        await File.WriteAllTextAsync(PolicyHosts.RootFile(folder), root.ExportCertificatePem());
        var chain = new List<X509Certificate2> { PolicyHosts.Authority("CN=Level 1", root) };
        while (chain.Count < 100) chain.Add(PolicyHosts.Authority($"CN=Level {chain.Count + 1}", chain[^1]));
        var ordinary = Context(chain[0], []);
        var hundred = Context(chain[^1], chain);
        int port = 0;
        for (int kind = 0; kind < Kinds.Length; kind++)
        {
            string name = Kinds[kind];
            var listener = new TcpListener(AddressOf(kind), port);
            listener.Start(1024);
            port = ((IPEndPoint)listener.LocalEndpoint).Port;
            _ = AcceptAsync(listener, name, name == "chain of 100" ? hundred : ordinary);
        }
        Console.WriteLine(port);
        await Console.In.ReadToEndAsync();
        return 0;
    }

    private static SslStreamCertificateContext Context(X509Certificate2 issuer, List<X509Certificate2> chain)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var leaf = PolicyHosts.Leaf(issuer, "mta-sts.example.com", key);
        return SslStreamCertificateContext.Create(leaf.CopyWithPrivateKey(key), [.. chain.Count == 0 ? [issuer] : chain], offline: true);
    }

    private static async Task AcceptAsync(TcpListener listener, string kind, SslStreamCertificateContext certificate)
    {
        while (true) _ = ServeAsync(await listener.AcceptSocketAsync(), kind, certificate);
    }

    private static async Task ServeAsync(Socket socket, string kind, SslStreamCertificateContext certificate)
    {
        try
        {
            using (socket) await AttackAsync(socket, kind, certificate);
        }
        catch (Exception error) when (error is IOException or SocketException or System.Security.Authentication.AuthenticationException)
        {
            // The fetcher has had enough: that is the point.
        }
    }

    private static async Task AttackAsync(Socket socket, string kind, SslStreamCertificateContext certificate)
    {
        if (kind is "silent" or "tls drip" or "tls reset")
        {
            byte[] buffer = new byte[4096];
            await socket.ReceiveAsync(buffer);
            if (kind == "tls reset") socket.LingerState = new LingerOption(true, 0);
            if (kind == "tls drip") await DripAsync([22, 3, 3, 0, 42, .. new byte[40]], async octet => await socket.SendAsync(octet));
            while (kind == "silent" && await socket.ReceiveAsync(buffer) > 0) { }
            return;
        }
        await using var tls = new SslStream(new NetworkStream(socket, ownsSocket: false));
        await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
        {
            ServerCertificateContext = certificate,
            AllowTlsResume = false,
            ApplicationProtocols = kind == "ping flood" ? [SslApplicationProtocol.Http2] : [SslApplicationProtocol.Http11],
        });
        if (await tls.ReadAsync(new byte[4096]) == 0) return;
        var (beginning, again, drip) = Response(kind);
        await tls.WriteAsync(beginning);
        if (drip.Length > 0) await DripAsync(drip, async octet => await tls.WriteAsync(octet));
        else if (again.Length > 0) for (long sent = 0; sent < 1L << 30; sent += again.Length) await tls.WriteAsync(again);
        else await tls.ShutdownAsync();
    }

    private static (byte[] Beginning, byte[] Again, byte[] Drip) Response(string kind) => kind switch
    {
        "status drip" => ([], [], Ascii("HTTP/1.1 200 OK and on")),
        "header drip" => (Ascii("HTTP/1.1 200 OK\r\nX-Slow: "), [], Ascii("1234567890")),
        "interim drip" => ([], [], Ascii("HTTP/1.1 100 Continue\r\n\r\n")),
        "body drip" => (Ascii("HTTP/1.1 200 OK\r\n\r\n"), [], Ascii("version: STSv1\n")),
        "chunk drip" => (Ascii("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"), [], Ascii("0000000000")),
        "header flood" => (Ascii("HTTP/1.1 200 OK\r\n"), Ascii(string.Concat(Enumerable.Repeat("X-Endless: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n", 300))), []),
        "interim flood" => ([], Ascii(string.Concat(Enumerable.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 600))), []),
        "body flood" => (Ascii("HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n"), new byte[16_384], []),
        "chunk flood" => (Ascii("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"), Ascii("4000\r\n" + new string('x', 16_384) + "\r\n"), []),
        "bomb" => (Ascii("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n"), new byte[16_384], []),
        "redirect" => (Ascii("HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/latest/meta-data/\r\nContent-Length: 0\r\n\r\n"), [], []),
        // An empty SETTINGS frame, then PING frames (RFC 9113 §6.5, §6.7).
        "ping flood" => ([0, 0, 0, 4, 0, 0, 0, 0, 0], [.. Enumerable.Repeat(new byte[] { 0, 0, 8, 6, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8 }, 900).SelectMany(f => f)], []),
        _ => (Ascii("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 66\r\n\r\nversion: STSv1\nmode: enforce\nmx: mail.example.com\nmax_age: 604800\n"), [], []),
    };

    /// <summary>An octet every 50 ms, over and over.</summary>
    private static async Task DripAsync(byte[] octets, Func<byte[], Task> send)
    {
        for (int i = 0; i < 10_000; i++)
        {
            await send([octets[i % octets.Length]]);
            await Task.Delay(50);
        }
    }

    private static byte[] Ascii(string text) => Encoding.ASCII.GetBytes(text);
}
