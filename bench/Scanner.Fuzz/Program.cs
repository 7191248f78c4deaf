using System.Globalization;
using Scanner.Fuzz;

// fuzz READER [--seconds S] [--seed N]: tries texts on one reader for so long, guided by coverage where Scanner.Checks.dll is instrumented
//     (bench/run-fuzz.sh does that). Exit code 1 when a text is found that throws or costs more than in proportion.
// cost READER HEAD PIECE: what HEAD and then PIECE again and again costs, at 4 KiB to 60 KiB, to look into a finding.
// readers: the names, one a line.
// verdicts: what we say of the texts on standard input, for bench/run-differential.sh.
// An instrumented assembly counts from its first line on, so the memory for that comes before all else.
var coverage = new Coverage();
switch (args)
{
    case ["readers"]:
        foreach (var reader in Readers.All) Console.WriteLine(reader.Name);
        return 0;
    case ["verdicts"]:
        await Verdicts.RunAsync(Console.In, Console.Out);
        return 0;
    case ["fuzz", var name, .. var options] when Readers.All.FirstOrDefault(r => r.Name == name) is { } reader:
        return new Fuzzer(reader, coverage, Number(options, "--seed", 1)).Run(TimeSpan.FromSeconds(Number(options, "--seconds", 600)), Console.Out) ? 0 : 1;
    case ["cost", var name, var head, var piece] when Readers.All.FirstOrDefault(r => r.Name == name) is { } reader:
        Fuzzer.PrintCost(reader, head, piece, Console.Out);
        return 0;
    default:
        Console.Error.WriteLine("fuzz READER [--seconds S] [--seed N] | cost READER HEAD PIECE | readers | verdicts");
        return 2;
}

static int Number(string[] options, string name, int otherwise)
{
    int at = Array.IndexOf(options, name);
    return at >= 0 ? int.Parse(options[at + 1], CultureInfo.InvariantCulture) : otherwise;
}
