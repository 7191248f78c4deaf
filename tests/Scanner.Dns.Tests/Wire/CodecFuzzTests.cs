using System.Buffers.Binary;
using System.Globalization;
using Scanner.Dns.Resolve;
using Scanner.Dns.Transport;
using Scanner.Dns.Wire;
using Scanner.TestSupport;

namespace Scanner.Dns.Tests.Wire;

/// <summary>
/// Whatever octets come: no exception, and one of the statuses. Mutated messages are drawn from a printed seed, for two seconds, or
/// as many as the environment variable <c>SCANNER_FUZZ_PACKETS</c> says; <c>SCANNER_FUZZ_SEED</c> repeats a run.
/// </summary>
public sealed class CodecFuzzTests(ITestOutputHelper output)
{
    private const string Vectors = "dns-packets";

    [Fact]
    public void Packets_of_other_projects()
    {
        string? folder = SharedVectors.Find(Vectors);
        Assert.SkipWhen(folder is null, SharedVectors.Missing(Vectors));
        var files = Directory.GetFiles(folder!, "*", SearchOption.AllDirectories);
        Assert.InRange(files.Length, 500, 5000);
        int answers = 0;
        foreach (string file in files) answers += Read(File.ReadAllBytes(file)) ? 1 : 0;
        output.WriteLine($"{files.Length} packets, {answers} of them answer a question");
        Assert.True(answers > 20, "the packets should reach the records");
    }

    [Fact]
    public void Mutated_messages()
    {
        long? packets = Number("SCANNER_FUZZ_PACKETS");
        int seed = (int)(Number("SCANNER_FUZZ_SEED") ?? Random.Shared.Next());
        var random = new Random(seed);
        byte[][] corpus = [.. Corpus()];
        var until = TimeProvider.System.GetTimestamp() + 2 * TimeProvider.System.TimestampFrequency;
        long count = 0;
        long answers = 0;
        try
        {
            for (; packets is null ? count % 256 != 0 || TimeProvider.System.GetTimestamp() < until : count < packets; count++)
                if (Read(Mutation.Of(corpus, random))) answers++;
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"SCANNER_FUZZ_SEED={seed}, packet {count}", e);
        }
        output.WriteLine($"SCANNER_FUZZ_SEED={seed}: {count} packets, {answers} of them read as answers");
        Assert.True(answers > count / 20, "mutations should still reach the records");
    }

    private static IEnumerable<byte[]> Corpus()
    {
        foreach (var (_, bytes) in AnswerSamples.For(AnswerSamples.Query())) yield return bytes;
        if (SharedVectors.Find(Vectors) is not { } folder) yield break;
        foreach (string file in Directory.GetFiles(folder, "*", SearchOption.AllDirectories))
            if (new FileInfo(file).Length is >= 12 and < 2000) yield return File.ReadAllBytes(file);
    }

    private static long? Number(string variable) =>
        long.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out long value) ? value : null;

    /// <summary>Reads a message as the answer to the question that it echoes itself. True when it does answer it.</summary>
    private static bool Read(byte[] message)
    {
        if (message.Length < MessageHeader.Length)
        {
            Assert.False(ReplyDecoder.IsAnswerTo(message, 0, AnswerSamples.Question, 0));
            return false;
        }
        var question = EchoedQuestion(message) ?? AnswerSamples.Question;
        ushort id = new MessageHeader(message).Id;
        bool answers = ReplyDecoder.IsAnswerTo(message, id, question, 0);
        _ = ReplyDecoder.IsAnswerTo(message, id, question, 0x5555);
        // The decoder is sound for messages too that would not get this far.
        var reply = ReplyDecoder.Decode(message, question, overTcp: false);
        Assert.True(reply.Outcome is TransportOutcome.Answered or TransportOutcome.Malformed);
        var answer = ReplyInterpreter.Interpret(question, reply);
        Assert.True(Enum.IsDefined(answer.Status));
        foreach (var record in reply.Answers) Check(record);
        return answers;
    }

    private static void Check(DnsRecord record)
    {
        Assert.True(record.Ttl <= int.MaxValue);
        string[] names = record switch
        {
            MxRecord mx => [mx.Owner, mx.Exchange],
            CnameRecord cname => [cname.Owner, cname.Target],
            NsRecord ns => [ns.Owner, ns.Target],
            PtrRecord ptr => [ptr.Owner, ptr.Target],
            SoaRecord soa => [soa.Owner, soa.PrimaryServer],
            _ => [record.Owner],
        };
        Span<byte> wire = stackalloc byte[WireName.MaxLength];
        // A name that was read can be asked for.
        foreach (string name in names) Assert.True(WireName.TryWrite(name, wire, out _), name);
        if (record is TxtRecord txt) Assert.Equal(txt.Strings.Sum(s => s.Length), txt.Text.Length);
    }

    private static DnsQuestion? EchoedQuestion(byte[] message)
    {
        Span<char> text = stackalloc char[WireName.MaxPresentation];
        int at = MessageHeader.Length;
        if (!WireName.TryRead(message, ref at, text, out int length) || message.Length - at < 4) return null;
        return new DnsQuestion(text[..length].ToString(), (DnsRecordType)BinaryPrimitives.ReadUInt16BigEndian(message.AsSpan(at)));
    }
}

/// <summary>Damages messages as networks, bugs and attackers do.</summary>
internal static class Mutation
{
    public static byte[] Of(byte[][] corpus, Random random)
    {
        byte[] message = corpus[random.Next(corpus.Length)];
        // The header and the question mostly stay, so that most mutations get to the records.
        int from = random.Next(4) == 0 || message.Length < 40 ? 0 : 30;
        for (int steps = random.Next(1, 6); steps > 0; steps--) message = Step(message, Math.Min(from, message.Length), corpus, random);
        return message;
    }

    private static byte[] Step(byte[] message, int from, byte[][] corpus, Random random)
    {
        if (message.Length == from) return message;
        int at = random.Next(from, message.Length);
        byte[] copy = [.. message];
        switch (random.Next(8))
        {
            case 0:
                copy[at] ^= (byte)(1 << random.Next(8));
                return copy;
            case 1:
                copy[at] = (byte)random.Next(256);
                return copy;
            case 2: // lengths and pointers at their edges
                copy[at] = (byte)(random.Next(6) switch { 0 => 0, 1 => 63, 2 => 64, 3 => 0xC0, 4 => 0xFF, _ => message.Length - at });
                return copy;
            case 3:
                return copy[..at];
            case 4:
                return [.. copy[..at], (byte)random.Next(256), .. copy[at..]];
            case 5: // a piece twice
                int end = random.Next(at, Math.Min(message.Length, at + 40));
                return [.. copy[..end], .. copy[at..]];
            case 6: // the end of another message
                byte[] other = corpus[random.Next(corpus.Length)];
                return [.. copy[..at], .. other[random.Next(other.Length)..]];
            default:
                if (at + 1 < copy.Length) BinaryPrimitives.WriteUInt16BigEndian(copy.AsSpan(at), (ushort)random.Next(65536));
                return copy;
        }
    }
}
