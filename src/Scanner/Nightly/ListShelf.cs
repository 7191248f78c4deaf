using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using Scanner.Write;

namespace Scanner.Nightly;

/// <summary>A list that is kept.</summary>
/// <param name="File">Its name in the folder of the lists.</param>
/// <param name="Date">The night for which it came.</param>
/// <param name="Source">The URL, or the file that was given.</param>
/// <param name="Etag">As the server gave it (RFC 9110 section 8.8.3); null for none.</param>
/// <param name="LastModified">As the server gave it, RFC 1123; null for none.</param>
/// <param name="Sha256">Lower-case hexadecimal.</param>
/// <param name="Names">Lines that hold a name, duplicates included.</param>
public sealed record KeptList(string File, DateOnly Date, string Source, string? Etag, string? LastModified, string Sha256, long Bytes, long Names, Input.ListFormat Format);

/// <summary>The lists of a nightly job, by date, with an index that says where each came from. Only what the index names is ours.</summary>
public sealed class ListShelf
{
    private static readonly JsonSerializerOptions _json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private readonly string _folder;
    private readonly List<KeptList> _lists;

    private ListShelf(string folder, List<KeptList> lists) => (_folder, _lists) = (folder, lists);

    /// <summary>Oldest first.</summary>
    public IReadOnlyList<KeptList> Lists => _lists;

    /// <summary>Where a download is written until it has been looked at.</summary>
    public string TemporaryPath => Path.Combine(_folder, ".list.tmp");

    private string IndexPath => Path.Combine(_folder, "index.json");

    /// <exception cref="IOException">The index cannot be read, or the folder not be made.</exception>
    public static ListShelf Open(string folder)
    {
        Directory.CreateDirectory(folder);
        string index = Path.Combine(folder, "index.json");
        try
        {
            return new ListShelf(folder, File.Exists(index) ? JsonSerializer.Deserialize<List<KeptList>>(File.ReadAllText(index), _json) ?? [] : []);
        }
        catch (JsonException e)
        {
            throw new IOException($"{index} is damaged: {e.Message} Remove it: the next list is then fetched anew.", e);
        }
    }

    public string PathOf(KeptList list) => Path.Combine(_folder, list.File);

    /// <summary>The last list of a source that still lies here as it was put down; null for none.</summary>
    public KeptList? Last(string source) => _lists.LastOrDefault(list => list.Source == source && IsWhole(list));

    /// <summary>The list that an interrupted run was begun with; null when it is gone.</summary>
    public KeptList? Find(string sha256) => _lists.LastOrDefault(list => list.Sha256 == sha256 && IsWhole(list));

    /// <summary>Puts a file on the shelf under its date.</summary>
    /// <param name="file">Moved here.</param>
    /// <param name="name">File name of the source: its first part and its ending are kept.</param>
    public KeptList Add(string file, string name, KeptList list)
    {
        string ending = Path.GetExtension(name);
        string stem = string.Concat(Path.GetFileNameWithoutExtension(name).Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' ? c : '_'));
        if (!ending.Skip(1).All(char.IsAsciiLetterOrDigit)) ending = "";
        list = list with { File = $"{(stem.Length > 0 ? stem : "list")}-{NightlyFolder.Text(list.Date)}{ending}" };
        File.Move(file, PathOf(list), overwrite: true);
        _lists.RemoveAll(other => other.File == list.File);
        _lists.Add(list);
        Save();
        return list;
    }

    /// <summary>What the server says of a list that has not changed.</summary>
    public KeptList Replace(KeptList list, KeptList now)
    {
        _lists[_lists.IndexOf(list)] = now;
        Save();
        return now;
    }

    /// <summary>Deletes lists from before a date, but for those that are needed: the newest of each source, and those of runs that are there.</summary>
    /// <returns>The names of the files that are gone.</returns>
    public IReadOnlyList<string> Prune(DateOnly before, IReadOnlySet<string> needed)
    {
        var gone = _lists.Where(list => list.Date < before && !needed.Contains(list.Sha256) && _lists.Last(other => other.Source == list.Source) != list).ToList();
        foreach (var list in gone)
        {
            File.Delete(PathOf(list));
            _lists.Remove(list);
        }
        if (gone.Count > 0) Save();
        return [.. gone.Select(list => list.File)];
    }

    public static string HashOf(string file)
    {
        using var stream = File.OpenRead(file);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }

    private bool IsWhole(KeptList list) => File.Exists(PathOf(list)) && new FileInfo(PathOf(list)).Length == list.Bytes && HashOf(PathOf(list)) == list.Sha256;

    private void Save() => AtomicFile.Write(IndexPath, JsonSerializer.Serialize(_lists, _json) + "\n");
}
