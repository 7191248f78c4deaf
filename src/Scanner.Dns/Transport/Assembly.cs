using System.Runtime.CompilerServices;

// Parts with rules of their own are tested by themselves, without being anybody's API.
[assembly: InternalsVisibleTo("Scanner.Dns.Tests")]
[assembly: InternalsVisibleTo("Scanner.Benchmarks")]

// Names are read into stack buffers of 2 KB, of which some 20 characters are used: wiping them first would cost more than reading them.
[module: SkipLocalsInit]
