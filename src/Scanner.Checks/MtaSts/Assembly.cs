using System.Runtime.CompilerServices;

// Turns, connections and taps have rules of their own and are tested by themselves, without being anybody's API.
[assembly: InternalsVisibleTo("Scanner.Checks.Tests")]
