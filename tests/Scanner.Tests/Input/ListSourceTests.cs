using System.Text;
using Scanner.Input;

namespace Scanner.Tests.Input;

public sealed class ListSourceTests : IDisposable
{
    private const string Text = "1,example.com\n2,example.net\n";

    private readonly ListFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public void Plain() => Assert.Equal(Text, TextOf(_files.Write("list.csv", Text)));

    [Theory]
    [InlineData("list.csv.gz")]
    [InlineData("list.csv")] // the first octets tell, not the name
    public void GzipFile(string name) => Assert.Equal(Text, TextOf(_files.Write(name, ListFiles.Gzip(Text))));

    [Fact]
    public void PlainTextNamedGz() => Assert.Equal(Text, TextOf(_files.Write("list.csv.gz", Text)));

    [Fact]
    public void SeveralGzipMembersAreOneList() =>
        Assert.Equal(Text + Text, TextOf(_files.Write("list.gz", [.. ListFiles.Gzip(Text), .. ListFiles.Gzip(Text)])));

    [Fact]
    public void ZipTakesTheListAmongOtherFiles() =>
        Assert.Equal(Text, TextOf(_files.Write("list.zip", ListFiles.Zip(("readme.md", "hello"), ("__MACOSX/top-1m.csv", "x"), ("data/top-1m.CSV", Text)))));

    [Fact]
    public void ZipTakesItsOnlyFileWhateverItsName() => Assert.Equal(Text, TextOf(_files.Write("list.zip", ListFiles.Zip(("folder/", ""), ("names", Text)))));

    [Fact]
    public void StandardInputCanBeReadTwiceAndLeavesNoFile()
    {
        int before = SpoolFiles();
        using (var source = ListSource.Open("-", new MemoryStream(ListFiles.Gzip(Text))))
        {
            Assert.Equal("standard input", source.DisplayName);
            Assert.Equal(Text, TextOf(source));
            Assert.Equal(Text, TextOf(source));
        }
        Assert.Equal(before, SpoolFiles());

        static int SpoolFiles() => Directory.GetFiles(Path.GetTempPath(), "scanner-list-*").Length;
    }

    [Fact]
    public void TheHashIsThatOfTheFileAsGiven()
    {
        byte[] packed = ListFiles.Gzip(Text);
        using var source = ListSource.Open(_files.Write("list.gz", packed));
        Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(packed)), source.Sha256);
        Assert.Equal(packed.Length, source.Length);
    }

    // The base library says nothing about a gzip file that was cut short: not in its data, not in its checksum, not in its length.
    [Fact]
    public void AGzipFileCutShortAnywhereIsRefused()
    {
        byte[] packed = ListFiles.Gzip(string.Concat(Enumerable.Range(1, 300).Select(i => $"{i},name{i * 7919}.com\n")));
        for (int length = packed.Length - 1; length >= 2; length--)
        {
            string path = _files.Write("list.csv.gz", packed[..length]);
            string message = Assert.Throws<InputException>(() => ListSource.Open(path)).Message;
            Assert.Contains("cut short", message, StringComparison.Ordinal);
            Assert.Contains(path, message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void ADamagedGzipFileIsRefused()
    {
        byte[] packed = ListFiles.Gzip(Text);
        packed[^7] ^= 0x55; // in its checksum
        AssertRefused(packed, "damaged");
    }

    [Fact]
    public void AZipFileCutShortIsRefused() => AssertRefused(ListFiles.Zip(("list.csv", Text))[..^10], "damaged or cut short");

    [Fact]
    public void ADamagedZipEntryIsRefused()
    {
        byte[] packed = ListFiles.Zip(("list.csv", string.Concat(Enumerable.Range(1, 300).Select(i => $"{i},name{i * 7919}.com\n"))));
        packed[1000] ^= 0x10; // in its data
        AssertRefused(packed, "damaged");
    }

    [Fact]
    public void AZipFileWithoutListIsRefused() => AssertRefused(ListFiles.Zip(("a.md", "x"), ("b.md", "y")), "no .csv or .txt file");

    [Fact]
    public void AnEmptyZipFileIsRefused() => AssertRefused(ListFiles.Zip(), "no .csv or .txt file");

    [Fact]
    public void EmptyFilesAreRefused()
    {
        AssertRefused([], "is empty");
        AssertRefused(ListFiles.Gzip(""), "is empty");
        AssertRefused(ListFiles.Zip(("list.csv", "")), "is empty");
    }

    [Fact]
    public void BinaryFilesAreRefused()
    {
        AssertRefused([.. "PAR1"u8, 0, 1, 2, 3], "not text");
        AssertRefused(ListFiles.Gzip("a\0b"), "not text");
        AssertRefused(Encoding.Unicode.GetPreamble().Concat(Encoding.Unicode.GetBytes(Text)).ToArray(), "UTF-16");
    }

    [Fact]
    public void AMissingFileIsRefused()
    {
        string path = Path.Combine(_files.Folder, "missing.csv");
        Assert.Equal($"{path}: there is no such file. Check the path of the list.", Assert.Throws<InputException>(() => ListSource.Open(path)).Message);
    }

    [Fact]
    public void ADirectoryIsRefused() =>
        Assert.Contains("directory", Assert.Throws<InputException>(() => ListSource.Open(_files.Folder)).Message, StringComparison.Ordinal);

    [Fact]
    public void AListReplacedUnderItsNameStaysTheListThatWasOpened()
    {
        string path = _files.Write("list.csv", Text);
        using var source = ListSource.Open(path);
        File.Move(_files.Write("new.csv", "1,other.com\n"), path, overwrite: true);

        source.ThrowIfChanged();

        Assert.Equal(Text, TextOf(source));
    }

    private void AssertRefused(byte[] octets, string why)
    {
        string path = _files.Write("list", octets);
        string message = Assert.Throws<InputException>(() => ListSource.Open(path)).Message;
        Assert.Contains(why, message, StringComparison.Ordinal);
        Assert.StartsWith(path, message, StringComparison.Ordinal);
    }

    private static string TextOf(string path)
    {
        using var source = ListSource.Open(path);
        return TextOf(source);
    }

    private static string TextOf(ListSource source)
    {
        using var reader = new StreamReader(source.OpenText());
        return reader.ReadToEnd();
    }
}
