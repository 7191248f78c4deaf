using System.Collections.Frozen;
using System.Reflection;
using System.Runtime.CompilerServices;
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
    /// <exception cref="ArgumentOutOfRangeException">The value is no member of its enum.</exception>
    public static string Word<T>(this T value) where T : struct, Enum => Of<T>.Table.Word(Number(value));

    /// <summary>The stored word, or null for null.</summary>
    public static string? WordOrNull<T>(this T? value) where T : struct, Enum => value is { } v ? v.Word() : null;

    /// <summary>The member of a stored word; false for a word the enum does not have. Case matters.</summary>
    public static bool TryParse<T>(string word, out T value) where T : struct, Enum
    {
        bool known = Of<T>.Table.TryGetNumber(word, out int number);
        value = Member<T>(number);
        return known;
    }

    /// <summary>Every word of the enum, in the order of its numbers.</summary>
    public static IEnumerable<string> All<T>() where T : struct, Enum => Of<T>.Table.All;

    // An enum is as wide as the type behind it: a conversion without a box, and the compiler keeps one branch of the two.
    private static int Number<T>(T value) where T : struct, Enum => Unsafe.SizeOf<T>() == 1 ? Unsafe.As<T, byte>(ref value) : Unsafe.As<T, int>(ref value);

    private static T Member<T>(int number) where T : struct, Enum
    {
        byte narrow = (byte)number;
        return Unsafe.SizeOf<T>() == 1 ? Unsafe.As<byte, T>(ref narrow) : Unsafe.As<int, T>(ref number);
    }

    private static class Of<T> where T : struct, Enum
    {
        public static readonly WordTable Table = new(typeof(T));
    }

    // Not generic: fifty enums with dictionaries of their own were 3,500 methods for the JIT, half a second of every start.
    private sealed class WordTable
    {
        private readonly string?[] _words;
        private readonly FrozenDictionary<string, int> _numbers;

        public WordTable(Type type)
        {
            var underlying = Enum.GetUnderlyingType(type);
            if (underlying != typeof(byte) && underlying != typeof(int)) throw new NotSupportedException($"{type} is neither a byte nor an int.");
            string[] names = Enum.GetNames(type);
            var values = Enum.GetValuesAsUnderlyingType(type);
            var numbers = new Dictionary<string, int>(names.Length);
            _words = new string?[names.Length == 0 ? 0 : Convert.ToInt32(values.GetValue(names.Length - 1), null) + 1];
            All = new string[names.Length];
            for (int i = 0; i < names.Length; i++)
            {
                int number = Convert.ToInt32(values.GetValue(i), null);
                All[i] = _words[number] = WordOf(type, names[i]);
                numbers.Add(All[i], number);
            }
            _numbers = numbers.ToFrozenDictionary();
        }

        public string[] All { get; }

        public string Word(int number) =>
            (uint)number < (uint)_words.Length && _words[number] is { } word ? word : throw new ArgumentOutOfRangeException(nameof(number), number, "is no member of its enum");

        public bool TryGetNumber(string word, out int number) => _numbers.TryGetValue(word, out number);

        private static string WordOf(Type type, string name)
        {
            if (type.GetField(name)?.GetCustomAttribute<WordAttribute>() is { } own) return own.Word;
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
