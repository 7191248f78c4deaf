using Scanner.Checks.Names;

namespace Scanner.Input;

/// <summary>A <see cref="ListedName"/> as octets, about as many as the name has letters: for files of the run itself, which are read by the
/// program that wrote them.</summary>
internal static class ListedNameCodec
{
    [Flags]
    private enum Shape : byte
    {
        None = 0,
        Excluded = 1,
        /// <summary>The input is the name: the case of nearly every line.</summary>
        InputIsName = 2,
        HasOrganizationalDomain = 4,
        OrganizationalDomainIsSuffix = 8,
        TldIsSuffix = 16,
    }

    public static void Write(BinaryWriter writer, ListedName name)
    {
        var shape = (name.Excluded ? Shape.Excluded : 0)
            | (name.Input == name.Name ? Shape.InputIsName : 0)
            | (name.OrganizationalDomain is null ? 0 : Shape.HasOrganizationalDomain)
            | (IsSuffix(name.OrganizationalDomain, name.Name) ? Shape.OrganizationalDomainIsSuffix : 0)
            | (IsSuffix(name.Tld, name.Name) ? Shape.TldIsSuffix : 0);
        writer.Write((byte)shape);
        writer.Write((byte)name.Class);
        writer.Write7BitEncodedInt(name.Rank);
        writer.Write(name.Name);
        if ((shape & Shape.InputIsName) == 0) writer.Write(name.Input);
        if (name.OrganizationalDomain is { } organizational) WritePart(writer, organizational, (shape & Shape.OrganizationalDomainIsSuffix) != 0);
        WritePart(writer, name.Tld, (shape & Shape.TldIsSuffix) != 0);
    }

    public static ListedName Read(BinaryReader reader)
    {
        var shape = (Shape)reader.ReadByte();
        var inputClass = (InputClass)reader.ReadByte();
        int rank = reader.Read7BitEncodedInt();
        string name = reader.ReadString();
        string input = (shape & Shape.InputIsName) != 0 ? name : reader.ReadString();
        string? organizational = (shape & Shape.HasOrganizationalDomain) != 0 ? ReadPart(reader, name, (shape & Shape.OrganizationalDomainIsSuffix) != 0) : null;
        return new ListedName
        {
            Rank = rank,
            Input = input,
            Name = name,
            Class = inputClass,
            OrganizationalDomain = organizational,
            Tld = ReadPart(reader, name, (shape & Shape.TldIsSuffix) != 0),
            Excluded = (shape & Shape.Excluded) != 0,
        };
    }

    private static bool IsSuffix(string? part, string name) => part is not null && name.EndsWith(part, StringComparison.Ordinal);

    private static void WritePart(BinaryWriter writer, string part, bool isSuffix)
    {
        if (isSuffix) writer.Write7BitEncodedInt(part.Length);
        else writer.Write(part);
    }

    private static string ReadPart(BinaryReader reader, string name, bool isSuffix)
    {
        if (!isSuffix) return reader.ReadString();
        int length = reader.Read7BitEncodedInt();
        return length == name.Length ? name : name[^length..];
    }
}
