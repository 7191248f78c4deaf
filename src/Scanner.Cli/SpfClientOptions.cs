using System.CommandLine;
using System.Net;
using System.Text;
using System.Text.Json;
using Scanner.Checks;
using Scanner.Checks.Names;
using Scanner.Checks.Spf;

namespace Scanner.Cli;

/// <summary>The options of <c>check</c> that describe one client, for whom check_host() is run as a receiver would (RFC 7208 §4).</summary>
internal sealed class SpfClientOptions
{
    private readonly Option<string?> _ip = new("--ip") { Description = "also ask what SPF says about mail from this address", HelpName = "ADDRESS" };
    private readonly Option<string?> _helo = new("--helo") { Description = "the name that the client gives in HELO (default: DOMAIN)", HelpName = "NAME" };
    private readonly Option<string?> _sender = new("--sender") { Description = "the MAIL FROM address (default: postmaster@DOMAIN)", HelpName = "MAILBOX" };

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[_ip, _helo, _sender]) command.Options.Add(option);
    }

    /// <summary>Null when no client is described.</summary>
    /// <exception cref="UsageException">An option makes no sense, or stands without <c>--ip</c>.</exception>
    public SpfClient? ClientOf(ParseResult parsed, string domain, TimeProvider time)
    {
        string? helo = parsed.GetValue(_helo), sender = parsed.GetValue(_sender);
        if (parsed.GetValue(_ip) is not { } ip)
            return helo is null && sender is null ? null : throw new UsageException("--helo and --sender describe a client: give its address too, with --ip");
        return new SpfClient(Address(ip), helo ?? domain, sender is null ? $"postmaster@{domain}" : InALabels(sender), time.GetUtcNow());
    }

    /// <summary>One object, in the words of the result.</summary>
    public static string Json(string domain, SpfClient client, SpfCheck check)
    {
        using var text = new MemoryStream();
        using (var json = new Utf8JsonWriter(text))
        {
            json.WriteStartObject();
            json.WriteString("check_host", domain);
            json.WriteString("ip", client.Ip.ToString());
            json.WriteString("helo", client.Helo);
            json.WriteString("sender", client.ValueOf('s'));
            json.WriteString("result", check.Verdict.Word());
            json.WriteString("mechanism", check.Mechanism);
            json.WriteString("domain", check.Where);
            json.WriteString("problem", check.Problem);
            json.WriteString("explanation", check.Explanation);
            json.WriteNumber("lookups", check.Lookups);
            json.WriteNumber("void_lookups", check.Voids);
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(text.ToArray());
    }

    /// <summary>By the rules of a record (RFC 7208 §5.6): <c>IPAddress.Parse</c> would take <c>1</c> for an address.</summary>
    private static IPAddress Address(string text) =>
        SpfIpNetworks.TryParseIp4(text, out _) || SpfIpNetworks.TryParseIp6(text, out _) ? IPAddress.Parse(text) : throw new UsageException($"--ip {text}: no IP address");

    /// <summary>RFC 7208 §4.3: internationalized domain names as A-labels.</summary>
    private static string InALabels(string sender)
    {
        int at = sender.LastIndexOf('@');
        return at >= 0 && at < sender.Length - 1 && Idna.TryToAscii(sender[(at + 1)..], out string? ascii)
            ? sender[..(at + 1)] + ascii
            : throw new UsageException($"--sender {sender}: no MAIL FROM address, such as joe@example.com");
    }
}
