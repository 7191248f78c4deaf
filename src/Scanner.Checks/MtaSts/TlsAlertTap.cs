using System.Buffers.Binary;
using System.Net.Sockets;

namespace Scanner.Checks.MtaSts;

/// <summary>
/// Sits between the socket and SslStream during a handshake and notes what the server sends in the clear: an alert (RFC 8446 §6,
/// RFC 5246 §7.2), or a ServerHello of an old version. SslStream says these in words that differ from system to system; the octets do
/// not. It also bounds how much a server may send before the handshake is done and in all.
/// </summary>
/// <param name="inner">Owned: disposed with this.</param>
internal sealed class TlsAlertTap(Stream inner) : Stream
{
    /// <summary>Octets that a server may send in a handshake. Real ones stay below 20 KiB. OpenSSL by itself stops at a certificate
    /// message of 100 KiB; this also bounds what it does not, such as endless small messages.</summary>
    public const int MaxHandshakeBytes = 128 * 1024;

    /// <summary>Octets of the whole connection, encrypted: room for every octet that <see cref="PolicyStream"/> allows in records of
    /// ordinary size, and an end to records that hold nothing, which no count of plain text would see.</summary>
    public const int MaxConnectionBytes = 2 * 1024 * 1024;

    private const byte AlertRecord = 21, HandshakeRecord = 22, ServerHello = 2;
    private const int HeaderLength = 5;

    // A record header, then as much of the record as says something: an alert is 2 octets, a ServerHello shows its version in octets 4 and 5.
    private readonly byte[] _start = new byte[HeaderLength + 6];
    private int _startLength;
    private int _recordLeft;
    private bool _handshakeDone, _notTls, _written;
    private int _received;

    /// <summary>The description of the last alert that the server sent in the clear; null for none (RFC 8446 §6).</summary>
    public byte? Alert { get; private set; }

    /// <summary>The server chose SSL 3, TLS 1.0 or TLS 1.1.</summary>
    public bool OldVersion { get; private set; }

    /// <summary>The server closed or reset the connection before the handshake was done.</summary>
    public bool Closed { get; private set; }

    /// <summary>The connection was reset (RFC 9293 §3.5.2), at any time.</summary>
    public bool Reset { get; private set; }

    /// <summary>It was reset before the ClientHello could be sent.</summary>
    public bool ResetBeforeHello { get; private set; }

    public void HandshakeDone() => _handshakeDone = true;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int read;
        try
        {
            read = await inner.ReadAsync(buffer, cancellationToken);
        }
        catch (IOException e)
        {
            NoteFailure(e);
            throw;
        }
        _received += read;
        if (_received > (_handshakeDone ? MaxConnectionBytes : MaxHandshakeBytes)) throw new IOException("The server sends more than anything it could have to say.");
        if (!_handshakeDone) Note(buffer.Span[..read], asked: buffer.Length);
        return read;
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            await inner.WriteAsync(buffer, cancellationToken);
            _written = true;
        }
        catch (IOException e)
        {
            NoteFailure(e);
            ResetBeforeHello |= !_written && Reset;
            throw;
        }
    }

    private void NoteFailure(IOException failure)
    {
        Closed |= !_handshakeDone;
        Reset |= failure.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.Shutdown };
    }

    private void Note(ReadOnlySpan<byte> octets, int asked)
    {
        Closed |= octets.IsEmpty && asked > 0;
        while (!octets.IsEmpty && !_notTls)
        {
            if (_startLength < HeaderLength)
            {
                _start[_startLength++] = octets[0];
                octets = octets[1..];
                if (_startLength < HeaderLength) continue;
                _recordLeft = BinaryPrimitives.ReadUInt16BigEndian(_start.AsSpan(3));
                // Content types 20 to 23 and major version 3. RFC 8446 §5.1
                _notTls = _start[0] is < 20 or > 23 || _start[1] != 3;
            }
            else
            {
                int take = Math.Min(_recordLeft, octets.Length);
                int keep = Math.Min(take, _start.Length - _startLength);
                octets[..keep].CopyTo(_start.AsSpan(_startLength));
                _startLength += keep;
                _recordLeft -= take;
                octets = octets[take..];
            }
            if (_recordLeft == 0 && _startLength >= HeaderLength) EndRecord();
        }
    }

    private void EndRecord()
    {
        var content = _start.AsSpan(HeaderLength, _startLength - HeaderLength);
        // An encrypted alert is longer than two octets (TLS 1.2) or looks like application data (TLS 1.3).
        if (_start[0] == AlertRecord && BinaryPrimitives.ReadUInt16BigEndian(_start.AsSpan(3)) == 2) Alert = content[1];
        // TLS 1.3 writes 1.2 here. RFC 8446 §4.1.3
        if (_start[0] == HandshakeRecord && content.Length == 6 && content[0] == ServerHello) OldVersion |= content[4] == 3 && content[5] < 3;
        _startLength = 0;
    }

    public override bool CanRead => true;
    public override bool CanWrite => true;
    public override bool CanSeek => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Flush() => inner.Flush();
    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    protected override void Dispose(bool disposing)
    {
        if (disposing) inner.Dispose();
        base.Dispose(disposing);
    }
}
