using System.Globalization;
using Scanner.Dns.Transport;
using Scanner.Dns.Transport.Engine;

namespace Scanner.Dns.Tests.Transport.Engine;

/// <summary>
/// Thousands of questions at once over a network that loses, repeats and reorders: every one gets its own answer in the end, or silence that is
/// told as such. Nothing is mixed up, nothing is forgotten.
/// </summary>
public sealed class UnkindNetworkTests(ITestOutputHelper output)
{
    private static readonly DnsRecordType[] Types = [DnsRecordType.Txt, DnsRecordType.Mx, DnsRecordType.A, DnsRecordType.Aaaa, DnsRecordType.Tlsa];

    /// <summary>Every number at once with every loss, where the environment variable <c>SCANNER_UNKIND</c> is <c>all</c>
    /// (bench/run-unkind.sh makes the table); else each of them once.</summary>
    public static TheoryData<bool, int, double> Networks()
    {
        var networks = new TheoryData<bool, int, double>();
        if (Environment.GetEnvironmentVariable("SCANNER_UNKIND") == "all")
        {
            foreach (bool batched in (bool[])[true, false])
                foreach (int inFlight in (int[])[100, 1_000, 10_000, 50_000])
                    foreach (double loss in (double[])[0, 0.01, 0.05, 0.2]) networks.Add(batched, inFlight, loss);
            return networks;
        }
        networks.Add(true, 100, 0);
        networks.Add(true, 1_000, 0.01);
        networks.Add(true, 10_000, 0.05);
        networks.Add(true, 50_000, 0.2);
        networks.Add(true, 50_000, 0);
        networks.Add(false, 100, 0.2);
        networks.Add(false, 1_000, 0.05);
        networks.Add(false, 10_000, 0.01);
        networks.Add(false, 50_000, 0.2);
        return networks;
    }

    [Theory]
    [MemberData(nameof(Networks))]
    public async Task Every_answer_is_its_own(bool batched, int inFlight, double loss)
    {
        if (batched && !LinuxSockets.Available) Assert.Skip("needs sendmmsg and recvmmsg (64-bit Linux)");
        using var server = new UnkindServer(new Unkindness { Loss = loss, Duplicates = 0.05, Reordering = 0.2 }, seed: inFlight);
        await using var transport = new EngineTransport(server.EndPoint, new EngineOptions { Batched = batched, Window = inFlight });
        int questions = Math.Max(500, inFlight);
        // Long enough for the server to work off the window, and its answers to come back.
        var timeout = TimeSpan.FromSeconds(inFlight > 1_000 ? 5 : 1);
        int next = -1;
        int tries = 0;
        int wrong = 0;
        int open = 0;
        int most = 0;
        await Task.WhenAll(Enumerable.Range(0, inFlight).Select(_ => Task.Run(async () =>
        {
            while (Interlocked.Increment(ref next) is var n && n < questions)
            {
                // Few names, so that questions of the same name and of the same type meet.
                var question = new DnsQuestion($"n{n / Types.Length}.example", Types[n % Types.Length]);
                DnsReply reply;
                do
                {
                    Interlocked.Increment(ref tries);
                    int now = Interlocked.Increment(ref open);
                    if (now > Volatile.Read(ref most)) Volatile.Write(ref most, now);
                    reply = await transport.ExchangeAsync(question, default, timeout, TestContext.Current.CancellationToken);
                    Interlocked.Decrement(ref open);
                    Assert.True(reply.Outcome is TransportOutcome.Answered or TransportOutcome.Timeout, reply.ErrorText);
                }
                while (reply.Outcome == TransportOutcome.Timeout);
                if (reply.Answers is not [TxtRecord txt] || txt.Text != UnkindServer.Says(question.Name, question.Type)) Interlocked.Increment(ref wrong);
            }
        })));
        var seen = transport.Snapshot();
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {(batched ? "batched" : "plain")} | {inFlight} | {loss:P0} | {questions} | {tries} | {most} | {seen.Late} | {seen.Unexpected} | {wrong} |"));
        output.WriteLine($"{seen}");
        Assert.Equal(0, wrong);
        Assert.Equal((tries, questions, 0), (seen.Sent, seen.Answered, seen.NetworkErrors));
        Assert.Equal(tries - questions, seen.TimedOut);
        Assert.Equal(0, transport.InFlight);
        // Without loss on the wire, only full buffers lose.
        if (loss == 0) Assert.True(tries - questions <= server.Received * 0.1, $"{tries - questions} of {questions} were lost");
    }
}
