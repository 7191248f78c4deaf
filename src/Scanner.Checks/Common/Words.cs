using System.Collections.Frozen;
using System.Reflection;
using System.Text;

namespace Scanner.Checks;

/// <summary>The word that stands in the files for an enum member, where it is not just its name in snake_case.</summary>
[AttributeUsage(AttributeTargets.Field)]
public sealed class WordAttribute(string word) : Attribute
{
    /// <summary>As it stands in the files.</summary>
    public string Word { get; } = word;
}

/// <summary>Enum members as the lower-case words of the specification: <c>PermerrorSyntax</c> is <c>permerror_syntax</c>.</summary>
public static class Words
{
    /// <summary>The stored word of a member.</summary>
    public static string Word<T>(this T value) where T : struct, Enum => Table<T>.ToWord[value];

    /// <summary>The stored word, or null for null.</summary>
    public static string? WordOrNull<T>(this T? value) where T : struct, Enum => value is { } v ? Table<T>.ToWord[v] : null;

    /// <summary>The member of a stored word; false for a word the enum does not have. Case matters.</summary>
    public static bool TryParse<T>(string word, out T value) where T : struct, Enum => Table<T>.FromWord.TryGetValue(word, out value);

    /// <summary>Every word of the enum, in the order of its numbers.</summary>
    public static IEnumerable<string> All<T>() where T : struct, Enum => Enum.GetValues<T>().Select(v => v.Word());

    private static class Table<T> where T : struct, Enum
    {
        public static readonly FrozenDictionary<T, string> ToWord = Enum.GetValues<T>().ToFrozenDictionary(v => v, WordOf);
        public static readonly FrozenDictionary<string, T> FromWord = ToWord.ToFrozenDictionary(p => p.Value, p => p.Key);

        private static string WordOf(T value)
        {
            string name = value.ToString();
            if (typeof(T).GetField(name)?.GetCustomAttribute<WordAttribute>() is { } own) return own.Word;
            var word = new StringBuilder(name.Length + 8);
            for (int i = 0; i < name.Length; i++)
            {
                if (i > 0 && char.IsUpper(name[i])) word.Append('_');
                word.Append(char.ToLowerInvariant(name[i]));
            }
            return word.ToString();
        }
    }
}
