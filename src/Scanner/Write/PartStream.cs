namespace Scanner.Write;

/// <summary>
/// What stands between the Parquet library and a part's file. The library flushes after each of some 320 pages of a row group and waits for
/// every write; a file would make a system call and a change of threads of each. Here pages gather, and go to the file some hundred
/// kilobytes at a time. What has not been passed on by <see cref="PassOn"/> is in no file.
/// </summary>
/// <param name="file">Stays open, and its owner's.</param>
/// <param name="buffer">Lent for as long as this object is used.</param>
internal sealed class PartStream(Stream file, byte[] buffer) : Stream
{
    private int _held;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => file.Position + _held;

    /// <summary>The library asks where it stands, and never goes elsewhere.</summary>
    public override long Position
    {
        get => Length;
        set => throw new NotSupportedException();
    }

    /// <summary>Writes what is held into the file.</summary>
    public void PassOn()
    {
        file.Write(buffer, 0, _held);
        _held = 0;
    }

    public override void Write(ReadOnlySpan<byte> octets)
    {
        if (octets.Length > buffer.Length - _held) PassOn();
        if (octets.Length > buffer.Length)
        {
            file.Write(octets);
            return;
        }
        octets.CopyTo(buffer.AsSpan(_held));
        _held += octets.Length;
    }

    public override void Write(byte[] octets, int offset, int count) => Write(octets.AsSpan(offset, count));

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> octets, CancellationToken cancellationToken = default)
    {
        Write(octets.Span);
        return ValueTask.CompletedTask;
    }

    public override Task WriteAsync(byte[] octets, int offset, int count, CancellationToken cancellationToken)
    {
        Write(octets.AsSpan(offset, count));
        return Task.CompletedTask;
    }

    /// <summary>Nothing: between two pages there is no state of the file worth keeping.</summary>
    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override int Read(byte[] octets, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
