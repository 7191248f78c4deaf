using System.IO.Compression;
using System.Text;
using Scanner.Checks.Names;
using Scanner.Input;

namespace Scanner.Tests.Input;

/// <summary>Lists in a folder of their own, and the two readings in one step.</summary>
public sealed class ListFiles : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("scanner-tests-");

    public string Folder => _folder.FullName;

    public string Write(string name, string text) => Write(name, Encoding.UTF8.GetBytes(text));

    public string Write(string name, byte[] octets)
    {
        string path = Path.Combine(Folder, name);
        File.WriteAllBytes(path, octets);
        return path;
    }

    public static (ListSurvey Survey, IReadOnlyList<ListedName> Names) ReadBoth(ListOptions options)
    {
        using var source = ListSource.Open(options.Source);
        var survey = ListSurvey.Read(source, options);
        return (survey, [.. ListReader.Read(source, survey, options)]);
    }

    public (ListSurvey Survey, IReadOnlyList<ListedName> Names) ReadText(string text) =>
        ReadBoth(new ListOptions { Source = Write("list.csv", text) });

    public static byte[] Gzip(string text)
    {
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal)) gzip.Write(Encoding.UTF8.GetBytes(text));
        return packed.ToArray();
    }

    public static byte[] Zip(params (string Name, string Text)[] entries)
    {
        var packed = new MemoryStream();
        using (var zip = new ZipArchive(packed, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, text) in entries)
            {
                using var entry = zip.CreateEntry(name).Open();
                entry.Write(Encoding.UTF8.GetBytes(text));
            }
        }
        return packed.ToArray();
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
