using System.Globalization;
using System.IO.Compression;
using System.IO.Hashing;
using System.Threading.Channels;
using Parquet;
using Parquet.Schema;

namespace Scanner.Write;

public sealed record PartWriterOptions
{
    /// <summary>5,000: with 20,000 the writer takes 200 MB more and writes no faster.</summary>
    public int RowsPerGroup { get; init; } = 5_000;

    /// <summary>20,000, four row groups: what a killed run loses at most. A million names are fifty files.</summary>
    public int RowsPerPart { get; init; } = 20_000;

    /// <summary>The number of the first part written; a resumed run goes on behind the parts it found.</summary>
    public int FirstPart { get; init; }

    /// <summary>These rows are as good as it gets for now: a run that goes on throws them away and writes them anew.</summary>
    public bool Provisional { get; init; }

    /// <summary>A row group is closed early when it holds this many characters of text: 20,000 policies of 64 KiB would be 2.6 GB.</summary>
    public int MaxBufferedCharacters { get; init; } = 32 * 1024 * 1024;
}

/// <summary>A part that is whole and on the disk.</summary>
/// <param name="Checksum">XxHash128 of the file, lower-case hexadecimal.</param>
public sealed record ClosedPart(string Path, long Rows, long Length, string Checksum);

/// <summary>
/// Writes rows into <c>part-00000.parquet</c>, <c>part-00001.parquet</c>, … of one folder. A part is written as
/// <c>.part-00000.parquet.tmp</c> and gets its name only when its footer is on the disk, so what has the name is whole.
/// Its metadata say which positions of the scan it holds, so a part speaks for itself even where the journal is lost. Rows of a group
/// stand by rank.
/// Not for several callers at once. Any error of the disk is an <see cref="IOException"/> that names the path; after one the part
/// in hand is thrown away and the closed ones stay.
/// </summary>
public sealed class PartWriter : IAsyncDisposable
{
    /// <summary>Rows that are spread over the columns together, so that each column has what it needs at hand.</summary>
    private const int RowsAtOnce = 32;

    /// <summary>A row with more octets of text than this is spread at once: otherwise a row group would go over
    /// <see cref="PartWriterOptions.MaxBufferedCharacters"/> by more than its last row and some short ones.</summary>
    private const int LongRow = 16 * 1024;

    private readonly string _folder;
    private readonly RunStamp _run;
    private readonly PartWriterOptions _options;
    private readonly ParquetSchema _schema;
    private readonly ColumnBuffer[] _buffers;
    private readonly TextArena _texts = new();
    private readonly RunFiles _files;
    private readonly Action<ClosedPart>? _onClosed;
    private readonly List<string> _closed = [];
    private readonly List<int> _ranks = [];
    private readonly List<int> _positions = [];
    private readonly Row[] _taken = new Row[RowsAtOnce];
    private readonly byte[] _pages = new byte[256 * 1024];
    private Stream? _file;
    private PartStream? _stream;
    private ParquetWriter? _parquet;
    private int _takenRows;
    private int _bufferedRows;
    private int _bufferedCharacters;
    private int _partRows;
    private bool _failed;

    /// <param name="folder">The <c>domains</c> folder of the run; made when missing.</param>
    /// <param name="onClosed">Called for every part once it has its name.</param>
    public PartWriter(string folder, RunStamp run, PartWriterOptions? options = null, RunFiles? files = null, Action<ClosedPart>? onClosed = null)
    {
        _folder = folder;
        _run = run;
        _files = files ?? RunFiles.Real;
        _onClosed = onClosed;
        _options = options ?? new();
        ArgumentOutOfRangeException.ThrowIfLessThan(_options.RowsPerGroup, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(_options.RowsPerPart, 1, nameof(options));
        _schema = new ParquetSchema(ResultSchema.Columns.Select(c => c.CreateField()).ToArray());
        int rows = Math.Min(_options.RowsPerGroup, _options.RowsPerPart);
        _buffers = ResultSchema.Columns.Zip(_schema.GetDataFields(), (column, field) => column.CreateBuffer(field, rows, _texts)).ToArray();
    }

    /// <summary>Full paths of the parts closed so far, in order.</summary>
    public IReadOnlyList<string> ClosedParts => _closed;

    /// <summary>Rows in closed parts: these are safe.</summary>
    public long RowsClosed { get; private set; }

    /// <summary>Rows taken since the last part was closed: a crash would lose them.</summary>
    public int RowsOpen => _partRows + _bufferedRows;

    /// <summary>The name of a part, without folder.</summary>
    public static string PartName(int number) => string.Create(CultureInfo.InvariantCulture, $"part-{number:D5}.parquet");

    /// <summary>Writes everything that comes and closes the last part when the channel is completed. When
    /// <paramref name="cancellationToken"/> fires, what has arrived is kept for <see cref="DisposeAsync"/> to close.</summary>
    public async Task RunAsync(ChannelReader<DomainResult> results, CancellationToken cancellationToken)
    {
        while (await results.WaitToReadAsync(cancellationToken))
            while (results.TryRead(out var result))
                await AddAsync(result);
        await CloseAsync();
    }

    /// <summary>Takes one row; mostly into memory only.</summary>
    public ValueTask AddAsync(DomainResult result)
    {
        if (_failed) throw new InvalidOperationException("an earlier write failed");
        _ranks.Add(result.Name.Rank);
        _positions.Add(result.Position);
        _taken[_takenRows++] = new Row(result, _run);
        _bufferedRows++;
        if (_takenRows == RowsAtOnce || TextOf(result) > LongRow) SpreadOverColumns();
        bool partFull = _partRows + _bufferedRows >= _options.RowsPerPart;
        bool groupFull = _bufferedRows >= _options.RowsPerGroup || _bufferedCharacters >= _options.MaxBufferedCharacters;
        return partFull ? new ValueTask(CloseAsync()) : groupFull ? new ValueTask(GuardAsync(WriteGroupAsync)) : ValueTask.CompletedTask;
    }

    /// <summary>Octets, about. TXT at the name stands in columns of its own and among the evidence.</summary>
    private static int TextOf(DomainResult row) =>
        (row.Spf?.TxtRrsetBytes ?? 0) + (row.MtaSts?.RawPolicy?.Length ?? 0) + (row.Evidence?.TextOctets ?? 0);

    private void SpreadOverColumns()
    {
        var rows = _taken.AsSpan(0, _takenRows);
        try
        {
            foreach (var buffer in _buffers) _bufferedCharacters += buffer.Add(rows);
        }
        catch
        {
            _failed = true; // The columns now differ in length.
            throw;
        }
        rows.Clear();
        _takenRows = 0;
    }

    /// <summary>Closes the part in hand, if there is one. The next row opens another.</summary>
    public async Task CloseAsync()
    {
        if (_failed || (_bufferedRows == 0 && _parquet is null)) return;
        await GuardAsync(async () =>
        {
            if (_bufferedRows > 0) await WriteGroupAsync();
            _parquet!.CustomMetadata = Metadata();
            await _parquet.DisposeAsync();
            _parquet = null;
            _stream!.PassOn();
            // Renamed before it is on the disk, a file could have its name and no content after a power failure.
            _files.Sync(_file!);
            string part = PartPath;
            var closed = new ClosedPart(part, _partRows, _file!.Length, PartChecksum.Of(_file));
            await _file.DisposeAsync();
            _file = null;
            _files.Rename(TemporaryPath, part);
            _files.SyncFolder(_folder);
            _closed.Add(part);
            RowsClosed += _partRows;
            _partRows = 0;
            _positions.Clear();
            _onClosed?.Invoke(closed);
        });
    }

    /// <summary>Closes the last part like any other, unless writing has failed: then its temporary file goes.</summary>
    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        try
        {
            if (_file is not null) await _file.DisposeAsync();
            if (_failed && File.Exists(TemporaryPath)) _files.Delete(TemporaryPath);
        }
        catch (IOException) when (_failed)
        {
            // The error that counts has been thrown already; what is left over has no part's name.
        }
        _file = null;
    }

    private string PartPath => Path.Combine(_folder, PartName(_options.FirstPart + _closed.Count));

    private string TemporaryPath => Path.Combine(_folder, $".{PartName(_options.FirstPart + _closed.Count)}.tmp");

    private async Task WriteGroupAsync()
    {
        _parquet ??= await OpenAsync();
        SpreadOverColumns();
        SortByRank();
        using (var group = _parquet.CreateRowGroup())
        {
            foreach (var buffer in _buffers) await buffer.WriteAsync(group);
            group.CompleteValidate();
        }
        foreach (var buffer in _buffers) buffer.Clear();
        _texts.Clear();
        _partRows += _bufferedRows;
        _bufferedRows = _bufferedCharacters = 0;
        _ranks.Clear();
    }

    /// <summary>Names are scanned in random order; sorted groups are merged into rank order without sorting the whole.</summary>
    private void SortByRank()
    {
        int[] order = new int[_ranks.Count];
        for (int i = 0; i < order.Length; i++) order[i] = i;
        int[] ranks = [.. _ranks];
        Array.Sort(ranks, order);
        foreach (var buffer in _buffers) buffer.Reorder(order);
    }

    private async Task<ParquetWriter> OpenAsync()
    {
        Directory.CreateDirectory(_folder);
        _file = _files.Create(TemporaryPath);
        _stream = new PartStream(_file, _pages);
        var options = new ParquetOptions
        {
            CompressionMethod = CompressionMethod.Zstd,
            // The library's default, SmallestSize, is ten times slower for a quarter less.
            CompressionLevel = CompressionLevel.Optimal,
        };
        foreach (var (column, field) in ResultSchema.Columns.Zip(_schema.GetDataFields()))
            if (column.Repeats) options.ColumnEncodingHints[field.Path.ToString()] = EncodingHint.Dictionary;
        return await ParquetWriter.CreateAsync(_schema, _stream, options);
    }

    private Dictionary<string, string> Metadata() => new()
    {
        ["schema_version"] = ResultSchema.Version.ToString(CultureInfo.InvariantCulture),
        ["tool_version"] = _run.ToolVersion,
        ["list_sha256"] = _run.ListSha256,
        ["options_sha256"] = _run.OptionsSha256,
        ["scan_id"] = _run.ScanId,
        ["rows"] = _partRows.ToString(CultureInfo.InvariantCulture),
        ["positions"] = PositionSet.Encode(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_positions)),
        ["provisional"] = _options.Provisional ? "true" : "false",
    };

    private async Task GuardAsync(Func<Task> write)
    {
        try
        {
            await write();
        }
        catch (Exception e)
        {
            _failed = true;
            if (e is IOException or UnauthorizedAccessException) throw new IOException($"cannot write {PartPath}: {e.Message}", e);
            throw;
        }
    }
}

/// <summary>The checksum of a part as it lies on the disk.</summary>
internal static class PartChecksum
{
    /// <summary>XxHash128 of a stream from its beginning, lower-case hexadecimal: against chance, not against an adversary.</summary>
    public static string Of(Stream file)
    {
        file.Position = 0;
        var hash = new XxHash128();
        hash.Append(file);
        return Convert.ToHexStringLower(hash.GetCurrentHash());
    }
}
