using System.Runtime.CompilerServices;

// Parts with rules of their own are tested by themselves, without being anybody's API.
[assembly: InternalsVisibleTo("Scanner.Dns.Tests")]
