using Scanner.Write;

namespace Scanner.Report;

/// <summary>columns.md of a run folder: every column of the rows, generated from <see cref="ResultSchema"/>.</summary>
public static class DataDictionary
{
    public static string Text() =>
        $"""
        # Columns of domains/part-*.parquet

        One row for every listed name, schema version {ResultSchema.Version}. Section numbers are those of classification.md.

        **Null.** What was not asked for is null, and so is what could not be learned: a check that did not run leaves all its columns null,
        and facts about an answer that never came are null. An empty list, a zero or false is a finding. "unknown" in a class column means that
        it was asked and not learned; it is never "no".

        **Raw texts** (`*_raw`, `*_candidates`, `*_p_raw`, ...) are byte for byte what was received: octets that are not UTF-8 stand as `\DDD`,
        a backslash as `\\`.

        **Types** are those of Parquet; `list<string>` is a LIST, timestamps are UTC in microseconds. A column with words behind its meaning
        holds one of them and nothing else.


        """.ReplaceLineEndings("\n") + ResultSchema.ToMarkdown();
}
