using System.Net;
using Scanner.Checks.MtaSts;
using Scanner.Dns;
using Scanner.Input;

namespace Scanner.Resolve;

/// <summary>A name that waits for a later pass: who it is, and what is known so far.</summary>
/// <param name="Position">In the order of the scan.</param>
/// <param name="ScannedAt">When its first question was asked, UTC.</param>
/// <param name="AskedAt">When it was last asked about, UTC.</param>
public sealed record PendingName(int Position, Checks.Names.ListedName Name, DateTimeOffset ScannedAt, DateTimeOffset AskedAt, NameEvidence Evidence);

/// <summary>A <see cref="PendingName"/> as octets and back, with every record as it came. The form is the program's own and may change with
/// its version: a run is only gone on with by the version that began it.</summary>
public static class EvidenceCodec
{
    private enum Kind : byte { Address = 1, Cname = 2, Ns = 3, Soa = 4, Mx = 5, Txt = 6, Tlsa = 7, Other = 8, Ptr = 9, Rrsig = 10 }

    [Flags]
    private enum Bits : byte { None = 0, AuthenticData = 1, OverTcp = 2, Dnssec = 4, NameDenied = 8, Shared = 16 }

    public static byte[] Encode(PendingName pending)
    {
        using var octets = new MemoryStream();
        using (var writer = new BinaryWriter(octets))
        {
            writer.Write7BitEncodedInt(pending.Position);
            ListedNameCodec.Write(writer, pending.Name);
            writer.Write(pending.ScannedAt.UtcTicks);
            writer.Write(pending.AskedAt.UtcTicks);
            var answers = pending.Evidence.Answers;
            writer.Write7BitEncodedInt(answers.Count);
            foreach (var (answer, shared) in answers) Write(writer, answer, shared);
            writer.Write(pending.Evidence.Fetch is not null);
            if (pending.Evidence.Fetch is { } fetch) Write(writer, fetch);
        }
        return octets.ToArray();
    }

    /// <exception cref="EndOfStreamException">These octets are not whole.</exception>
    public static PendingName Decode(byte[] octets)
    {
        using var reader = new BinaryReader(new MemoryStream(octets));
        int position = reader.Read7BitEncodedInt();
        var name = ListedNameCodec.Read(reader);
        var scannedAt = new DateTimeOffset(reader.ReadInt64(), TimeSpan.Zero);
        var askedAt = new DateTimeOffset(reader.ReadInt64(), TimeSpan.Zero);
        var evidence = new NameEvidence();
        for (int left = reader.Read7BitEncodedInt(); left > 0; left--)
        {
            var answer = ReadAnswer(reader, out bool shared);
            evidence.Add(answer, shared);
        }
        if (reader.ReadBoolean()) evidence.Fetch = ReadFetch(reader);
        return new PendingName(position, name, scannedAt, askedAt, evidence);
    }

    /// <summary>The position alone, without reading the rest.</summary>
    public static int PositionOf(byte[] octets)
    {
        using var reader = new BinaryReader(new MemoryStream(octets));
        return reader.Read7BitEncodedInt();
    }

    private static void Write(BinaryWriter writer, DnsAnswer answer, bool shared)
    {
        var bits = (answer.AuthenticData ? Bits.AuthenticData : 0) | (answer.OverTcp ? Bits.OverTcp : 0) | (answer.Question.Dnssec ? Bits.Dnssec : 0)
            | (answer.NameDenied ? Bits.NameDenied : 0) | (shared ? Bits.Shared : 0);
        writer.Write(answer.Question.Name);
        writer.Write((ushort)answer.Question.Type);
        writer.Write((byte)answer.Status);
        writer.Write((byte)bits);
        writer.Write(answer.Ttl);
        writer.Write7BitEncodedInt(answer.Tries);
        writer.Write7BitEncodedInt(answer.Pass);
        writer.Write(answer.Milliseconds);
        Write(writer, answer.CnameTarget);
        Write(writer, answer.Resolver);
        Write(writer, answer.AskedLast);
        writer.Write7BitEncodedInt(answer.FailedTries.Count);
        foreach (var status in answer.FailedTries) writer.Write((byte)status);
        writer.Write7BitEncodedInt(answer.ExtendedErrors.Count);
        foreach (ushort code in answer.ExtendedErrors) writer.Write(code);
        writer.Write7BitEncodedInt(answer.Records.Count);
        foreach (var record in answer.Records) Write(writer, record);
    }

    private static DnsAnswer ReadAnswer(BinaryReader reader, out bool shared)
    {
        string name = reader.ReadString();
        var type = (DnsRecordType)reader.ReadUInt16();
        var status = (DnsStatus)reader.ReadByte();
        var bits = (Bits)reader.ReadByte();
        shared = (bits & Bits.Shared) != 0;
        return new DnsAnswer
        {
            Question = new DnsQuestion(name, type, (bits & Bits.Dnssec) != 0),
            Status = status,
            NameDenied = (bits & Bits.NameDenied) != 0,
            AuthenticData = (bits & Bits.AuthenticData) != 0,
            OverTcp = (bits & Bits.OverTcp) != 0,
            Ttl = reader.ReadUInt32(),
            Tries = reader.Read7BitEncodedInt(),
            Pass = reader.Read7BitEncodedInt(),
            Milliseconds = reader.ReadDouble(),
            CnameTarget = ReadText(reader),
            Resolver = ReadText(reader),
            AskedLast = ReadText(reader),
            FailedTries = Many(reader, static r => (DnsStatus)r.ReadByte()),
            ExtendedErrors = Many(reader, static r => r.ReadUInt16()),
            Records = Many(reader, ReadRecord),
        };
    }

    private static void Write(BinaryWriter writer, DnsRecord record)
    {
        void Begin(Kind kind)
        {
            writer.Write((byte)kind);
            writer.Write(record.Owner);
            writer.Write(record.Ttl);
        }

        switch (record)
        {
            case AddressRecord address:
                Begin(Kind.Address);
                Write(writer, address.Address.GetAddressBytes());
                break;
            case CnameRecord cname:
                Begin(Kind.Cname);
                writer.Write(cname.Target);
                break;
            case NsRecord ns:
                Begin(Kind.Ns);
                writer.Write(ns.Target);
                break;
            case PtrRecord ptr:
                Begin(Kind.Ptr);
                writer.Write(ptr.Target);
                break;
            case SoaRecord soa:
                Begin(Kind.Soa);
                writer.Write(soa.PrimaryServer);
                writer.Write(soa.Minimum);
                break;
            case MxRecord mx:
                Begin(Kind.Mx);
                writer.Write(mx.Preference);
                writer.Write(mx.Exchange);
                break;
            case TxtRecord txt:
                Begin(Kind.Txt);
                writer.Write7BitEncodedInt(txt.Strings.Count);
                foreach (var text in txt.Strings) Write(writer, text.Span);
                break;
            case TlsaRecord tlsa:
                Begin(Kind.Tlsa);
                writer.Write(tlsa.Usage);
                writer.Write(tlsa.Selector);
                writer.Write(tlsa.MatchingType);
                Write(writer, tlsa.Data.Span);
                break;
            case RrsigRecord rrsig:
                Begin(Kind.Rrsig);
                writer.Write((ushort)rrsig.TypeCovered);
                writer.Write(rrsig.Labels);
                break;
            case OtherRecord other:
                Begin(Kind.Other);
                writer.Write((ushort)other.Type);
                break;
            default:
                throw new NotSupportedException($"{record.GetType().Name} has no form for keeping");
        }
    }

    private static DnsRecord ReadRecord(BinaryReader reader)
    {
        var kind = (Kind)reader.ReadByte();
        string owner = reader.ReadString();
        uint ttl = reader.ReadUInt32();
        return kind switch
        {
            Kind.Address => new AddressRecord(owner, ttl, new IPAddress(ReadOctets(reader))),
            Kind.Cname => new CnameRecord(owner, ttl, reader.ReadString()),
            Kind.Ns => new NsRecord(owner, ttl, reader.ReadString()),
            Kind.Ptr => new PtrRecord(owner, ttl, reader.ReadString()),
            Kind.Soa => new SoaRecord(owner, ttl, reader.ReadString(), reader.ReadUInt32()),
            Kind.Mx => new MxRecord(owner, ttl, reader.ReadUInt16(), reader.ReadString()),
            Kind.Txt => new TxtRecord(owner, ttl, Many<ReadOnlyMemory<byte>>(reader, static r => ReadOctets(r))),
            Kind.Tlsa => new TlsaRecord(owner, ttl, reader.ReadByte(), reader.ReadByte(), reader.ReadByte(), ReadOctets(reader)),
            Kind.Rrsig => new RrsigRecord(owner, ttl, (DnsRecordType)reader.ReadUInt16(), reader.ReadByte()),
            Kind.Other => new OtherRecord(owner, ttl, (DnsRecordType)reader.ReadUInt16()),
            _ => throw new EndOfStreamException($"{kind} is no kind of record"),
        };
    }

    private static void Write(BinaryWriter writer, PolicyFetch fetch)
    {
        writer.Write((byte)(fetch.FailedStage ?? 0));
        writer.Write((byte)(fetch.Error ?? 0));
        writer.Write7BitEncodedInt(fetch.CertificateFlags.Count);
        foreach (var flag in fetch.CertificateFlags) writer.Write((byte)flag);
        writer.Write(fetch.HttpStatus ?? -1);
        Write(writer, fetch.MediaType);
        writer.Write((byte)(fetch.MediaTypeOk is { } ok ? ok ? 2 : 1 : 0));
        Write(writer, fetch.RedirectHost);
        Write(writer, fetch.HostCname);
        Write(writer, fetch.TlsVersion);
        writer.Write(fetch.Body is not null);
        if (fetch.Body is { } body) Write(writer, body);
        writer.Write(fetch.Transient);
        writer.Write(fetch.Milliseconds);
        Write(writer, fetch.Address?.ToString());
        Write(writer, fetch.HttpVersion);
        writer.Write(fetch.RetryAfter?.Ticks ?? -1);
        writer.Write(fetch.NotAsked);
    }

    private static PolicyFetch ReadFetch(BinaryReader reader)
    {
        byte stage = reader.ReadByte(), error = reader.ReadByte();
        var flags = Many(reader, static r => (MtaStsError)r.ReadByte());
        int http = reader.ReadInt32();
        return new PolicyFetch
        {
            FailedStage = stage == 0 ? null : (MtaStsStage)stage,
            Error = error == 0 ? null : (MtaStsError)error,
            CertificateFlags = flags,
            HttpStatus = http < 0 ? null : http,
            MediaType = ReadText(reader),
            MediaTypeOk = reader.ReadByte() switch { 2 => true, 1 => false, _ => null },
            RedirectHost = ReadText(reader),
            HostCname = ReadText(reader),
            TlsVersion = ReadText(reader),
            Body = reader.ReadBoolean() ? ReadOctets(reader) : null,
            Transient = reader.ReadBoolean(),
            Milliseconds = reader.ReadDouble(),
            Address = ReadText(reader) is { } address ? IPAddress.Parse(address) : null,
            HttpVersion = ReadText(reader),
            RetryAfter = reader.ReadInt64() is var ticks and >= 0 ? TimeSpan.FromTicks(ticks) : null,
            NotAsked = reader.ReadBoolean(),
        };
    }

    private static void Write(BinaryWriter writer, string? text)
    {
        writer.Write(text is not null);
        if (text is not null) writer.Write(text);
    }

    private static string? ReadText(BinaryReader reader) => reader.ReadBoolean() ? reader.ReadString() : null;

    private static void Write(BinaryWriter writer, ReadOnlySpan<byte> octets)
    {
        writer.Write7BitEncodedInt(octets.Length);
        writer.Write(octets);
    }

    private static byte[] ReadOctets(BinaryReader reader)
    {
        int length = reader.Read7BitEncodedInt();
        byte[] octets = reader.ReadBytes(length);
        return octets.Length == length ? octets : throw new EndOfStreamException();
    }

    private static T[] Many<T>(BinaryReader reader, Func<BinaryReader, T> one)
    {
        int count = reader.Read7BitEncodedInt();
        if (count == 0) return [];
        var items = new T[count];
        for (int i = 0; i < count; i++) items[i] = one(reader);
        return items;
    }
}
