using System.Text;
using System.Text.Unicode;

namespace Scanner.Input;

/// <summary>Splits octets into lines at LF, CR LF or CR, in constant memory. A line that is too long or not UTF-8 is one bad line;
/// the next one is read as usual.</summary>
/// <param name="sourceName">For the error message.</param>
internal sealed class LineReader(Stream stream, string sourceName)
{
    /// <summary>Octets. No line of any list comes near; what does is not a list.</summary>
    public const int MaxLineLength = 64 * 1024;

    private readonly byte[] _buffer = new byte[2 * MaxLineLength];
    private int _start;
    private int _end;
    private bool _afterCarriageReturn;
    private bool _atFirstLine = true;

    /// <summary>The next line without its end, or null after the last.</summary>
    /// <param name="problem">Why the line cannot be used; the text is then empty.</param>
    /// <exception cref="InputException">The disk, or the archive, fails.</exception>
    public string? Read(out string? problem)
    {
        problem = null;
        bool tooLong = false;
        int searched = 0;
        while (true)
        {
            // The LF of a CR LF may come with the next piece.
            if (_afterCarriageReturn && _start < _end)
            {
                if (_buffer[_start] == '\n') _start++;
                _afterCarriageReturn = false;
            }
            var rest = _buffer.AsSpan(_start, _end - _start);
            int length = rest[searched..].IndexOfAny((byte)'\n', (byte)'\r');
            if (length >= 0)
            {
                length += searched;
                _afterCarriageReturn = rest[length] == '\r';
                _start += length + 1;
                return Decode(rest[..length], tooLong, out problem);
            }
            searched = rest.Length;
            if (rest.Length > MaxLineLength)
            {
                tooLong = true;
                _start = _end;
                searched = 0;
            }
            if (Fill()) continue;
            if (_start == _end && !tooLong) return null;
            rest = _buffer.AsSpan(_start, _end - _start);
            _start = _end;
            return Decode(rest, tooLong, out problem);
        }
    }

    private bool Fill()
    {
        if (_start > 0)
        {
            Buffer.BlockCopy(_buffer, _start, _buffer, 0, _end - _start);
            _end -= _start;
            _start = 0;
        }
        try
        {
            int read = stream.Read(_buffer, _end, _buffer.Length - _end);
            _end += read;
            return read > 0;
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            throw new InputException($"{sourceName}: the list cannot be read to its end: {e.Message}", e);
        }
    }

    private string Decode(ReadOnlySpan<byte> line, bool tooLong, out string? problem)
    {
        if (_atFirstLine && line.StartsWith("\uFEFF"u8)) line = line[3..];
        _atFirstLine = false;
        problem = tooLong || line.Length > MaxLineLength ? "the line is longer than 64 KiB"
            : !Utf8.IsValid(line) ? "the line is not UTF-8"
            : null;
        return problem is null ? Encoding.UTF8.GetString(line) : "";
    }
}
