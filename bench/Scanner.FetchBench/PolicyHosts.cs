using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Scanner.Dns;

namespace Scanner.FetchBench;

/// <summary>Many policy hosts <c>mta-sts.dN.example</c>, each with a certificate of its own (ECDSA P-256, a chain of two), for a real nginx.</summary>
internal static class PolicyHosts
{
    public const string Policy = "version: STSv1\\nmode: enforce\\nmx: mail.example.com\\nmax_age: 604800\\n";

    // One moment for all: no certificate may outlive its issuer, not even by a second.
    private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();

    public static string Name(int i) => string.Create(CultureInfo.InvariantCulture, $"d{i}.example");

    public static string RootFile(string folder) => Path.Combine(folder, "root.pem");

    public static void Write(string folder, int count, int port, bool http2)
    {
        using var root = Authority("CN=Fetch bench root", null);
        using var intermediate = Authority("CN=Fetch bench intermediate", root);
        File.WriteAllText(RootFile(folder), root.ExportCertificatePem());
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        File.WriteAllText(Path.Combine(folder, "leaf.key"), key.ExportPkcs8PrivateKeyPem());
        var nginx = new StringBuilder($$"""
            daemon off;
            worker_processes 1;
            pid {{folder}}/nginx.pid;
            events { worker_connections 4096; }
            http {
              access_log off;
              client_body_temp_path {{folder}}/t1; proxy_temp_path {{folder}}/t2; fastcgi_temp_path {{folder}}/t3; uwsgi_temp_path {{folder}}/t4; scgi_temp_path {{folder}}/t5;
              server_names_hash_max_size 65536;
              server_names_hash_bucket_size 128;
              ssl_certificate_key {{folder}}/leaf.key;
              ssl_protocols TLSv1.2 TLSv1.3;
              ssl_session_cache off;
              ssl_session_tickets off;
              default_type text/plain;

            """);
        var curl = new StringBuilder();
        for (int i = 0; i < count; i++)
        {
            string host = "mta-sts." + Name(i), file = Path.Combine(folder, $"{i}.crt");
            using var leaf = Leaf(intermediate, host, key);
            File.WriteAllText(file, leaf.ExportCertificatePem() + "\n" + intermediate.ExportCertificatePem());
            nginx.AppendLine(CultureInfo.InvariantCulture,
                $"  server {{ listen 127.0.0.1:{port} ssl{(http2 ? " http2" : "")}; server_name {host}; ssl_certificate {file}; location = /.well-known/mta-sts.txt {{ return 200 \"{Policy}\"; }} }}");
            // What curl would ask DNS for, told in advance as our own fetcher is told.
            curl.AppendLine(CultureInfo.InvariantCulture, $"resolve = \"{host}:{port}:127.0.0.1\"");
            curl.AppendLine(CultureInfo.InvariantCulture, $"url = \"https://{host}:{port}/.well-known/mta-sts.txt\"");
            curl.AppendLine("output = /dev/null");
        }
        File.WriteAllText(Path.Combine(folder, "nginx.conf"), nginx.Append("}\n").ToString());
        File.WriteAllText(Path.Combine(folder, "curl.conf"), curl.ToString());
    }

    public static X509Certificate2 Leaf(X509Certificate2 issuer, string host, ECDsa key)
    {
        var request = new CertificateRequest("CN=policy host", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(host);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false));
        return request.Create(issuer, Now.AddDays(-1), Now.AddDays(30), RandomNumberGenerator.GetBytes(8));
    }

    public static X509Certificate2 Authority(string subject, X509Certificate2? issuer)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        if (issuer is null) return request.CreateSelfSigned(Now.AddYears(-1), Now.AddYears(1));
        using var bare = request.Create(issuer, Now.AddYears(-1), Now.AddYears(1), RandomNumberGenerator.GetBytes(8));
        return bare.CopyWithPrivateKey(key);
    }
}

/// <summary>Says of every name that it is at one address.</summary>
internal sealed class FixedResolver(System.Net.IPAddress address) : IResolver
{
    public ValueTask<DnsAnswer> QueryAsync(DnsQuestion question, CancellationToken cancellationToken) => new(question.Type == DnsRecordType.A
        ? new DnsAnswer { Question = question, Status = DnsStatus.Ok, Records = [new AddressRecord(question.Name, 300, address)] }
        : DnsAnswer.Without(question, DnsStatus.Nodata));
}
