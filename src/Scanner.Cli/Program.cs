using System.CommandLine;
using Scanner.Cli;

var parsed = Commands.Root().Parse(args);
if (parsed.Errors.Count > 0)
{
    // One clear line for each mistake, and exit 2: nothing was done (interface.md section 1).
    foreach (var error in parsed.Errors) Terminal.Error(UsageErrors.ForPeople(error.Message));
    Terminal.Error($"try: scanner {string.Join(' ', CommandPath.Of(parsed))}--help");
    return ExitCode.Unusable;
}
return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null }).ConfigureAwait(false);
