using System.Globalization;
using Parquet;
using Scanner.Aggregate;

namespace Scanner.Write;

/// <summary>What a part says of itself, and whether that can be believed.</summary>
/// <param name="Positions">Ascending.</param>
internal sealed record PartFile(string Path, bool Provisional, string ScanId, string ListSha256, string OptionsSha256, long Rows, int[] Positions)
{
    /// <summary>Reads the footer: is it there, does it count as many rows as the metadata, are there as many positions?</summary>
    /// <exception cref="InvalidDataException">It is no whole part of ours; the message says what is wrong, without the path.</exception>
    public static async Task<PartFile> ReadAsync(string path)
    {
        try
        {
            await using var reader = await ParquetReader.CreateAsync(path).ConfigureAwait(false);
            var metadata = reader.CustomMetadata;
            string Value(string key) => metadata.TryGetValue(key, out string? value) ? value : throw new InvalidDataException($"its metadata lack {key}");

            long rows = 0;
            for (int i = 0; i < reader.RowGroupCount; i++)
            {
                using var group = reader.OpenRowGroupReader(i);
                rows += group.RowCount;
            }
            int[] positions = PositionSet.Decode(Value("positions"));
            if (rows.ToString(CultureInfo.InvariantCulture) != Value("rows") || positions.Length != rows)
                throw new InvalidDataException($"it holds {rows} rows, its metadata say {Value("rows")} rows and {positions.Length} positions");
            return new PartFile(path, Value("provisional") == "true", Value("scan_id"), Value("list_sha256"), Value("options_sha256"), rows, positions);
        }
        catch (Exception e) when (e is not (InvalidDataException or UnauthorizedAccessException))
        {
            // Whatever the library throws over a footer that is not one.
            throw new InvalidDataException($"its footer cannot be read ({e.Message})", e);
        }
    }

    /// <summary>Length and checksum against the journal's.</summary>
    /// <exception cref="InvalidDataException">They differ.</exception>
    public void Compare(JournalPart journal)
    {
        using var file = File.OpenRead(Path);
        if (file.Length != journal.Length) throw new InvalidDataException($"it has {file.Length} octets, the journal says {journal.Length}");
        if (PartChecksum.Of(file) != journal.Checksum) throw new InvalidDataException("its checksum is not the journal's");
    }

    /// <summary>Without the journal's word: every value of every column must come out of the file.</summary>
    /// <exception cref="InvalidDataException">One does not.</exception>
    public void Decode()
    {
        try
        {
            using var rows = RowDatabase.Open([Path], RowUse.Rows);
            // A hash over whole rows needs every column.
            rows.Query("SELECT bit_xor(hash(domains)) FROM domains", _ => 0);
        }
        catch (IOException e)
        {
            throw new InvalidDataException($"its rows cannot be read ({e.Message})", e);
        }
    }
}
