using System.Net;
using System.Text;
using Scanner.Checks;
using Scanner.Checks.MtaSts;
using Scanner.Lab;
using Scanner.TestSupport;

namespace Scanner.Tests.RealServers;

/// <summary>Policies fetched from web servers that are not ours: nginx, and for the odd corners of TLS <c>openssl s_server</c>.</summary>
public sealed class RealPolicyHostTests : IDisposable
{
    private const string Policy = "version: STSv1\nmode: enforce\nmx: mail.example.com\nmax_age: 604800\n";

    private readonly string _folder = Directory.CreateTempSubdirectory("policy-hosts-").FullName;
    private readonly PolicyCertificates _certificates;
    private readonly IPEndPoint _endpoint = ServerProcess.FreeEndpoint();

    public RealPolicyHostTests() => _certificates = new PolicyCertificates(_folder);

    public void Dispose()
    {
        _certificates.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Name, certificate, what nginx does at the policy's path, what the fetch comes to.</summary>
    private static readonly (string Name, string Certificate, string Location, string Expected)[] NginxHosts =
    [
        ("good.example", "good", "default_type text/plain; root FOLDER;", "ok 2 text/plain"),
        ("html.example", "good", "default_type text/html; root FOLDER;", "ok 2 text/html"),
        ("gzip.example", "good", "default_type text/plain; gzip on; gzip_types text/plain; gzip_min_length 1; root FOLDER;", "ok 2 text/plain"),
        ("wrong-name.example", "wrong_name", "root FOLDER;", "tls cert_name_mismatch"),
        ("expired.example", "expired", "root FOLDER;", "tls cert_expired"),
        ("self-signed.example", "self_signed", "root FOLDER;", "tls cert_self_signed"),
        ("untrusted.example", "untrusted", "root FOLDER;", "tls cert_untrusted_root"),
        ("incomplete.example", "incomplete", "root FOLDER;", "tls cert_incomplete_chain"),
        ("missing.example", "good", "root FOLDER/nothing;", "http http_404"),
        ("forbidden.example", "good", "deny all;", "http http_403"),
        ("gone.example", "good", "return 410;", "http http_4xx"),
        ("broken.example", "good", "return 502;", "http http_5xx"),
        ("busy.example", "good", "add_header Retry-After 17 always; return 503;", "http http_5xx 17 s"),
        ("empty.example", "good", "return 204;", "http http_other_status"),
        ("moved.example", "good", "return 301 https://www.example.com/policy;", "http http_redirect to www.example.com"),
        ("huge.example", "good", "default_type text/plain; root FOLDER; try_files /huge.txt =404;", "body body_too_large"),
        ("closed.example", "good", "return 444;", "http http_protocol_error"),
    ];

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public async Task Nginx(string address)
    {
        if (ServerProcess.Find("nginx") is not { } nginx)
        {
            Assert.Skip("needs the web server nginx (Debian package nginx)");
            return;
        }
        if (address == "::1" && !LabAddresses.Ipv6Works) Assert.Skip("this machine has no IPv6: nothing can be bound to ::1");
        var ct = TestContext.Current.CancellationToken;
        Directory.CreateDirectory(Path.Combine(_folder, ".well-known"));
        // Started by root, nginx reads files as somebody else, and temporary folders are private.
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(_folder, (UnixFileMode)Convert.ToInt32("755", 8));
        await File.WriteAllTextAsync(Path.Combine(_folder, ".well-known", "mta-sts.txt"), Policy, ct);
        await File.WriteAllTextAsync(Path.Combine(_folder, "huge.txt"), Policy + new string('x', 70_000), ct);
        string configuration = Path.Combine(_folder, "nginx.conf");
        await File.WriteAllTextAsync(configuration, NginxConfiguration(), ct);
        await using var server = await ServerProcess.StartAsync(nginx, ["-p", _folder, "-c", configuration, "-e", Path.Combine(_folder, "error.log")], _endpoint, ct);

        var resolver = new FakeResolver();
        foreach (var host in NginxHosts) resolver.A("mta-sts." + host.Name, address);
        resolver.A("mta-sts.stranger.example", address);
        var wrong = new List<string>();
        foreach (var host in NginxHosts)
        {
            string got = Text(await FetchAsync(resolver, host.Name, ct));
            if (got != host.Expected) wrong.Add($"{host.Name}: expected {host.Expected}, got {got}");
        }
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.Equal("1.3", (await FetchAsync(resolver, "good.example", ct)).TlsVersion);
        // ssl_reject_handshake answers a name that nobody has with the alert unrecognized_name (RFC 6066 §3).
        Assert.Equal("tls tls_alert", Text(await FetchAsync(resolver, "stranger.example", ct)));
    }

    /// <summary>One server a host, all on one port: the name decides. The policy of gzip.example arrives as it is, since nobody asked
    /// for anything compressed.</summary>
    private string NginxConfiguration()
    {
        var text = new StringBuilder($$"""
            daemon off;
            worker_processes 1;
            pid {{_folder}}/nginx.pid;
            events { worker_connections 256; }
            http {
              access_log off;
              ssl_protocols TLSv1.2 TLSv1.3;
              client_body_temp_path {{_folder}}/t1; proxy_temp_path {{_folder}}/t2; fastcgi_temp_path {{_folder}}/t3;
              uwsgi_temp_path {{_folder}}/t4; scgi_temp_path {{_folder}}/t5;
              server { listen 127.0.0.1:{{_endpoint.Port}} ssl default_server; {{(LabAddresses.Ipv6Works ? $"listen [::1]:{_endpoint.Port} ssl default_server;" : "")}} ssl_reject_handshake on; }

            """);
        foreach (var (name, certificate, location, _) in NginxHosts)
        {
            var (file, key) = _certificates.Write(certificate, "mta-sts." + name);
            string listen = $"listen 127.0.0.1:{_endpoint.Port} ssl http2;" + (LabAddresses.Ipv6Works ? $" listen [::1]:{_endpoint.Port} ssl http2;" : "");
            text.AppendLine(System.Globalization.CultureInfo.InvariantCulture,
                $"  server {{ {listen} server_name mta-sts.{name}; ssl_certificate {file}; ssl_certificate_key {key}; location = /.well-known/mta-sts.txt {{ {location.Replace("FOLDER", _folder, StringComparison.Ordinal)} }} }}");
        }
        return text.Append("}\n").ToString();
    }

    [Theory]
    [InlineData("good", "-tls1_2", "ok 1.1", "TLS 1.2, by a server without ALPN")]
    [InlineData("good", "-tls1_3", "ok 1.1", "TLS 1.3")]
    [InlineData("good", "-tls1_1 -cipher ALL:@SECLEVEL=0", "tls tls_version", "TLS 1.1 only: RFC 8461 §7.2 asks for 1.2")]
    [InlineData("good", "-tls1 -cipher ALL:@SECLEVEL=0", "tls tls_version", "TLS 1.0 only")]
    [InlineData("good", "-tls1_2 -cipher NULL:@SECLEVEL=0", "tls tls_alert", "no encryption: no common cipher")]
    [InlineData("good", "-tls1_2 -cipher aNULL:@SECLEVEL=0", "tls tls_alert", "no certificate: no common cipher")]
    [InlineData("good", "-tls1_3 -curves P-521 -num_tickets 20", "ok 1.1", "a second ClientHello, and twenty tickets behind the handshake")]
    [InlineData("good", "-tls1_3 -Verify 1", "http http_protocol_error", "asks for a certificate of ours, RFC 8446 §4.3.2")]
    [InlineData("good", "-alpn spdy/3", "tls tls_alert", "no common application protocol, RFC 7301 §3.2")]
    [InlineData("wrong_name", "-tls1_2", "tls cert_name_mismatch", "another name")]
    [InlineData("self_signed", "-tls1_3", "tls cert_self_signed", "its own issuer")]
    public async Task Openssl(string certificate, string options, string expected, string why)
    {
        if (ServerProcess.Find("openssl") is not { } openssl)
        {
            Assert.Skip("needs the program openssl (Debian package openssl)");
            return;
        }
        var ct = TestContext.Current.CancellationToken;
        var (file, key) = _certificates.Write(certificate, "mta-sts.odd.example");
        // -HTTP serves files as they are, headers and all.
        string page = Path.Combine(_folder, ".well-known");
        Directory.CreateDirectory(page);
        await File.WriteAllTextAsync(Path.Combine(page, "mta-sts.txt"), "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n" + Policy, ct);
        await using var server = await ServerProcess.StartAsync("/bin/sh",
            ["-c", $"cd '{_folder}' && exec '{openssl}' s_server -accept 127.0.0.1:{_endpoint.Port} -cert '{file}' -cert_chain '{file}' -key '{key}' -HTTP {options}"], _endpoint, ct);
        var fetch = await FetchAsync(new FakeResolver().A("mta-sts.odd.example", "127.0.0.1"), "odd.example", ct);
        string got = Text(fetch);
        Assert.True(got.StartsWith(expected, StringComparison.Ordinal), $"{options}: expected {expected}, got {got}; {why}");
        if (fetch.Error is null) Assert.Equal(Policy, Encoding.ASCII.GetString(fetch.Body!));
    }

    private Task<PolicyFetch> FetchAsync(FakeResolver resolver, string name, CancellationToken ct) => new HttpsPolicyFetcher(resolver, new PolicyFetchOptions
    {
        Port = _endpoint.Port,
        TrustedRoots = _certificates.Trusted,
        AllowSpecialAddresses = SpecialAddressUse.LoopbackOnly,
        UserAgent = "scanner-tests",
    }, TimeProvider.System).FetchAsync(name, ct).AsTask();

    private static string Text(PolicyFetch fetch) =>
        fetch.Error is { } error
            ? $"{fetch.FailedStage.WordOrNull()} {error.Word()}{(fetch.RedirectHost is { } to ? " to " + to : "")}{(fetch.RetryAfter is { } wait ? $" {wait.TotalSeconds} s" : "")}"
            : Encoding.ASCII.GetString(fetch.Body!) == Policy ? $"ok {fetch.HttpVersion} {fetch.MediaType}" : "another body";
}
