using System.Net;
using Scanner.Dns.Transport;
using Scanner.Dns.Transport.Engine;

namespace Scanner.Dns.Tests.Transport;

/// <summary>The contract, kept by the engine over plain sockets: what runs on every system.</summary>
public sealed class PlainEngineContractTests : TransportContract
{
    protected override bool KeepsListening => true;

    protected override IDnsTransport Create(IPEndPoint server) => new EngineTransport(server, new EngineOptions { Batched = false });
}

/// <summary>The contract, kept by the engine with many datagrams a system call.</summary>
public sealed class BatchedEngineContractTests : TransportContract
{
    protected override bool KeepsListening => true;

    protected override IDnsTransport Create(IPEndPoint server)
    {
        if (!LinuxSockets.Available) Assert.Skip("needs sendmmsg and recvmmsg (64-bit Linux)");
        return new EngineTransport(server, new EngineOptions { Batched = true });
    }
}

/// <summary>The contract, with random letters in every question.</summary>
public sealed class RandomCaseEngineContractTests : TransportContract
{
    protected override bool KeepsListening => true;

    protected override IDnsTransport Create(IPEndPoint server) => new EngineTransport(server, new EngineOptions { RandomizeCase = true });
}
