using System.Text;
using System.Text.RegularExpressions;

namespace Scanner.Tests.Docs;

/// <param name="Language">What stands behind the three backquotes: "sh run", "sql", or nothing.</param>
internal sealed record CodeBlock(string Language, string Text, int Line);

/// <summary>A page of the repository: its code blocks, its links, its headings.</summary>
internal sealed partial class MarkdownPage
{
    private MarkdownPage(string path, string relative)
    {
        (Path, Relative) = (path, relative);
        var blocks = new List<CodeBlock>();
        var prose = new StringBuilder();
        string? language = null;
        var block = new StringBuilder();
        string[] lines = File.ReadAllLines(path);
        for (int i = 0; i < lines.Length; i++)
        {
            if (lines[i].StartsWith("```", StringComparison.Ordinal))
            {
                if (language is null) language = lines[i][3..].Trim();
                else
                {
                    blocks.Add(new CodeBlock(language, block.ToString(), i + 1));
                    block.Clear();
                    language = null;
                }
            }
            else if (language is null) prose.Append(lines[i]).Append('\n');
            else block.Append(lines[i]).Append('\n');
        }
        Blocks = blocks;
        Links = [.. Link().Matches(Inline().Replace(prose.ToString(), "")).Select(match => match.Groups[1].Value)];
        Anchors = [.. lines.Where(line => line.StartsWith('#')).Select(line => Slug(line.TrimStart('#').Trim()))];
    }

    public string Path { get; }

    /// <summary>From the root of the checkout, with slashes.</summary>
    public string Relative { get; }

    public IReadOnlyList<CodeBlock> Blocks { get; }

    public IReadOnlyList<string> Links { get; }

    public IReadOnlyList<string> Anchors { get; }

    /// <summary>Every page of the checkout that is ours to keep true.</summary>
    public static IReadOnlyList<MarkdownPage> All { get; } = Find();

    private static MarkdownPage[] Find()
    {
        string root = System.IO.Path.GetDirectoryName(Repository.Find("Scanner.sln"))!;
        string[] skipped = ["artifacts", "runs", ".git", ".vs", "TestResults", "node_modules"];
        return [.. Folders(new DirectoryInfo(root)).SelectMany(folder => folder.EnumerateFiles("*.md"))
            .Select(file => new MarkdownPage(file.FullName, System.IO.Path.GetRelativePath(root, file.FullName).Replace('\\', '/'))).OrderBy(page => page.Relative, StringComparer.Ordinal)];

        IEnumerable<DirectoryInfo> Folders(DirectoryInfo folder) =>
            folder.EnumerateDirectories().Where(d => !skipped.Contains(d.Name)).SelectMany(Folders).Prepend(folder);
    }

    /// <summary>The anchor that hosts of repositories give a heading.</summary>
    private static string Slug(string heading) =>
        string.Concat(heading.ToLowerInvariant().Where(c => char.IsLetterOrDigit(c) || c is ' ' or '-' or '_')).Replace(' ', '-');

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex("`[^`\n]*`")]
    private static partial Regex Inline();
}

/// <summary>The words of a command line as a shell would split it, up to the first pipe, redirection or further command.</summary>
internal static class ShellWords
{
    public static IReadOnlyList<string> Split(string line)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        bool inWord = false;
        char quote = '\0';
        foreach (char c in line)
        {
            if (quote != '\0')
            {
                if (c == quote) quote = '\0';
                else word.Append(c);
            }
            else if (c is '\'' or '"') (quote, inWord) = (c, true);
            else if (c is '|' or '>' or '<' or ';' or '&' or '#' && !inWord) break;
            else if (char.IsWhiteSpace(c)) End();
            else
            {
                word.Append(c);
                inWord = true;
            }
        }
        End();
        return words;

        void End()
        {
            if (inWord) words.Add(word.ToString());
            word.Clear();
            inWord = false;
        }
    }
}
