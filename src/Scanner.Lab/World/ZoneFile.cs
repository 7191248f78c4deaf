using System.Buffers;
using System.Text;
using Scanner.Dns;

namespace Scanner.Lab.World;

/// <summary>
/// The world as a master file (RFC 1035 §5) of the root zone, for a real name server: what it holds of the given names, of their ancestors
/// (a DMARC record may stand there, RFC 9989 §4.10) and of the cast. A name server has no faults to offer, so entries of the cast
/// that misbehave behave here; NS and SOA records are left out, as they would cut the zone. Everything else is as the lab serves it.
/// </summary>
public static class ZoneFile
{
    static readonly DnsRecordType[] ApexTypes = [DnsRecordType.Mx, DnsRecordType.Txt, DnsRecordType.A, DnsRecordType.Aaaa];
    static readonly SearchValues<char> Special = SearchValues.Create("\"();@$");
    static readonly string[] Below = ["_dmarc", "_mta-sts", "_smtp._tls"];

    /// <param name="names">Lower-case A-labels; the cast may be among them and is written once.</param>
    public static void Write(TextWriter output, LabWorld world, IEnumerable<string> names)
    {
        output.Write("$ORIGIN .\n$TTL 300\n. SOA ns.root-servers.lab. hostmaster.lab. 1 3600 900 86400 900\n. NS ns.root-servers.lab.\nns.root-servers.lab. A 127.0.0.1\n");
        foreach (CastEntry entry in world.Cast.Entries)
        {
            foreach ((string owner, CastNode node) in entry.Nodes)
            {
                if (node.Cname is { } target) Record(output, new CnameRecord(owner, 300, target));
                foreach (DnsRecord record in node.Records.Values.SelectMany(records => records)) Record(output, record);
            }
        }
        var ancestors = new HashSet<string>(StringComparer.Ordinal);
        foreach (string name in names)
        {
            if (world.Cast.Zone(name) is not null) continue;
            int written = 0;
            foreach (DnsRecordType type in ApexTypes) written += Records(output, world, name, type);
            foreach (string label in Below)
                if (DomainName.TryPrefix(label, name, out string? owner)) written += Records(output, world, owner, DnsRecordType.Txt);
            // A name without records exists all the same, as an empty non-terminal (RFC 8020 §2).
            if (written == 0 && world.Resolve(name, DnsRecordType.Mx).Rcode == 0 && DomainName.TryPrefix("_exists", name, out string? child))
                Record(output, TxtRecord.FromText(child, 300, ""));
            if (DomainName.TryPrefix("mta-sts", name, out string? host)) Records(output, world, host, DnsRecordType.A);
            for (string? above = DomainName.Parent(name); above is not null && ancestors.Add(above); above = DomainName.Parent(above))
                if (world.Cast.Zone(above) is null && DomainName.TryPrefix("_dmarc", above, out string? policy)) Records(output, world, policy, DnsRecordType.Txt);
        }
    }

    /// <summary>What stands at this owner; where a CNAME leads is written with the cast. Returns the number of records.</summary>
    static int Records(TextWriter output, LabWorld world, string owner, DnsRecordType type)
    {
        int written = 0;
        foreach (DnsRecord record in world.Resolve(owner, type).Answers)
        {
            if (record.Owner != owner) continue;
            Record(output, record);
            written++;
        }
        return written;
    }

    static void Record(TextWriter output, DnsRecord record)
    {
        string? data = record switch
        {
            AddressRecord address => $"{(address.Address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? "AAAA" : "A")} {address.Address}",
            CnameRecord cname => $"CNAME {Name(cname.Target)}",
            MxRecord mx => $"MX {mx.Preference} {Name(mx.Exchange)}",
            TxtRecord txt => "TXT " + string.Join(' ', txt.Strings.Select(Quoted)),
            TlsaRecord tlsa => $"TLSA {tlsa.Usage} {tlsa.Selector} {tlsa.MatchingType} {Convert.ToHexString(tlsa.Data.Span)}",
            _ => null,
        };
        if (data is not null) output.Write($"{Name(record.Owner)} {record.Ttl} IN {data}\n");
    }

    /// <summary>Absolute, with the characters escaped that mean something in a master file (RFC 1035 §5.1); the escapes of the
    /// presentation form are its own already.</summary>
    static string Name(string name)
    {
        if (name == ".") return name;
        if (!name.AsSpan().ContainsAny(Special)) return name + ".";
        var text = new StringBuilder(name.Length + 8);
        for (int i = 0; i < name.Length; i++)
        {
            if (Special.Contains(name[i]) && (i == 0 || name[i - 1] != '\\')) text.Append('\\');
            text.Append(name[i]);
        }
        return text.Append('.').ToString();
    }

    static string Quoted(ReadOnlyMemory<byte> octets)
    {
        var text = new StringBuilder(octets.Length + 2).Append('"');
        foreach (byte octet in octets.Span)
        {
            if (octet is (byte)'"' or (byte)'\\') text.Append('\\').Append((char)octet);
            else if (octet is >= 0x20 and < 0x7F) text.Append((char)octet);
            else text.Append('\\').Append(octet.ToString("D3", System.Globalization.CultureInfo.InvariantCulture));
        }
        return text.Append('"').ToString();
    }
}
